-- Several servers may share a database. `home` is the instance where a thread is live: it executes the thread's runs and has their logs. That
-- of an instance that is not there any more is none. `claims` counts the claims on a run, also those that were given back: a write on its
-- behalf names the one that it stands on. `user_sealed` is the run's user, for whichever instance executes it.
ALTER TABLE threads ADD COLUMN home uuid;
ALTER TABLE runs ADD COLUMN claims bigint NOT NULL DEFAULT 0, ADD COLUMN user_sealed bytea;
UPDATE runs SET claims = attempts;

-- The servers that are there, and when each was heard of, by the clock of the database.
CREATE TABLE instances (
  instance_id uuid PRIMARY KEY,
  url text,
  deployment text NOT NULL,
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
