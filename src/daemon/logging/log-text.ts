/** One line of the log, for a person at a terminal. */
import picocolors from 'picocolors';

/** How the line looks. */
export interface LogTextStyle {
  readonly colour: boolean;
}

interface LogRecord {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly err: unknown;
  /** Everything else that was logged. */
  readonly fields: Readonly<Record<string, unknown>>;
}

function parseRecord(line: string): LogRecord {
  const { level, time, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>;
  return { level: String(level), time: String(time), msg: typeof msg === 'string' ? msg : '', err, fields };
}

/** JSON leaves the delete character and the second block of controls as they are; a terminal may obey them. */
function escapeControls(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

const PLAIN_VALUE = /^[\w./:@+-]+$/;

function renderValue(value: unknown): string {
  if (typeof value === 'string' && PLAIN_VALUE.test(value)) return value;
  return escapeControls(JSON.stringify(value));
}

function property(error: unknown, name: string): string {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
  return typeof value === 'string' ? value : '';
}

/** The frames of a stack, each on a line of its own; the first line repeats the message, so it is left out. */
function renderStack(error: unknown): string {
  const frames = property(error, 'stack')
    .split('\n')
    .filter((line) => line.startsWith('    at '));
  return frames.map((line) => `${escapeControls(line)}\n`).join('');
}

const TIME_START = 11;
const TIME_END = 23;
const LEVEL_WIDTH = 5;

/** Turns a JSON line of the log into `04:25:00.123 INFO  message key=value`, with the stack of an error below it. */
export function formatLogLine(line: string, style: LogTextStyle): string {
  const { level, time, msg, err, fields } = parseRecord(line);
  const paint = picocolors.createColors(style.colour);
  const tints: Readonly<Record<string, (text: string) => string>> = {
    fatal: paint.red,
    error: paint.red,
    warn: paint.yellow,
    info: paint.green,
  };
  const tint = tints[level] ?? paint.dim;
  const reason = property(err, 'message');
  const parts = [
    paint.dim(time.slice(TIME_START, TIME_END)),
    tint(level.toUpperCase().padEnd(LEVEL_WIDTH)),
    escapeControls(reason === '' || reason === msg ? msg : `${msg}: ${reason}`),
    ...Object.entries(fields).map(([key, value]) => `${paint.dim(`${escapeControls(key)}=`)}${renderValue(value)}`),
  ];
  const severe = level === 'error' || level === 'fatal';
  return `${parts.join(' ')}\n${severe ? renderStack(err) : ''}`;
}
