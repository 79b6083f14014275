-- Where a run comes from: the version of its assistant that it was made of, and the cron that asked for it.
ALTER TABLE runs ADD COLUMN assistant_version INTEGER;
ALTER TABLE runs ADD COLUMN cron_id TEXT;
CREATE INDEX runs_by_cron ON runs (cron_id) WHERE cron_id IS NOT NULL;

-- The code that executed it last: its generation, and the life of the server that counted it. How often it was executed is with the run.
ALTER TABLE run_records ADD COLUMN generation INTEGER;
ALTER TABLE run_records ADD COLUMN life INTEGER;
ALTER TABLE run_records DROP COLUMN attempt;
