/** The parser of the command line, made from the declarations of the commands. */
import { type Argument, Command, Option } from 'commander';
import { type CliCommand, type CommandDeclaration, isGroup, type LeafCommand } from './command.js';
import { type GivenGlobals, globalOptions } from './global-options.js';
import type { CliIo, OutputStream } from './io.js';
import { escapeText } from './output/escape.js';

/** Called when the command line has been understood, with the options of all commands merged. */
export type Execute = (leaf: LeafCommand, parsed: Command, globals: GivenGlobals) => Promise<void>;

/** What the program is made of. */
export interface ProgramOptions {
  readonly commands: readonly CliCommand[];
  readonly io: CliIo;
  readonly version: string;
  readonly execute: Execute;
}

const description = `Strata keeps layered root file systems: containerd's snapshot service, with or without containerd.

A snapshot is prepared over a parent, mounted, changed, and committed under a name, to be a parent in turn.`;

/** Makes the parser. It throws commander's errors instead of ending the process. */
export function buildProgram(options: ProgramOptions): Command {
  const { io, version } = options;
  const program = new Command('strata')
    .description(description)
    .version(version, '-v, --version', 'print the version of this program')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .configureHelp({
      minWidthToWrap: MIN_WRAPPED,
      subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(termOf)].join(' '),
    })
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) => write(`strata: ${usageLine(text)}\n`),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      getOutHelpWidth: () => helpWidth(io.stdout),
      getErrHelpWidth: () => helpWidth(io.stderr),
    });
  for (const spec of globalOptions('client')) program.addOption(new Option(spec.flags, spec.description));
  for (const command of options.commands) addCommand(program, { command, program, execute: options.execute });
  return program;
}

/** How wide help is on a terminal that does not say, and on what is none. */
const USUAL_WIDTH = 80;

/** How much room descriptions must have to be broken into lines. */
const MIN_WRAPPED = 20;

function helpWidth({ isTTY, columns = 0 }: OutputStream): number {
  return isTTY === true && columns > 0 ? columns : USUAL_WIDTH;
}

function termOf(argument: Argument): string {
  const name = argument.variadic ? `${argument.name()}...` : argument.name();
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** Commander's errors, which may take several lines and start with `error:`, as one. */
function usageLine(text: string): string {
  const lines = text
    .trim()
    .replace(/^error: /, '')
    .split('\n');
  return escapeText(lines.filter((line) => line !== '').join(' '));
}

interface Addition {
  readonly command: CliCommand;
  readonly program: Command;
  readonly execute: Execute;
}

function addCommand(parent: Command, { command, program, execute }: Addition): void {
  const added = parent
    .command(command.name)
    .summary(command.summary)
    .aliases(command.aliases ?? []);
  if (isGroup(command)) {
    added.description(command.summary);
    for (const inner of command.commands) addCommand(added, { command: inner, program, execute });
  } else declareLeaf(added, { command, program, execute });
}

function declareLeaf(
  target: Command,
  { command, program, execute }: Addition & { readonly command: LeafCommand },
): void {
  target.description(command.description ?? command.summary);
  for (const { syntax, description: text } of command.arguments ?? []) target.argument(syntax, text);
  for (const { flags, description: text } of command.options ?? []) target.addOption(new Option(flags, text));
  // The same options are taken before the command; here they would only lengthen the help.
  for (const { flags, description: text } of globalOptions(command.globals ?? 'client')) {
    target.addOption(new Option(flags, text).hideHelp());
  }
  target.addHelpText('after', renderExamples(command));
  target.action(() => execute(command, target, { ...program.opts<GivenGlobals>(), ...target.opts<GivenGlobals>() }));
}

function renderExamples({ examples }: CommandDeclaration): string {
  const lines = examples.map((example) => `  $ strata ${example}`);
  return ['', 'Examples:', ...lines, '', 'Options of all commands: strata --help'].join('\n');
}
