/** The command line in this process, for tests of what a command prints. */
import { Writable } from 'node:stream';
import { runCli } from '../../src/cli/index.js';
import { type CliIo, processIo, type Tools } from '../../src/cli/io.js';

/** What a run of the command line left. */
export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

class Sink extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number;

  constructor(columns: number | undefined) {
    super();
    this.isTTY = columns !== undefined;
    this.columns = columns ?? 0;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** What a run of the command line finds. */
export interface Surroundings {
  /** The tools that are replaced. */
  readonly tools: Partial<Tools>;
  /** How wide the terminal is; absent for a pipe. */
  readonly columns?: number;
  /** Environment variables, beside `NO_COLOR`. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Runs `strata` as root, without colours, and with none of the environment variables of the process. */
export async function runInProcess(args: readonly string[], { tools, columns, variables }: Surroundings): Promise<Ran> {
  const [stdout, stderr] = [new Sink(columns), new Sink(columns)];
  const environment = { uid: 0, gid: 0, variables: { NO_COLOR: '1', ...variables } };
  const io: CliIo = { stdout, stderr, environment, tools: { ...processIo().tools, ...tools } };
  const status = await runCli([...args], io);
  return { status, out: stdout.text, err: stderr.text };
}
