/**
 * The tables of this back end, in SQL that is meant to be read: `sqlite3 strata.db .schema` shows the same text.
 *
 * A pool knows its devices by numbers of 24 bits that we have to give out, and it does not remember unfinished work on them.
 * So the number is recorded before the device is made, and each change of its state before and after it happens:
 * after a crash the records say what is unfinished. A device and its snapshot are not recorded in one transaction: a
 * device whose snapshot has no row is deleted by the next cleanup.
 */
export const devmapperSchema = `
-- Thin devices of the devmapper back end, one row each.
CREATE TABLE devmapper_devices (
  pool        TEXT    NOT NULL CHECK (pool <> ''),      -- the thin pool, as in 'dmsetup ls'
  snapshot    INTEGER NOT NULL CHECK (snapshot >= 0),   -- snapshots.id; 0 is the template of those without a parent
  device      INTEGER NOT NULL CHECK (device BETWEEN 0 AND 16777215),  -- its number in the pool
  state       TEXT    NOT NULL CHECK (state IN (
    'creating', 'activating', 'deactivating', 'removing',  -- begun, maybe not finished
    'activated',                                           -- shown as /dev/mapper/<pool>-snap-<snapshot>
    'deactivated',                                         -- in the pool only
    'faulty')),                                            -- for good: what is on it cannot be relied upon
  file_system TEXT    NOT NULL CHECK (file_system IN ('ext4', 'xfs', 'ext2')),
  size        INTEGER NOT NULL CHECK (size > 0),        -- bytes that it seems to have
  shared      INTEGER NOT NULL CHECK (shared >= 0),     -- bytes that it had from its origin when it was made
  fault       TEXT    NOT NULL CHECK (state <> 'faulty' OR fault <> ''),  -- why it is faulty
  PRIMARY KEY (pool, snapshot),
  UNIQUE (pool, device)
) STRICT, WITHOUT ROWID;

-- The largest device number that was ever given out, by pool: none is used again before all have been.
CREATE TABLE devmapper_pools (
  pool        TEXT    PRIMARY KEY CHECK (pool <> ''),
  last_device INTEGER NOT NULL CHECK (last_device BETWEEN 0 AND 16777215)
) STRICT, WITHOUT ROWID;
`;
