-- What resumable runs streamed, for clients that come back. A row becomes `frames` protocol events, the first of them numbered `seq`.
CREATE TABLE events (
  sequence INTEGER PRIMARY KEY,
  thread_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  millis INTEGER NOT NULL,
  serial INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  frames INTEGER NOT NULL,
  name TEXT NOT NULL,
  data BLOB NOT NULL
) STRICT;
CREATE INDEX events_by_thread ON events (thread_id, millis, serial);
CREATE INDEX events_by_run ON events (run_id);
CREATE INDEX events_by_time ON events (millis);

-- The last number that may have been given to a protocol event of a thread, also to those that were not kept.
CREATE TABLE event_marks (
  thread_id TEXT NOT NULL PRIMARY KEY,
  seq INTEGER NOT NULL
) STRICT;

CREATE TRIGGER events_go_with_their_thread AFTER DELETE ON threads BEGIN
  DELETE FROM events WHERE thread_id = OLD.thread_id;
  DELETE FROM event_marks WHERE thread_id = OLD.thread_id;
END;
CREATE TRIGGER events_go_with_their_run AFTER DELETE ON runs BEGIN
  DELETE FROM events WHERE run_id = OLD.run_id;
END;
