/** Units of sizes, in bytes, and of durations, in milliseconds. */

/** 2^20 bytes. */
export const MIB = 2 ** 20;

/** 2^30 bytes. */
export const GIB = 2 ** 30;

/** 60 seconds. */
export const MINUTE = 60_000;

/** 60 minutes. */
export const HOUR = 60 * MINUTE;

/** 24 hours. */
export const DAY = 24 * HOUR;
