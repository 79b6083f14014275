-- What of a thread's row is older than its newest checkpoint, which only a worker can read: nothing (0), its values (1), or all that an update
-- of the state leaves (2).
ALTER TABLE threads ADD COLUMN behind INTEGER NOT NULL DEFAULT 0;
CREATE INDEX threads_behind ON threads (behind) WHERE behind != 0;
