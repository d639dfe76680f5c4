/** The tables of leases: version 2 of the schema begins with them. */
export const leasesSchema = `
-- Leases. What is under one is not collected.
CREATE TABLE leases (
  namespace TEXT    NOT NULL REFERENCES namespaces (name) ON DELETE CASCADE,
  id        TEXT    NOT NULL CHECK (id <> ''),
  created   INTEGER NOT NULL,                 -- microseconds since 1970, UTC
  PRIMARY KEY (namespace, id)
) STRICT, WITHOUT ROWID;

-- The labels of leases; they never change. 'containerd.io/gc.expire' says when a lease ends.
CREATE TABLE lease_labels (
  namespace TEXT NOT NULL,
  lease     TEXT NOT NULL,
  key       TEXT NOT NULL CHECK (key <> ''),
  value     TEXT NOT NULL CHECK (value <> ''),
  PRIMARY KEY (namespace, lease, key),
  FOREIGN KEY (namespace, lease) REFERENCES leases (namespace, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- What is under a lease, by name: it need not exist.
CREATE TABLE lease_resources (
  namespace TEXT NOT NULL,
  lease     TEXT NOT NULL,
  type      TEXT NOT NULL,                    -- 'snapshots/overlayfs', 'images', 'content' or 'ingests'
  resource  TEXT NOT NULL,                    -- the key of a snapshot, the name of an image, a digest
  PRIMARY KEY (namespace, lease, type, resource),
  FOREIGN KEY (namespace, lease) REFERENCES leases (namespace, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Which leases keep this?
CREATE INDEX lease_resources_by_resource ON lease_resources (namespace, type, resource);

-- Snapshots that were made under a lease: they stay as long as something keeps them. All others stay until they are removed.
CREATE TABLE collectable_snapshots (
  snapshot INTEGER PRIMARY KEY REFERENCES snapshots (id) ON DELETE CASCADE
) STRICT;
`;
