/**
 * What a command is: its part of the command line as data, a handler that returns data, and a renderer. The parser, the
 * help, the error handling and the choice between text and JSON are made once, for all commands, from that.
 */
import type { CommandContext } from './context.js';
import { UsageError } from './failure.js';
import type { GlobalOptionSet } from './global-options.js';
import type { OptionSpec } from './option-spec.js';
import { toJson } from './output/json.js';
import type { Style } from './output/style.js';

/** A positional argument: `<key>` needed, `[parent]` optional, `[key...]` any number. */
export interface ArgumentSpec {
  readonly syntax: string;
  readonly description: string;
  /** Whether the empty text means something; otherwise it is a variable that is not set. */
  readonly mayBeEmpty?: true;
}

/** How a command looks on the command line, and in the help. */
export interface CommandDeclaration {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What it does, for its own help; the summary when absent. */
  readonly description?: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  /** Which options of all commands it takes; `client` when absent. */
  readonly globals?: GlobalOptionSet;
  /** Command lines to learn from, without the leading `strata`. */
  readonly examples: readonly string[];
}

/** What a handler gets of the command line. The parser has checked that no needed argument is missing. */
export interface CommandInput<Options> {
  readonly args: readonly string[];
  readonly options: Options;
}

/** What the parser hands over; `options` are those declared. */
export interface ParsedCommand {
  readonly args: readonly string[];
  opts<Options extends object>(): Options;
}

/** A command that can be run. */
export interface LeafCommand extends CommandDeclaration {
  /** Runs it and prints what it returns. @throws what its handler throws. */
  execute(context: CommandContext, parsed: ParsedCommand): Promise<void>;
}

/** A word that only introduces further commands. */
export interface CommandGroup {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly commands: readonly LeafCommand[];
}

/** What can stand behind `strata`. */
export type CliCommand = LeafCommand | CommandGroup;

/** Whether a command only introduces others. */
export function isGroup(command: CliCommand): command is CommandGroup {
  return 'commands' in command;
}

/** What a renderer needs beside the result: how output looks, and the options of the command. */
export type View<Options> = Style & CommandInput<Options>;

/** A command whose result is there at once. */
export interface CommandSpec<Options, Result> extends CommandDeclaration {
  run(context: CommandContext, input: CommandInput<Options>): Promise<Result>;
  /** The result for people. Whatever comes from elsewhere is escaped. */
  print(result: Result, view: View<Options>): Iterable<string>;
}

/** Makes a command of a handler and a renderer; with `--json` the result itself is printed. */
export function defineCommand<Options extends object, Result>(spec: CommandSpec<Options, Result>): LeafCommand {
  return {
    ...spec,
    async execute(context, parsed) {
      const input = inputOf<Options>(spec, parsed);
      const result = await spec.run(context, input);
      if (!context.globals.json) await context.write(spec.print(result, { ...context.style, ...input }));
      else if (result !== undefined) await context.write([toJson(result, 2)]);
    },
  };
}

/** A command whose results come one by one, until it is stopped. */
export interface StreamSpec<Options, Item> extends CommandDeclaration {
  run(context: CommandContext, input: CommandInput<Options>): AsyncIterable<Item>;
  print(item: Item, style: Style): string;
}

/** Makes a command of a handler whose items are printed as they come; with `--json` each as one line of JSON. */
export function defineStream<Options extends object, Item>(spec: StreamSpec<Options, Item>): LeafCommand {
  return {
    ...spec,
    async execute(context, parsed) {
      const items = spec.run(context, inputOf<Options>(spec, parsed));
      for await (const item of items) {
        await context.write([context.globals.json ? toJson(item) : spec.print(item, context.style)]);
      }
    },
  };
}

/** How arguments that are paths are called. */
const PATHS = /^[<[](?:dir|file|source)\b/;

/** @throws UsageError for an argument that is empty and must not be. */
function inputOf<Options extends object>(
  { arguments: declared = [] }: CommandDeclaration,
  parsed: ParsedCommand,
): CommandInput<Options> {
  for (const [index, value] of parsed.args.entries()) {
    // The last one takes what is left.
    const spec = declared[index] ?? declared.at(-1);
    if (value !== '' || spec === undefined || spec.mayBeEmpty === true) continue;
    const wanted = PATHS.test(spec.syntax) ? 'a path' : 'a value';
    throw new UsageError(`${spec.syntax.replace('...', '')}: want ${wanted}, got ""`);
  }
  return { args: parsed.args, options: parsed.opts<Options>() };
}

/** Prints nothing: for commands that say by their exit status all there is to say. */
export function printNothing(): Iterable<string> {
  return [];
}
