-- Several servers may share a database. `home` is the instance where a thread is live: it executes the thread's runs and has their logs. That
-- of an instance that is not there any more is none. `claims` counts the claims on a run, also those that were given back: a write on its
-- behalf names the one that it stands on. `user_sealed` is the run's user, for whichever instance executes it. `taken_by` is the instance that
-- tells a webhook of the end of a run; once that one is not there any more, another takes the report over.
ALTER TABLE threads ADD COLUMN home uuid;
ALTER TABLE runs ADD COLUMN claims bigint NOT NULL DEFAULT 0, ADD COLUMN user_sealed bytea;
ALTER TABLE reports ADD COLUMN taken_by uuid;
UPDATE runs SET claims = attempts;

-- The servers that are there, and when each was heard of, by the clock of the database. All have the secret of this fingerprint.
CREATE TABLE instances (
  instance_id uuid PRIMARY KEY,
  url text,
  fingerprint text NOT NULL,
  deployment text,
  started_at timestamptz NOT NULL DEFAULT now(),
  beat_at timestamptz NOT NULL DEFAULT now(),
  draining boolean NOT NULL DEFAULT false
);

-- What one of them does for all, and until when it is the one.
CREATE TABLE lgx_duties (
  name text PRIMARY KEY,
  instance_id uuid NOT NULL,
  until timestamptz NOT NULL
);

-- What is served since when, as far as instances serve it: the default assistants are those of the newest.
CREATE TABLE deployments (
  deployment text COLLATE "C" PRIMARY KEY,
  started_at timestamptz NOT NULL
);

-- Nobody needs the user of a run that is over, however it came to be that.
CREATE FUNCTION lgx_run_ends() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  NEW.user_sealed := NULL;
  RETURN NEW;
END $$;
CREATE TRIGGER the_user_goes_with_the_end_of_a_run BEFORE UPDATE OF status ON runs FOR EACH ROW
  WHEN (NEW.user_sealed IS NOT NULL AND NEW.status NOT IN ('pending', 'running')) EXECUTE FUNCTION lgx_run_ends();
