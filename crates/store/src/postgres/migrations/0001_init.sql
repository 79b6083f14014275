-- Times are microseconds since the Unix epoch. JSON is text, as it came: `jsonb` would order it anew and refuses some of it. What is sorted
-- by is in the order of its bytes, whatever the order of the database is.

-- `folded_name` is the name in lower case, by which it is found and sorted. `terms` (terms.rs) are what a search by metadata finds a row by.
CREATE TABLE assistants (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  assistant_id uuid NOT NULL UNIQUE,
  graph_id text COLLATE "C" NOT NULL,
  config text NOT NULL,
  context text NOT NULL,
  metadata text NOT NULL,
  terms bigint[] NOT NULL,
  name text COLLATE "C" NOT NULL,
  folded_name text COLLATE "C" NOT NULL,
  description text,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL,
  is_default boolean NOT NULL
);
CREATE INDEX assistants_by_terms ON assistants USING gin (terms);

CREATE TABLE assistant_versions (
  assistant_id uuid NOT NULL REFERENCES assistants (assistant_id) ON DELETE CASCADE,
  version bigint NOT NULL,
  graph_id text COLLATE "C" NOT NULL,
  config text NOT NULL,
  context text NOT NULL,
  metadata text NOT NULL,
  name text COLLATE "C" NOT NULL,
  description text,
  created_at bigint NOT NULL,
  PRIMARY KEY (assistant_id, version)
);

-- `status` is what clients see; `resting_status` is what it becomes when no run is left. `behind`: what of the row is older than its newest
-- checkpoint, which only a worker can read: nothing (0), its values (1), or all that an update of the state leaves (2).
CREATE TABLE threads (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  thread_id uuid NOT NULL UNIQUE,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  state_updated_at bigint NOT NULL,
  metadata text NOT NULL,
  terms bigint[] NOT NULL,
  status text COLLATE "C" NOT NULL,
  resting_status text COLLATE "C" NOT NULL,
  config text NOT NULL,
  error text,
  interrupts text NOT NULL,
  behind smallint NOT NULL DEFAULT 0,
  ttl_minutes double precision,
  ttl_strategy text,
  -- A thread's time to live counts from its last change. One that was pruned to its latest state does not expire again before it changes.
  pruned_at bigint,
  expires_at bigint GENERATED ALWAYS AS (
    CASE WHEN pruned_at IS DISTINCT FROM updated_at THEN updated_at + trunc(ttl_minutes * 60000000)::bigint END
  ) STORED
);
CREATE INDEX threads_by_update ON threads (updated_at, sequence);
CREATE INDEX threads_by_creation ON threads (created_at, sequence);
CREATE INDEX threads_by_status ON threads (status, updated_at, sequence);
CREATE INDEX threads_by_expiry ON threads (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX threads_behind ON threads (behind) WHERE behind != 0;
CREATE INDEX threads_by_terms ON threads USING gin (terms);

-- Apart from the thread, because values can be large and a thread's status changes more often than they do.
CREATE TABLE thread_values (
  thread_id uuid NOT NULL PRIMARY KEY,
  state text NOT NULL
);

-- `graph_id` is what the config in `kwargs` says. `attempts` is how often a run began to execute. `stop` is what a running run was told ('interrupt' or 'rollback'), `stop_reason` why.
CREATE TABLE runs (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id uuid NOT NULL UNIQUE,
  thread_id uuid NOT NULL,
  assistant_id uuid NOT NULL,
  assistant_version bigint,
  cron_id uuid,
  graph_id text COLLATE "C",
  metadata text NOT NULL,
  status text COLLATE "C" NOT NULL,
  kwargs text NOT NULL,
  multitask_strategy text NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  stop text,
  stop_reason text
);
CREATE INDEX runs_by_thread ON runs (thread_id, created_at);
CREATE INDEX runs_active ON runs (thread_id) WHERE status IN ('pending', 'running');
CREATE INDEX runs_pending ON runs (created_at, sequence) WHERE status = 'pending';
CREATE UNIQUE INDEX one_running ON runs (thread_id) WHERE status = 'running';
CREATE INDEX runs_by_cron ON runs (cron_id) WHERE cron_id IS NOT NULL;

-- Ids of checkpoints and runs are text here: graphs bring their own.
CREATE TABLE checkpoints (
  thread_id uuid NOT NULL,
  checkpoint_ns text COLLATE "C" NOT NULL,
  checkpoint_id text COLLATE "C" NOT NULL,
  parent_checkpoint_id text COLLATE "C",
  run_id text COLLATE "C",
  encoding text NOT NULL,
  checkpoint bytea NOT NULL,
  metadata text NOT NULL,
  channel_versions text NOT NULL,
  PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id)
);
CREATE INDEX checkpoints_by_run ON checkpoints (run_id) WHERE run_id IS NOT NULL;

