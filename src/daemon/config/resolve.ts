/** From a file, flags and the environment to the one complete configuration. */
import { InvalidArgumentError } from '../../errors/index.js';
import { type Environment, processEnvironment } from './environment.js';
import type { Setting } from './file.js';
import { camelCase, defaultOf, isSection, placedOptions, renderPath, type Section } from './option.js';
import { type Problem, renderProblem } from './problem.js';
import { type Config, schema } from './schema.js';

/** Where values come from; a flag beats the file, the file beats the default. */
export interface ConfigSources {
  /** The file to read; absent reads the default one if there is one (see `defaultConfigFile`). */
  readonly file?: string;
  /** Values from the command line, each with its name there as `origin`. */
  readonly flags?: readonly Setting[];
  /** Whose defaults; absent means this process's. */
  readonly environment?: Environment;
}

type Chosen = ReadonlyMap<string, unknown>;

/**
 * Resolves the configuration. The result is complete, checked and frozen.
 * @throws NotFoundError when the named file does not exist.
 * @throws InvalidArgumentError when anything is wrong, naming everything that is: place, key, and what was wanted.
 */
export async function resolveConfig(sources: ConfigSources = {}): Promise<Config> {
  const environment = sources.environment ?? processEnvironment();
  const { readConfigFile } = await import('./file.js');
  const content = await readConfigFile(sources.file, environment);
  const checked = checkSettings([...content.settings, ...(sources.flags ?? [])]);
  const problems = [...content.problems, ...checked.problems];
  if (problems.length > 0) throw new InvalidArgumentError(problems.map(renderProblem).join('; '));
  return build(checked.values, environment);
}

/** The configuration of somebody who sets nothing. */
export function defaultConfig(environment: Environment = processEnvironment()): Config {
  return build(new Map(), environment);
}

function checkSettings(settings: readonly Setting[]): { readonly values: Chosen; readonly problems: Problem[] } {
  const options = new Map([...placedOptions(schema)].map((placed) => [renderPath(placed.path), placed.option]));
  const values = new Map<string, unknown>();
  const problems: Problem[] = [];
  for (const { path, value, origin } of settings) {
    const key = renderPath(path);
    const type = options.get(key)?.type;
    const parsed = type?.parse(value);
    if (parsed !== undefined) values.set(key, parsed);
    else problems.push({ origin, text: `${key}: want ${type?.wanted ?? 'a known key'}, got ${show(value)}` });
  }
  return { values, problems };
}

const SHOWN_LENGTH = 80;

/** A rejected value for an error line, cut when long. */
function show(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}...` : text;
}

/** The tree of values has the type that `Values` computes from the very description that is walked here. */
function build(chosen: Chosen, environment: Environment): Config {
  return buildSection(schema, { path: [], chosen, environment }) as Config;
}

interface BuildContext {
  readonly path: readonly string[];
  readonly chosen: Chosen;
  readonly environment: Environment;
}

function buildSection(table: Section, context: BuildContext): unknown {
  const entries = Object.entries(table.entries).map(([key, entry]) => {
    const path = [...context.path, key];
    if (isSection(entry)) return [camelCase(key), buildSection(entry, { ...context, path })];
    const value = context.chosen.get(renderPath(path)) ?? defaultOf(entry, context.environment);
    return [camelCase(key), Array.isArray(value) ? Object.freeze([...value]) : value];
  });
  return Object.freeze(Object.fromEntries(entries));
}
