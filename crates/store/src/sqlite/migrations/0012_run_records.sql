-- What runs did, kept beside them: the tasks that they executed and the calls that they made (JSON, packed from some size on), how many of
-- each are left out because there were too many, and what was raised. `run` is the run's sequence.
CREATE TABLE run_records (
  run INTEGER PRIMARY KEY,
  error TEXT,
  steps_dropped INTEGER NOT NULL,
  calls_dropped INTEGER NOT NULL,
  steps BLOB NOT NULL,
  calls BLOB NOT NULL
) STRICT;
CREATE TRIGGER records_go_with_their_run AFTER DELETE ON runs BEGIN
  DELETE FROM run_records WHERE run = OLD.sequence;
END;
