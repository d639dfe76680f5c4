import { escapeText } from './escape.js';
import type { Style } from './style.js';
import { widthOf } from './width.js';
import { wrap } from './wrap.js';

/** A column: its heading, and the side on which its cells are aligned. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

const GAP = '  ';

function pad(text: string, width: number, align: Column['align']): string {
  const blanks = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'right' ? blanks + text : text + blanks;
}

/** How much room there must be for a last column whose cells are broken; in less they would be columns of words. */
const MIN_BROKEN = 16;

/**
 * The lines of a table, headings first. Cells are escaped; nothing stands behind the last text of a line.
 * @param terminal How wide the terminal is, for a table whose last column holds sentences: these are broken to fit.
 */
export function* renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  terminal: Pick<Style, 'columns'> = {},
): Generator<string> {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => row.map(escapeText))];
  const widths = columns.map(() => 0);
  for (const line of lines) {
    for (const [index, cell] of line.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(cell));
  }
  const broken = (terminal.columns ?? 0) - widths.slice(0, -1).reduce((sum, width) => sum + width + GAP.length, 0);
  for (const line of lines.flatMap((each) => (broken < MIN_BROKEN ? [each] : breakLast(each, broken)))) {
    const cells = line.map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.align));
    yield cells.join(GAP).trimEnd();
  }
}

/** A row as several, of which all but the first have a last cell only. */
function breakLast(row: readonly string[], columns: number): string[][] {
  const others = row.slice(0, -1);
  const parts = [...wrap(row.at(-1) ?? '', { columns, indent: '' })];
  return parts.map((part, index) => [...others.map((cell) => (index === 0 ? cell : '')), part]);
}

/** Lines of `name:  value`, the values below each other; a value without a name belongs to the name above it. Escaped. */
export function* renderFields(fields: readonly (readonly [name: string, value: string])[]): Generator<string> {
  const rows = fields.map(([name, value]) => [name === '' ? '' : `${escapeText(name)}:`, escapeText(value)] as const);
  const width = Math.max(0, ...rows.map(([name]) => widthOf(name)));
  for (const [name, value] of rows) yield `${pad(name, width, 'left')} ${value}`.trimEnd();
}
