// The load generator: a Go program over containerd's own client. One line of JSON asks, one answers.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { at } from '../../scripts/lib/project.mjs';
import { run, StepFailed } from '../../scripts/lib/run.mjs';
import { Process } from './process.mjs';

const program = at('build', 'go', 'bench-load');

/** Compiles it against the sources that Debian ships; quick when nothing changed. @throws {StepFailed} */
export async function compileLoad() {
  const directory = path.dirname(program);
  mkdirSync(directory, { recursive: true });
  // Debian's Go packages are sources in one tree, without modules.
  const env = { GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOFLAGS: '', GOCACHE: path.join(directory, 'cache') };
  const status = await run('go', ['build', '-o', program, './bench/load'], { env, output: 'stderr' });
  if (status !== 0) throw new StepFailed('the load generator does not compile; go says above why');
}

/** A running load generator with a connection to one daemon. */
export class Load {
  /** @param {{ address: string, log: string }} options */
  constructor({ address, log }) {
    this.process = new Process({ command: program, args: ['-address', address], log, piped: true });
    const { stdout } = this.process.child;
    if (stdout === null) throw new Error('the load generator has no output');
    this.answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /**
   * Has it do something, and waits for the result. One request at a time.
   * @param {{ action: string } & Record<string, unknown>} command See bench/load/main.go.
   * @returns {Promise<Record<string, unknown>>} Empty for an action that has no result.
   */
  async request(command) {
    this.process.child.stdin?.write(`${JSON.stringify(command)}\n`);
    const answer = await Promise.race([this.answers.next(), this.process.lost()]);
    if (answer.done === true) return this.process.lost();
    const { result, error } = JSON.parse(answer.value);
    if (error !== undefined) throw new Error(`${command.action} failed: ${error}`);
    return result ?? {};
  }

  /** Ends it. */
  async stop() {
    await this.process.stop();
  }
}
