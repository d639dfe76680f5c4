/** The reference of all settings, for docs/configuration.md. */
import { defaultConfigFile, type Environment } from './environment.js';
import { defaultOf, isSection, type Option, renderPath, type Section } from './option.js';
import { schema } from './schema.js';

const root: Environment = { uid: 0, gid: 0, variables: {} };

/** A user whose directories are the variables themselves, so that the defaults show the variables. */
const anybody: Environment = {
  uid: 1000,
  gid: 1000,
  variables: {
    HOME: '~',
    XDG_DATA_HOME: '$XDG_DATA_HOME',
    XDG_RUNTIME_DIR: '$XDG_RUNTIME_DIR',
    XDG_CONFIG_HOME: '$XDG_CONFIG_HOME',
  },
};

function renderDefault(option: Option<unknown>): string {
  const asRoot = option.type.render(defaultOf(option, root));
  const asUser = option.type.render(defaultOf(option, anybody));
  if (asRoot === asUser) return `\`${asRoot}\``;
  if (!asUser.includes('$')) return `\`${asRoot}\` for root, otherwise that of the user`;
  return `\`${asRoot}\` for root, otherwise \`${asUser}\``;
}

function* renderOption(path: readonly string[], option: Option<unknown>): Generator<string> {
  yield `### \`${renderPath(path)}\``;
  yield '';
  yield option.doc;
  yield '';
  yield `- Value: ${option.type.wanted}`;
  yield `- Default: ${renderDefault(option)}`;
  if (option.containerd !== undefined) yield `- In containerd: \`${option.containerd}\``;
  yield '';
}

function* renderSection(table: Section, path: readonly string[]): Generator<string> {
  const entries = Object.entries(table.entries);
  const options = entries.flatMap(([key, entry]) => (isSection(entry) ? [] : [{ key, entry }]));
  if (options.length > 0) {
    yield path.length === 0 ? '## Top level' : `## \`[${renderPath(path)}]\``;
    yield '';
    yield table.doc;
    yield '';
    for (const { key, entry } of options) yield* renderOption([...path, key], entry);
  }
  for (const [key, entry] of entries) if (isSection(entry)) yield* renderSection(entry, [...path, key]);
}

const introduction = [
  '# Configuration',
  '',
  '<!-- Written by scripts/docs.mjs from src/daemon/config/schema.ts; edit that instead. -->',
  '',
  'The daemon reads one TOML file. Every setting has a default, so a file need only hold what differs; a key that is not',
  'listed here is an error. Flags of `strata serve` beat the file, the file beats the defaults.',
  '',
  `Without \`--config\`, \`${defaultConfigFile(root)}\` is read if it exists (not as root:`,
  `\`${defaultConfigFile(anybody)}\`). \`strata config default\` prints a complete file with comments, and`,
  '`strata config show` what results from file, flags and defaults.',
  '',
  'A size is a number of bytes or a text such as `"10G"`, `"512MiB"`: units are K, M, G, T and P, all of 1024, with or without',
  '`B` or `iB` behind them. A duration is a text with a unit of ms, s, m, h or d, such as `"10s"`. The command line and labels',
  'take the same.',
  '',
  'Where a variable of the XDG base directory specification is not set, its default there is used: `~/.local/share` for',
  '`$XDG_DATA_HOME`, `~/.config` for `$XDG_CONFIG_HOME`; in place of `$XDG_RUNTIME_DIR/strata`, a directory',
  '`strata-<uid>` among the temporary files.',
  '',
];

/** The reference as Markdown, the same whoever asks. */
export function renderMarkdown(): string {
  return `${[...introduction, ...renderSection(schema, [])].join('\n').trimEnd()}\n`;
}
