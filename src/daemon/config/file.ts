/** Reads a configuration file into settings, without looking at their values yet. */
import { readFile } from 'node:fs/promises';
import { parse, TomlError } from 'smol-toml';
import { fromSystemError, InvalidArgumentError, NotFoundError, systemErrorCode } from '../../errors/index.js';
import { defaultConfigFile, type Environment } from './environment.js';
import { lineOf } from './locate.js';
import { isSection, renderPath, type Section } from './option.js';
import { type Problem, suggest } from './problem.js';
import { schema } from './schema.js';

/** A value that somebody gave to a setting. */
export interface Setting {
  readonly path: readonly string[];
  /** As TOML or the flag has it; not checked. */
  readonly value: unknown;
  /** Where it was given: `config.toml:3`, `--root`. */
  readonly origin: string;
}

/** What a file holds: settings, and what could not be understood. */
export interface FileContent {
  readonly settings: readonly Setting[];
  readonly problems: readonly Problem[];
}

/**
 * Reads the file that was named or, when none was, the default one if it exists.
 * @throws NotFoundError when the named file does not exist.
 * @throws InvalidArgumentError when it is no TOML, with line and column.
 */
export async function readConfigFile(file: string | undefined, environment: Environment): Promise<FileContent> {
  const name = file ?? defaultConfigFile(environment);
  const text = await readText(name, file !== undefined);
  return text === undefined ? { settings: [], problems: [] } : readConfigText(text, name);
}

async function readText(name: string, needed: boolean): Promise<string | undefined> {
  try {
    return await readFile(name, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw fromSystemError(error, `cannot read configuration ${name}`);
    if (!needed) return undefined;
    throw new NotFoundError(`configuration file ${name} does not exist`, { cause: error });
  }
}

function parseToml(text: string, name: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text, { integersAsBigInt: 'asNeeded' });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split('\n', 1)[0]?.replace(/^Invalid TOML document: /, '') ?? '';
    throw new InvalidArgumentError(`${name}:${error.line}:${error.column}: ${reason}`, { cause: error });
  }
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

interface Collector {
  readonly settings: Setting[];
  readonly problems: Problem[];
  origin(path: readonly string[]): string;
}

function unknownKey(path: readonly string[], known: Section): string {
  const near = suggest(path.at(-1) ?? '', Object.keys(known.entries));
  const hint = near === undefined ? '' : `, did you mean ${renderPath([near])}?`;
  return `unknown key ${renderPath(path)}${hint}`;
}

interface Place {
  readonly path: readonly string[];
  readonly known: Section;
}

function collect(table: Readonly<Record<string, unknown>>, { path, known }: Place, to: Collector): void {
  for (const [key, value] of Object.entries(table)) {
    const place = [...path, key];
    const entry = Object.hasOwn(known.entries, key) ? known.entries[key] : undefined;
    const origin = to.origin(place);
    if (entry === undefined) to.problems.push({ origin, text: unknownKey(place, known) });
    else if (!isSection(entry)) to.settings.push({ path: place, value, origin });
    else if (isTable(value)) collect(value, { path: place, known: entry }, to);
    else to.problems.push({ origin, text: `${renderPath(place)}: want a table` });
  }
}

/** Turns the text of a file into settings. @throws InvalidArgumentError when it is no TOML. */
export function readConfigText(text: string, name: string): FileContent {
  const origin = (path: readonly string[]) => {
    const line = lineOf(text, path);
    return line === undefined ? name : `${name}:${line}`;
  };
  const collector: Collector = { settings: [], problems: [], origin };
  collect(parseToml(text, name), { path: [], known: schema }, collector);
  return { settings: collector.settings, problems: collector.problems };
}
