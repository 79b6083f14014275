-- What runs did, kept beside them: the tasks that they executed and the calls that they made (JSON, packed from some size on), how many of
-- each are left out because there were too many, what was raised, when the first task started and in which attempt the last one. `run` is the
-- run's sequence.
CREATE TABLE run_records (
  run INTEGER PRIMARY KEY,
  error TEXT,
  started_at INTEGER,
  attempt INTEGER NOT NULL,
  steps_dropped INTEGER NOT NULL,
  calls_dropped INTEGER NOT NULL,
  steps BLOB NOT NULL,
  calls BLOB NOT NULL
) STRICT;
CREATE TRIGGER records_go_with_their_run AFTER DELETE ON runs BEGIN
  DELETE FROM run_records WHERE run = OLD.sequence;
END;
