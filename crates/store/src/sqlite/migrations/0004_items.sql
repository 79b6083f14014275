-- `namespace` is the labels, each followed by a dot, so that a prefix of labels is a prefix of the text. Dots within labels are `%2E`.
CREATE TABLE items (
  sequence INTEGER PRIMARY KEY,
  namespace TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  ttl_minutes REAL,
  expires_at INTEGER,
  UNIQUE (namespace, key)
) STRICT;
-- What a search below a namespace has to know of an item that it may not show.
CREATE INDEX items_below ON items (namespace, expires_at);
CREATE INDEX items_by_expiry ON items (expires_at) WHERE expires_at IS NOT NULL;

-- All vectors of an item one after the other: 32-bit floats, little endian, each vector of length 1.
CREATE TABLE item_vectors (
  sequence INTEGER PRIMARY KEY,
  dimensions INTEGER NOT NULL,
  vectors BLOB NOT NULL
) STRICT;
