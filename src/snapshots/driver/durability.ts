/**
 * What is put on disk before a call is answered; docs/durability.md is the contract.
 *
 * - `full`: the files of a layer before its commit is recorded, and every record before its call is answered.
 * - `metadata`: every record, but no files: a power cut can leave committed layers with holes.
 * - `none`: nothing; for machines that are thrown away after a crash. Records are on disk after a clean stop only.
 *
 * For a driver there are two cases: with `full` it has a layer on disk when `seal` resolves, else it leaves that to the
 * kernel. A crash of the daemon alone loses nothing with any of them.
 */
export type Durability = 'full' | 'metadata' | 'none';
