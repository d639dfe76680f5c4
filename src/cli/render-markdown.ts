/** The reference of all commands, for docs/commands.md. */
import { type CliCommand, type CommandDeclaration, isGroup } from './command.js';
import { loadCommands } from './commands/index.js';
import { globalOptions } from './global-options.js';

interface Row {
  readonly left: string;
  readonly right: string;
}

/** A vertical bar would end the cell of a table. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function* renderRows(heading: string, rows: readonly Row[]): Generator<string> {
  if (rows.length === 0) return;
  yield `| ${heading} | |`;
  yield '|---|---|';
  for (const { left, right } of rows) yield `| \`${cell(left)}\` | ${cell(right)} |`;
  yield '';
}

function optionRows(options: CommandDeclaration['options'] = []): Row[] {
  return options.map(({ flags, description }) => ({ left: flags, right: description }));
}

function* renderLeaf(command: CommandDeclaration, words: string): Generator<string> {
  const given = command.arguments ?? [];
  yield `## \`strata ${[words, ...given.map(({ syntax }) => syntax)].join(' ')}\``;
  yield '';
  yield command.description ?? `${command.summary.charAt(0).toUpperCase()}${command.summary.slice(1)}.`;
  yield '';
  if (command.aliases !== undefined) {
    yield `Also: ${command.aliases.map((alias) => `\`${alias}\``).join(', ')}.`;
    yield '';
  }
  yield* renderRows(
    'Argument',
    given.map(({ syntax, description }) => ({ left: syntax, right: description })),
  );
  yield* renderRows('Option', optionRows(command.options));
  yield '```sh';
  yield* command.examples.map((example) => `strata ${example}`);
  yield '```';
  yield '';
}

function* renderCommand(command: CliCommand): Generator<string> {
  if (!isGroup(command)) yield* renderLeaf(command, command.name);
  else for (const inner of command.commands) yield* renderLeaf(inner, `${command.name} ${inner.name}`);
}

const introduction = [
  '# Commands',
  '',
  '<!-- Written by scripts/docs.mjs from src/cli/commands/; edit that instead. -->',
  '',
  'Every command exits with status 0 when it did what was asked, 1 when it could not, or not all of it, and 2 when the',
  'command line is wrong. An error is one line on standard error, which starts with its class:',
  '`strata: not found: snapshot x does not exist`.',
  '',
  'What is printed for people is not made for programs to read: control characters in keys are escaped, digests are',
  'shortened and sizes are rounded. `--json` prints everything as it is. There are colours on a terminal only, and none',
  'where `NO_COLOR` is set.',
  '',
  'The snapshot that a command makes or works on comes first, then what it is made of or where it goes:',
  '`commit <name> <key>`, `mount <key> <dir>`, `mounts <key> <dir>`. (`ctr snapshots mounts` takes the directory first.)',
  '',
  'These options may stand before or after the name of a command:',
  '',
];

const whichDaemon = [
  '## Which daemon, which root',
  '',
  'A command that calls the daemon takes the one at `--address`, else at `$STRATA_ADDRESS`, else at the usual place. When none',
  'answers there, it fails.',
  '',
  '`check` and `backup` can do without a daemon: `--root`, or a configuration file with `--config`, names a root that no daemon',
  'serves. Without any of these, and with no daemon at the usual place, they take the root of the configuration, and say so on',
  'standard error. `restore` changes a root, so it takes only one that is named.',
  '',
  'A command that writes a file replaces a regular file or nothing: never a link, a device or a directory.',
  '',
];

/** The reference as Markdown. */
export async function renderCommandsMarkdown(): Promise<string> {
  const commands = await loadCommands();
  const lines = [
    ...introduction,
    ...renderRows('Option', optionRows(globalOptions('client'))),
    ...whichDaemon,
    ...commands.flatMap((command) => [...renderCommand(command)]),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}
