/** The tables of this room, in SQL that is meant to be read. */
export const imagesSchema = `
-- Images, each in one snapshotter. Their layers are snapshots as any other.
CREATE TABLE images (
  id          INTEGER PRIMARY KEY,
  snapshotter TEXT    NOT NULL,
  namespace   TEXT    NOT NULL REFERENCES namespaces (name) ON DELETE CASCADE,
  name        TEXT    NOT NULL CHECK (name <> ''),
  digest      TEXT    NOT NULL,               -- of the manifest
  media_type  TEXT    NOT NULL,               -- of the manifest
  manifest    BLOB    NOT NULL,               -- as it came, byte for byte
  config      BLOB    NOT NULL,               -- as it came
  platform    TEXT    NOT NULL,               -- such as 'linux/amd64'
  layers      INTEGER NOT NULL CHECK (layers >= 0),
  snapshot    INTEGER REFERENCES snapshots (id) ON DELETE SET NULL,  -- its top layer; NULL for none, or when a repair dropped it
  created     INTEGER NOT NULL,               -- microseconds since 1970, UTC
  updated     INTEGER NOT NULL,               -- when it was last imported
  UNIQUE (snapshotter, namespace, name)
) STRICT;

-- Which images are based on a snapshot? Also asked by SQLite before a row goes.
CREATE INDEX images_by_snapshot ON images (snapshot);
`;