-- `packed` says that a value is a frame of zstd. Values are packed here, so they need not be by the database.
CREATE TABLE blobs (
  thread_id uuid NOT NULL,
  checkpoint_ns text COLLATE "C" NOT NULL,
  channel text COLLATE "C" NOT NULL,
  version text COLLATE "C" NOT NULL,
  encoding text NOT NULL,
  packed boolean NOT NULL,
  value bytea NOT NULL,
  PRIMARY KEY (thread_id, checkpoint_ns, channel, version)
);
ALTER TABLE blobs ALTER COLUMN value SET STORAGE EXTERNAL;

CREATE TABLE writes (
  thread_id uuid NOT NULL,
  checkpoint_ns text COLLATE "C" NOT NULL,
  checkpoint_id text COLLATE "C" NOT NULL,
  task_id text COLLATE "C" NOT NULL,
  idx bigint NOT NULL,
  channel text COLLATE "C" NOT NULL,
  task_path text COLLATE "C" NOT NULL,
  run_id text COLLATE "C",
  encoding text NOT NULL,
  packed boolean NOT NULL,
  value bytea NOT NULL,
  PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id, task_id, idx)
);
ALTER TABLE writes ALTER COLUMN value SET STORAGE EXTERNAL;

-- `ends_at` is the instant that `end_time`, kept as the client wrote it, means. `next_run_date` is NULL once nothing is due
-- any more. `permissions` are those of the user who made the cron; its runs have them.
CREATE TABLE crons (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cron_id uuid NOT NULL UNIQUE,
  assistant_id uuid NOT NULL,
  thread_id uuid,
  user_id text NOT NULL,
  permissions text NOT NULL,
  end_time text,
  ends_at bigint,
  schedule text NOT NULL,
  timezone text,
  payload text NOT NULL,
  next_run_date bigint,
  metadata text NOT NULL,
  terms bigint[] NOT NULL,
  on_run_completed text,
  enabled boolean NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL
);
CREATE INDEX crons_due ON crons (next_run_date) WHERE enabled;
CREATE INDEX crons_by_assistant ON crons (assistant_id);
CREATE INDEX crons_by_thread ON crons (thread_id) WHERE thread_id IS NOT NULL;
CREATE INDEX crons_by_terms ON crons USING gin (terms);

-- `namespace` is the labels, each followed by a dot, so that a prefix of labels is a prefix of the text. Dots within labels are `%2E`. A
-- zero character, which no text here can have, is `%00` in both names, and a `%` is `%25`. `vectors` are all vectors of an item one after the
-- other: 32-bit floats, little endian, each vector of length 1 and as wide as `dimensions`. An item that has expired and is put again gets
-- a new sequence.
CREATE TABLE items (
  sequence bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  namespace text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  value text NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  ttl_minutes double precision,
  expires_at bigint,
  dimensions bigint,
  vectors bytea,
  UNIQUE (namespace, key)
);
ALTER TABLE items ALTER COLUMN vectors SET STORAGE EXTERNAL;
CREATE INDEX items_by_expiry ON items (expires_at) WHERE expires_at IS NOT NULL;

-- What resumable runs streamed, for clients that come back. A row becomes `frames` protocol events, the first of them numbered `seq`.
CREATE TABLE events (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  thread_id uuid NOT NULL,
  run_id uuid NOT NULL,
  millis bigint NOT NULL,
  serial bigint NOT NULL,
  seq bigint NOT NULL,
  frames bigint NOT NULL,
  name text NOT NULL,
  data bytea NOT NULL
);
CREATE INDEX events_by_thread ON events (thread_id, millis, serial);
CREATE INDEX events_by_run ON events (run_id);
CREATE INDEX events_by_time ON events (millis);

-- The last number that may have been given to a protocol event of a thread, also to those that were not kept.
CREATE TABLE event_marks (
  thread_id uuid NOT NULL PRIMARY KEY,
  seq bigint NOT NULL
);

-- Ends of runs that a webhook has not been told of yet, or may have been told of by a server that ended before it knew. A report outlives its
-- run and its thread, so it refers to neither. `metadata` is the thread's, and says who may clear it.
CREATE TABLE reports (
  report_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  metadata text NOT NULL,
  run text NOT NULL,
  began bigint NOT NULL,
  thread_values text NOT NULL,
  error text,
  tries integer NOT NULL,
  tried_at bigint NOT NULL
);

