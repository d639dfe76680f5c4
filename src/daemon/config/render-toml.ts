/** The configuration as a TOML file. */
import { camelCase, isSection, renderPath, type Section } from './option.js';
import { type Config, schema } from './schema.js';
import type { ValueType } from './value-types.js';

/** How the file looks. */
export interface TomlStyle {
  /** Whether what each setting means stands above it. */
  readonly comments: boolean;
}

const COMMENT_WIDTH = 100;

/** Breaks text into lines at spaces; a single word longer than the width keeps a line of its own. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length > width && line !== '') {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

function comment(text: string, style: TomlStyle): string[] {
  return style.comments ? wrap(text, COMMENT_WIDTH).map((line) => `# ${line}`) : [];
}

/** The value below a key of a part of the configuration; the description guarantees that it is there. */
function valueAt(values: unknown, key: string): unknown {
  return typeof values === 'object' && values !== null ? Reflect.get(values, camelCase(key)) : undefined;
}

function renderSetting(key: string, value: string): string {
  return `${renderPath([key])} = ${value}`;
}

interface Place {
  readonly path: readonly string[];
  readonly values: unknown;
  readonly style: TomlStyle;
}

function* renderSection(table: Section, { path, values, style }: Place): Generator<string> {
  const entries = Object.entries(table.entries);
  const options = entries.flatMap(([key, entry]) => (isSection(entry) ? [] : [{ key, entry }]));
  if (options.length > 0) {
    yield* comment(table.doc, style);
    if (path.length > 0) yield `[${renderPath(path)}]`;
    for (const { key, entry } of options) {
      if (style.comments) yield '';
      yield* comment(entry.doc, style);
      yield renderSetting(key, renderValue(entry.type, valueAt(values, key)));
    }
    yield '';
  }
  for (const [key, entry] of entries) {
    if (isSection(entry)) yield* renderSection(entry, { path: [...path, key], values: valueAt(values, key), style });
  }
}

function renderValue(type: ValueType<unknown>, value: unknown): string {
  return type.render(value);
}

/** The configuration as TOML that reads back as the same configuration. */
export function renderToml(config: Config, style: TomlStyle): string {
  const lines = [...renderSection(schema, { path: [], values: config, style })];
  return `${lines.join('\n').trimEnd()}\n`;
}
