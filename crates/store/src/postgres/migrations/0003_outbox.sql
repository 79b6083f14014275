-- `taken_by` is the instance that tells a webhook of the end of a run. Once that one is not there any more, another takes the report over.
ALTER TABLE reports ADD COLUMN taken_by uuid;

-- Which code is served since when, as far as instances serve it: the default assistants are those of the newest.
CREATE TABLE deployments (
  deployment text PRIMARY KEY,
  started_at timestamptz NOT NULL
);

-- Nobody needs the user of a run that is over, however it came to be that.
CREATE FUNCTION lgx_run_ends() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  NEW.user_sealed := NULL;
  RETURN NEW;
END $$;
CREATE TRIGGER the_user_goes_with_the_end_of_a_run BEFORE UPDATE OF status ON runs FOR EACH ROW
  WHEN (NEW.user_sealed IS NOT NULL AND NEW.status NOT IN ('pending', 'running')) EXECUTE FUNCTION lgx_run_ends();
