const STEP = 1024;
const sizeUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** A number of bytes for people: `0 B`, `1.5 KiB`, `238.4 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // What would be rounded up to a full step is shown in the next unit.
  while (value >= STEP - 0.05 && unit < sizeUnits.length - 1) {
    value /= STEP;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${sizeUnits[unit] ?? ''}`;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** From when on a date says more than a number of days, in milliseconds. */
const DATE_FROM = 60 * DAY;

const ages = [
  { unit: 'day', length: DAY },
  { unit: 'hour', length: HOUR },
  { unit: 'minute', length: MINUTE },
  { unit: 'second', length: SECOND },
] as const;

/** A number of things: `1 lease`, `2 leases`. */
export function formatCount(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** How long ago something was: `now`, `3 minutes ago`, `2026-01-31`; `-` for a time that was never set. */
export function formatAge(time: Date, now: Date): string {
  if (Number.isNaN(time.getTime()) || time.getTime() <= 0) return '-';
  const age = now.getTime() - time.getTime();
  if (age >= DATE_FROM) return formatDay(time);
  const fitting = ages.find(({ length }) => age >= length);
  if (fitting === undefined) return 'now';
  const count = Math.floor(age / fitting.length);
  return `${formatCount(count, fitting.unit)} ago`;
}

const DAY_LENGTH = 10;

function formatDay(time: Date): string {
  return time.toISOString().slice(0, DAY_LENGTH);
}

/** A time in UTC as RFC 3339; `-` for a time that was never set. */
export function formatTime(time: Date): string {
  return Number.isNaN(time.getTime()) || time.getTime() <= 0 ? '-' : time.toISOString();
}