-- What runs did, kept beside them: the tasks that they executed and the calls that they made (JSON, packed from some size on), how many of
-- each are left out because there were too many, what was raised, when the first task started, and the code that executed it last. `run` is
-- the run's sequence.
CREATE TABLE run_records (
  run bigint PRIMARY KEY,
  error text,
  started_at bigint,
  generation bigint,
  life bigint,
  steps_dropped bigint NOT NULL,
  calls_dropped bigint NOT NULL,
  steps bytea NOT NULL,
  calls bytea NOT NULL
);

-- The last lines that runs printed and logged (JSON, packed from some size on), how many there are, and how many before them are not kept.
CREATE TABLE run_logs (
  run bigint PRIMARY KEY,
  saved_at bigint NOT NULL,
  dropped bigint NOT NULL,
  count bigint NOT NULL,
  lines bytea NOT NULL
);
CREATE INDEX run_logs_by_age ON run_logs (saved_at) WHERE count > 0;

-- The last runs that went with their threads when they ended, with the metadata that says who may see them. Their sequences count
-- down from -1, and name their records as those of `runs` do. `bytes` is what each takes with its record.
CREATE SEQUENCE gone_run_sequences INCREMENT -1 MAXVALUE -1 START -1;
CREATE TABLE gone_runs (
  sequence bigint PRIMARY KEY DEFAULT nextval('gone_run_sequences'),
  run_id uuid NOT NULL UNIQUE,
  thread_id uuid NOT NULL,
  assistant_id uuid NOT NULL,
  assistant_version bigint,
  cron_id uuid,
  graph_id text COLLATE "C",
  metadata text NOT NULL,
  status text COLLATE "C" NOT NULL,
  kwargs text NOT NULL,
  multitask_strategy text NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  attempts integer NOT NULL,
  thread_metadata text NOT NULL,
  bytes bigint NOT NULL
);
CREATE INDEX gone_runs_by_thread ON gone_runs (thread_id);
CREATE INDEX gone_runs_by_cron ON gone_runs (cron_id) WHERE cron_id IS NOT NULL;

-- All runs of which something is known; `thread_metadata` is of those that are gone.
CREATE VIEW known_runs AS
  SELECT sequence, run_id, thread_id, assistant_id, assistant_version, cron_id, graph_id, metadata, status, kwargs, multitask_strategy, created_at,
    updated_at, attempts, NULL::text AS thread_metadata FROM runs
  UNION ALL
  SELECT sequence, run_id, thread_id, assistant_id, assistant_version, cron_id, graph_id, metadata, status, kwargs, multitask_strategy, created_at,
    updated_at, attempts, thread_metadata FROM gone_runs;

-- What belongs to a thread or a run goes with it, however it goes. Rows that others lock without the thread's are locked in their order.
CREATE FUNCTION lgx_threads_go() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  DELETE FROM thread_values USING ended WHERE thread_values.thread_id = ended.thread_id;
  DELETE FROM runs USING ended WHERE runs.thread_id = ended.thread_id;
  DELETE FROM gone_runs WHERE sequence IN (
    SELECT sequence FROM gone_runs WHERE thread_id IN (SELECT thread_id FROM ended) ORDER BY sequence FOR UPDATE);
  DELETE FROM crons WHERE sequence IN (
    SELECT sequence FROM crons WHERE thread_id IN (SELECT thread_id FROM ended) ORDER BY sequence FOR UPDATE);
  DELETE FROM checkpoints USING ended WHERE checkpoints.thread_id = ended.thread_id;
  DELETE FROM blobs USING ended WHERE blobs.thread_id = ended.thread_id;
  DELETE FROM writes USING ended WHERE writes.thread_id = ended.thread_id;
  DELETE FROM events USING ended WHERE events.thread_id = ended.thread_id;
  DELETE FROM event_marks USING ended WHERE event_marks.thread_id = ended.thread_id;
  RETURN NULL;
END $$;
CREATE TRIGGER all_of_it_goes_with_a_thread AFTER DELETE ON threads REFERENCING OLD TABLE AS ended
  FOR EACH STATEMENT EXECUTE FUNCTION lgx_threads_go();

CREATE FUNCTION lgx_run_goes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  DELETE FROM events WHERE run_id = OLD.run_id;
  DELETE FROM run_records WHERE run = OLD.sequence;
  DELETE FROM run_logs WHERE run = OLD.sequence;
  RETURN NULL;
END $$;
CREATE TRIGGER records_go_with_their_run AFTER DELETE ON runs FOR EACH ROW EXECUTE FUNCTION lgx_run_goes();

CREATE FUNCTION lgx_gone_run_goes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  DELETE FROM run_records WHERE run = OLD.sequence;
  DELETE FROM run_logs WHERE run = OLD.sequence;
  RETURN NULL;
END $$;
CREATE TRIGGER records_go_with_their_gone_run AFTER DELETE ON gone_runs FOR EACH ROW EXECUTE FUNCTION lgx_gone_run_goes();
