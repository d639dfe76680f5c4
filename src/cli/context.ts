import { DeadlineExceededError, messageOf, UnavailableError, withContext } from '../errors/index.js';
import type { StrataClient } from '../rpc/client/index.js';
import type { CallContext, Snapshotter } from '../snapshots/index.js';
import { EXIT_FAILURE, EXIT_OK, failureLine } from './failure.js';
import {
  type DaemonAddress,
  type GivenGlobals,
  type Globals,
  resolveAddress,
  resolveGlobals,
} from './global-options.js';
import type { CliIo } from './io.js';
import { escapeText } from './output/escape.js';
import { coloursFor, type Style } from './output/style.js';
import { writeBytes, writeLines } from './output/writer.js';

/** Whether a name stands in a text as a whole word. */
function mentions(text: string, name: string): boolean {
  const [words, wanted] = [text, name].map((each) => each.replace(/[\s"':,]/g, ' '));
  return ` ${words} `.includes(` ${wanted} `);
}

/** What a handler works with. One per run; closing it ends the connection, if one was made. */
export class CommandContext implements AsyncDisposable {
  /** The options of all commands: given, or from the environment, or default. */
  readonly globals: Globals;
  /** Those that were given. */
  readonly given: GivenGlobals;
  readonly io: CliIo;
  /** To be passed with every call to the daemon: the namespace, and the end of the time that was given. */
  readonly call: CallContext;
  #client: Promise<StrataClient> | undefined;
  #status = EXIT_OK;

  /** @throws UsageError when an option is malformed. */
  constructor(io: CliIo, given: GivenGlobals) {
    this.io = io;
    this.given = given;
    this.globals = resolveGlobals(given, io.environment);
    const { namespace, lease, timeout } = this.globals;
    this.call = {
      namespace,
      ...(lease === undefined ? {} : { lease }),
      ...(timeout === undefined ? {} : { signal: AbortSignal.timeout(timeout) }),
    };
  }

  /** The status to exit with: 0, or what {@link report} or {@link exitWith} made of it. */
  get status(): number {
    return this.#status;
  }

  /** How output looks now. */
  get style(): Style {
    const { stdout, environment, tools } = this.io;
    const colours = coloursFor({ isTerminal: stdout.isTTY === true, variables: environment.variables });
    // A terminal that nobody has told its size says 0.
    const columns = stdout.isTTY === true ? (stdout.columns ?? 0) : 0;
    return { colours, now: tools.now(), ...(columns === 0 ? {} : { columns }) };
  }

  /** Where the daemon is that the command line, the environment or the default names. @throws UsageError when it is malformed. */
  get daemon(): DaemonAddress {
    return resolveAddress(this.given, this.io.environment);
  }

  /** A client of that daemon. Connecting happens with the first call. */
  async client(): Promise<StrataClient> {
    const { address } = this.daemon;
    const { namespace } = this.globals;
    this.#client ??= this.io.tools.connect({ address, namespace });
    return await this.#client;
  }

  /** The snapshotter that the command line names. */
  async snapshotter(): Promise<Snapshotter> {
    return (await this.client()).snapshotter(this.globals.snapshotter);
  }

  /**
   * Says on standard error what went wrong with one of several things, and goes on; the status will be 1.
   * @throws the error itself when it concerns all of them: no daemon answers, or the time is over.
   */
  report(subject: string, error: unknown): void {
    if (error instanceof UnavailableError || error instanceof DeadlineExceededError) throw error;
    this.#status = EXIT_FAILURE;
    const named = mentions(messageOf(error), subject) ? error : withContext(error, subject);
    this.io.stderr.write(`${failureLine(named)}\n`);
  }

  /** Says on standard error what a person should know who reads the output. */
  note(text: string): void {
    this.io.stderr.write(`strata: ${escapeText(text)}\n`);
  }

  /** Sets the status to exit with. */
  exitWith(status: number): void {
    this.#status = status;
  }

  /** Writes lines to standard output. */
  write(lines: Iterable<string>): Promise<void> {
    return writeLines(this.io.stdout, lines);
  }

  /** Writes bytes to standard output, as fast as they are taken. */
  writeBytes(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    return writeBytes(this.io.stdout, chunks);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Whoever asked for a client that could not be made was told so.
    const client = await this.#client?.catch(() => undefined);
    await client?.close();
  }
}
