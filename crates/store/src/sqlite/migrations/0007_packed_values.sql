-- A value with a `place` is packed: a frame of zstd, on its own or, with a `base`, on the value of that version of the same channel.
-- The place is the one in a chain of versions (deltas.rs). Both are NULL for a value as it came, such as the newest of a channel.
ALTER TABLE blobs ADD COLUMN base TEXT;
ALTER TABLE blobs ADD COLUMN place INTEGER;
CREATE INDEX blobs_by_base ON blobs (thread_id, checkpoint_ns, channel, base, place) WHERE base IS NOT NULL;
-- Whether the value is a frame of zstd on its own.
ALTER TABLE writes ADD COLUMN packed INTEGER;
