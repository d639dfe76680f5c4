/**
 * The tables of this room, in SQL that is meant to be read: `sqlite3 strata.db .schema` shows the same text.
 * A change of it is a migration with a number of its own; this is what version 1 begins with.
 */
export const snapshotsSchema = `
-- Snapshots, one row each, whatever their kind.
CREATE TABLE snapshots (
  id          INTEGER PRIMARY KEY,            -- names its files on disk; never used for two snapshots
  snapshotter TEXT    NOT NULL,               -- the back end that has the files, such as 'overlayfs'
  namespace   TEXT    NOT NULL,               -- '' for a containerd in front, which has namespaces of its own
  key         TEXT    NOT NULL CHECK (key <> ''),  -- the key of an active snapshot or a view, the name of a committed one
  kind        TEXT    NOT NULL CHECK (kind IN ('active', 'view', 'committed')),
  parent      INTEGER REFERENCES snapshots (id),   -- the committed snapshot that it is based on; NULL for none
  chain       TEXT    NOT NULL CHECK ((chain = '') = (parent IS NULL)),  -- ids from the parent down to the base, as '7,3,1'
  created     INTEGER NOT NULL,               -- microseconds since 1970, UTC; a commit sets it again
  updated     INTEGER NOT NULL,               -- when its labels were last changed
  size        INTEGER NOT NULL DEFAULT 0 CHECK (size >= 0),    -- of a committed one: bytes in allocated blocks
  inodes      INTEGER NOT NULL DEFAULT 0 CHECK (inodes >= 0),  -- of a committed one
  UNIQUE (snapshotter, namespace, key)
) STRICT;

-- Who is based on a snapshot? Also asked by SQLite before a row goes.
CREATE INDEX snapshots_by_parent ON snapshots (parent);

-- The labels of snapshots. One with an empty value does not exist.
CREATE TABLE snapshot_labels (
  snapshot INTEGER NOT NULL REFERENCES snapshots (id) ON DELETE CASCADE,
  key      TEXT    NOT NULL CHECK (key <> ''),
  value    TEXT    NOT NULL CHECK (value <> ''),
  PRIMARY KEY (snapshot, key)
) STRICT, WITHOUT ROWID;

-- Which snapshots have a label, and which have it with a certain value?
CREATE INDEX snapshot_labels_by_value ON snapshot_labels (key, value);

-- Every id up to 'reserved' may have been given to files, whether or not there is a row of it.
CREATE TABLE snapshot_ids (
  one      INTEGER PRIMARY KEY CHECK (one = 1),
  reserved INTEGER NOT NULL
) STRICT;
INSERT INTO snapshot_ids VALUES (1, 0);

-- Namespaces. One comes into being with its first snapshot.
CREATE TABLE namespaces (
  name TEXT PRIMARY KEY CHECK (name <> '')
) STRICT, WITHOUT ROWID;

CREATE TABLE namespace_labels (
  namespace TEXT NOT NULL REFERENCES namespaces (name) ON DELETE CASCADE,
  key       TEXT NOT NULL CHECK (key <> ''),
  value     TEXT NOT NULL CHECK (value <> ''),
  PRIMARY KEY (namespace, key)
) STRICT, WITHOUT ROWID;
`;

/** What keeps snapshots from being removed, beside their children. */
export const holdsSchema = `
-- What snapshots are needed for, by whoever is above them: one that has a row here is not removed.
CREATE TABLE snapshot_holds (
  snapshot INTEGER NOT NULL REFERENCES snapshots (id) ON DELETE CASCADE,
  kind     TEXT    NOT NULL CHECK (kind <> ''),  -- what it is that needs it, such as 'image'
  name     TEXT    NOT NULL CHECK (name <> ''),  -- which of them, in the snapshotter and the namespace of the snapshot
  PRIMARY KEY (snapshot, kind, name)
) STRICT, WITHOUT ROWID;
`;
