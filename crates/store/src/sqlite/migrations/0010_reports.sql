-- Ends of runs that a webhook has not been told of yet, or may have been told of by a server that ended before it knew. A report outlives its
-- run and its thread, so it refers to neither. `metadata` is the thread's, and says who may clear it.
CREATE TABLE reports (
  report_id INTEGER PRIMARY KEY AUTOINCREMENT,
  metadata TEXT NOT NULL,
  run TEXT NOT NULL,
  began INTEGER NOT NULL,
  thread_values TEXT NOT NULL,
  error TEXT,
  tries INTEGER NOT NULL,
  tried_at INTEGER NOT NULL
) STRICT;
