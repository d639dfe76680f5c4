import { escapeText } from './escape.js';

/** A column: its heading, and the side on which its cells are aligned. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

const GAP = '  ';

/** The places that a text takes; near enough for all but East Asian wide characters. */
function widthOf(text: string): number {
  return [...text].length;
}

function pad(text: string, width: number, align: Column['align']): string {
  const blanks = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'right' ? blanks + text : text + blanks;
}

/** The lines of a table, headings first. Cells are escaped; nothing stands behind the last text of a line. */
export function* renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): Generator<string> {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => row.map(escapeText))];
  const widths = columns.map(() => 0);
  for (const line of lines) {
    for (const [index, cell] of line.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(cell));
  }
  for (const line of lines) {
    const cells = line.map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.align));
    yield cells.join(GAP).trimEnd();
  }
}

/** Lines of `name:  value`, the values below each other; a value without a name belongs to the name above it. Escaped. */
export function* renderFields(fields: readonly (readonly [name: string, value: string])[]): Generator<string> {
  const rows = fields.map(([name, value]) => [name === '' ? '' : `${escapeText(name)}:`, escapeText(value)] as const);
  const width = Math.max(0, ...rows.map(([name]) => widthOf(name)));
  for (const [name, value] of rows) yield `${pad(name, width, 'left')} ${value}`.trimEnd();
}
