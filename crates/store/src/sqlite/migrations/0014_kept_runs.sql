-- The last lines that runs printed and logged (JSON, packed from some size on), how many there are, and how many before them are not kept.
-- `run` is as in run_records. When all of them take too much, those that were saved longest ago go, and are counted among the latter.
CREATE TABLE run_logs (
  run INTEGER PRIMARY KEY,
  saved_at INTEGER NOT NULL,
  dropped INTEGER NOT NULL,
  count INTEGER NOT NULL,
  lines BLOB NOT NULL
) STRICT;
CREATE INDEX run_logs_by_age ON run_logs (saved_at) WHERE count > 0;
CREATE TABLE run_logs_size (bytes INTEGER NOT NULL) STRICT;
INSERT INTO run_logs_size VALUES (0);
CREATE TRIGGER size_of_new_logs AFTER INSERT ON run_logs BEGIN
  UPDATE run_logs_size SET bytes = bytes + length(NEW.lines);
END;
CREATE TRIGGER size_of_changed_logs AFTER UPDATE OF lines ON run_logs BEGIN
  UPDATE run_logs_size SET bytes = bytes + length(NEW.lines) - length(OLD.lines);
END;
CREATE TRIGGER size_of_deleted_logs AFTER DELETE ON run_logs BEGIN
  UPDATE run_logs_size SET bytes = bytes - length(OLD.lines);
END;
CREATE TRIGGER logs_go_with_their_run AFTER DELETE ON runs BEGIN
  DELETE FROM run_logs WHERE run = OLD.sequence;
END;

-- The last runs that went with their threads when they ended, with the metadata that says who may see them. Their sequences count
-- down from -1, and name their records as those of `runs` do. `bytes` is what each takes with its record.
CREATE TABLE gone_runs (
  sequence INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL UNIQUE,
  thread_id TEXT NOT NULL,
  assistant_id TEXT NOT NULL,
  metadata TEXT NOT NULL,
  status TEXT NOT NULL,
  kwargs TEXT NOT NULL,
  multitask_strategy TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  assistant_version INTEGER,
  cron_id TEXT,
  attempts INTEGER NOT NULL,
  thread_metadata TEXT NOT NULL,
  bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX gone_runs_by_thread ON gone_runs (thread_id);
CREATE INDEX gone_runs_by_cron ON gone_runs (cron_id) WHERE cron_id IS NOT NULL;
CREATE TRIGGER records_go_with_their_gone_run AFTER DELETE ON gone_runs BEGIN
  DELETE FROM run_records WHERE run = OLD.sequence;
  DELETE FROM run_logs WHERE run = OLD.sequence;
END;

-- All runs of which something is known; `thread_metadata` is of those that are gone.
CREATE VIEW known_runs AS
  SELECT sequence, run_id, thread_id, assistant_id, metadata, status, kwargs, multitask_strategy, created_at, updated_at,
    assistant_version, cron_id, attempts, NULL AS thread_metadata FROM runs
  UNION ALL
  SELECT sequence, run_id, thread_id, assistant_id, metadata, status, kwargs, multitask_strategy, created_at, updated_at,
    assistant_version, cron_id, attempts, thread_metadata FROM gone_runs;
