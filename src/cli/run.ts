import { type Command, CommanderError } from 'commander';
import { packageVersion } from '../daemon/api/index.js';
import { commandWord } from './command-word.js';
import { type CommandEntry, commandEntries, loadCommands } from './commands/index.js';
import { CommandContext } from './context.js';
import { EXIT_OK, EXIT_USAGE, exitStatus, failureLine } from './failure.js';
import type { CliIo } from './io.js';
import { buildProgram, type Execute } from './program.js';

/**
 * Runs one command line.
 * @param argv The arguments behind the name of the program.
 * @returns the status to exit with: 0, 1 when the command failed, 2 when the command line is wrong.
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  let status = EXIT_OK;
  const execute: Execute = async (leaf, parsed, given) => {
    await using context = new CommandContext(io, given);
    await leaf.execute(context, parsed);
    status = context.status;
  };
  try {
    const commands = await loadCommands(neededEntries(argv));
    const program = buildProgram({ commands, io, version: packageVersion(), execute });
    if (commandWord(argv) === 'help') showHelp(program, argv);
    await program.parseAsync([...argv], { from: 'user' });
    return status;
  } catch (error) {
    // The parser has said by then what is wrong, or has printed the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
    io.stderr.write(`${failureLine(error)}\n`);
    return exitStatus(error);
  }
}

/** Help for the command that is named behind `help`: the parser knows those of the first level, and says of others nothing. */
function showHelp(program: Command, argv: readonly string[]): void {
  const words = argv.slice(argv.indexOf('help') + 1).filter((word) => !word.startsWith('-'));
  let command = program;
  for (const word of words) {
    const next = command.commands.find((each) => each.name() === word || each.aliases().includes(word));
    command = next ?? command.error(`unknown command '${word}'`);
  }
  command.help();
}

/** The entry of the command that is named; none for the version; all of them for help, and where a name is wrong, so that others are suggested. */
function neededEntries(argv: readonly string[]): readonly CommandEntry[] {
  const word = commandWord(argv);
  if (word === undefined && argv.some((option) => option === '-v' || option === '--version')) return [];
  const named = commandEntries.filter(({ names }) => word !== undefined && names.includes(word));
  return named.length > 0 ? named : commandEntries;
}
