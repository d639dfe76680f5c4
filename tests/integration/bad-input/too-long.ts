/** What is longer than it may be, and what is said about it. */

/** A key of 64 KiB. */
export const longKey = 'k'.repeat(64 * 1024);

/** A label of one byte too many. */
export const longLabels = { long: 'v'.repeat(4093) };

/** What is said about that label. */
export const longLabelsText =
  'info.Labels: label key and value length (4097 bytes) greater than maximum size (4096 bytes), key: long: invalid argument';
