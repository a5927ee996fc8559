/**
 * `low` moves with retention only; compaction leaves gaps. Offsets are never reused. The records stand one behind the other, whatever their
 * partition, and only their index has an end for each: within the key itself each end would be a page of its own, and records of this size
 * would split it every sixth time (half the processor time of an append in batches).
 */
export const schema = `
  CREATE TABLE IF NOT EXISTS topics (
    name TEXT PRIMARY KEY,
    partitions INTEGER NOT NULL,
    cleanup TEXT NOT NULL,
    retention_ms INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS partitions (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    low INTEGER NOT NULL DEFAULT 0,
    high INTEGER NOT NULL DEFAULT 0,
    appended_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, partition)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS records (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    "offset" INTEGER NOT NULL,
    key TEXT NOT NULL,
    value BLOB,
    headers TEXT NOT NULL,
    appended_at INTEGER NOT NULL,
    PRIMARY KEY (topic, partition, "offset")
  ) STRICT;
  CREATE TABLE IF NOT EXISTS offsets (
    grp TEXT NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    "offset" INTEGER,
    note TEXT,
    committed_at INTEGER NOT NULL,
    PRIMARY KEY (grp, topic, partition)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS generations (
    grp TEXT NOT NULL,
    topic TEXT NOT NULL,
    generation INTEGER NOT NULL,
    PRIMARY KEY (grp, topic)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS members (
    grp TEXT NOT NULL,
    topic TEXT NOT NULL,
    member TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    released_generation INTEGER NOT NULL,
    PRIMARY KEY (grp, topic, member)
  ) STRICT, WITHOUT ROWID;
`;
