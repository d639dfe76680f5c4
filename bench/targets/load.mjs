// The load generator: a Go program over containerd's own client. One line of JSON asks, one answers.
import { createInterface } from 'node:readline';
import { programs } from './go.mjs';
import { Process } from './process.mjs';

/** A running load generator with a connection to one daemon. */
export class Load {
  /** @param {{ address: string, mountPoints: string, log: string }} options */
  constructor({ address, mountPoints, log }) {
    const args = ['-address', address, '-mount-points', mountPoints];
    this.process = new Process({ command: programs.load, args, log, client: true, piped: true });
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
