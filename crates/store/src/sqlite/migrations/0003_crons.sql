-- `ends_at` is the instant that `end_time`, kept as the client wrote it, means. `next_run_date` is NULL once nothing is due
-- any more. `permissions` are those of the user who made the cron; its runs have them.
CREATE TABLE crons (
  sequence INTEGER PRIMARY KEY,
  cron_id TEXT NOT NULL UNIQUE,
  assistant_id TEXT NOT NULL,
  thread_id TEXT,
  user_id TEXT NOT NULL,
  permissions TEXT NOT NULL,
  end_time TEXT,
  ends_at INTEGER,
  schedule TEXT NOT NULL,
  timezone TEXT,
  payload TEXT NOT NULL,
  next_run_date INTEGER,
  metadata TEXT NOT NULL,
  on_run_completed TEXT,
  enabled INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX crons_due ON crons (next_run_date) WHERE enabled = 1;
CREATE INDEX crons_by_assistant ON crons (assistant_id);
CREATE INDEX crons_by_thread ON crons (thread_id) WHERE thread_id IS NOT NULL;
