-- A thread's time to live counts from its last change. One that was pruned to its latest state (`pruned_at` is the
-- `updated_at` it had then) does not expire again before it changes.
ALTER TABLE threads ADD COLUMN ttl_minutes REAL;
ALTER TABLE threads ADD COLUMN ttl_strategy TEXT;
ALTER TABLE threads ADD COLUMN pruned_at INTEGER;
ALTER TABLE threads ADD COLUMN expires_at INTEGER GENERATED ALWAYS AS (
  CASE WHEN pruned_at IS NOT updated_at THEN updated_at + CAST(ttl_minutes * 60000000 AS INTEGER) END
) VIRTUAL;
CREATE INDEX threads_by_expiry ON threads (expires_at) WHERE expires_at IS NOT NULL;
