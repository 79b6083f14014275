-- Times are microseconds since the Unix epoch; ids and JSON are text, so that the sqlite3 shell shows them as they are.

CREATE TABLE assistants (
  sequence INTEGER PRIMARY KEY,
  assistant_id TEXT NOT NULL UNIQUE,
  graph_id TEXT NOT NULL,
  config TEXT NOT NULL,
  context TEXT NOT NULL,
  metadata TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  is_default INTEGER NOT NULL
) STRICT;

CREATE TABLE assistant_versions (
  assistant_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  graph_id TEXT NOT NULL,
  config TEXT NOT NULL,
  context TEXT NOT NULL,
  metadata TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (assistant_id, version)
) STRICT;

-- `status` is what clients see; `resting_status` is what it becomes when no run is left.
CREATE TABLE threads (
  sequence INTEGER PRIMARY KEY,
  thread_id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  state_updated_at INTEGER NOT NULL,
  metadata TEXT NOT NULL,
  status TEXT NOT NULL,
  resting_status TEXT NOT NULL,
  config TEXT NOT NULL,
  error TEXT,
  interrupts TEXT NOT NULL
) STRICT;
CREATE INDEX threads_by_update ON threads (updated_at);

-- Apart from the thread, because values can be large and a thread's status changes more often than they do.
CREATE TABLE thread_values (
  thread_id TEXT NOT NULL PRIMARY KEY,
  state TEXT NOT NULL
) STRICT;

CREATE TABLE runs (
  sequence INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL UNIQUE,
  thread_id TEXT NOT NULL,
  assistant_id TEXT NOT NULL,
  metadata TEXT NOT NULL,
  status TEXT NOT NULL,
  kwargs TEXT NOT NULL,
  multitask_strategy TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX runs_by_thread ON runs (thread_id, created_at);
CREATE INDEX runs_active ON runs (thread_id) WHERE status IN ('pending', 'running');
CREATE INDEX runs_pending ON runs (created_at) WHERE status = 'pending';
CREATE INDEX runs_running ON runs (thread_id) WHERE status = 'running';

CREATE TABLE checkpoints (
  thread_id TEXT NOT NULL,
  checkpoint_ns TEXT NOT NULL,
  checkpoint_id TEXT NOT NULL,
  parent_checkpoint_id TEXT,
  run_id TEXT,
  encoding TEXT NOT NULL,
  checkpoint BLOB NOT NULL,
  metadata TEXT NOT NULL,
  channel_versions TEXT NOT NULL,
  PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id)
) STRICT;
CREATE INDEX checkpoints_by_run ON checkpoints (run_id) WHERE run_id IS NOT NULL;

CREATE TABLE blobs (
  thread_id TEXT NOT NULL,
  checkpoint_ns TEXT NOT NULL,
  channel TEXT NOT NULL,
  version TEXT NOT NULL,
  encoding TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (thread_id, checkpoint_ns, channel, version)
) STRICT;

CREATE TABLE writes (
  thread_id TEXT NOT NULL,
  checkpoint_ns TEXT NOT NULL,
  checkpoint_id TEXT NOT NULL,
  task_id TEXT NOT NULL,
  idx INTEGER NOT NULL,
  channel TEXT NOT NULL,
  task_path TEXT NOT NULL,
  run_id TEXT,
  encoding TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id, task_id, idx)
) STRICT;
