import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect, type StrataClient } from '../../../src/index.js';
import { type Ending, endingOf } from '../ending.js';
import { strataCommand } from '../paths.js';
import { writeReplayConfiguration } from '../replay/configuration.js';
import { canConnect } from '../server-process.js';
import { until } from '../until.js';

/** The daemon of the command line, with overlayfs, in a process of its own that is killed in the end. */
export class Daemon implements AsyncDisposable {
  readonly #directory: string;
  readonly #process: ChildProcess;
  readonly #ended: Promise<Ending>;
  /** A client of it. */
  readonly client: StrataClient;

  private constructor(root: string) {
    this.#directory = mkdtempSync(path.join(tmpdir(), 'daemon-'));
    const config = path.join(this.#directory, 'config.toml');
    writeReplayConfiguration(config);
    const places = ['--root', root, '--state', path.join(this.#directory, 'state'), '--address', this.#address];
    const args = ['serve', '--config', config, ...places];
    this.#process = spawn(strataCommand, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    this.#ended = endingOf(this.#process);
    this.#ended.catch(() => {});
    this.client = connect({ address: this.#address, namespace: 'default' });
  }

  /** Starts one on a root. @throws Error when it does not answer. */
  static async start(root: string): Promise<Daemon> {
    const daemon = new Daemon(root);
    try {
      await until('the daemon answers', () => canConnect(daemon.#address));
      return daemon;
    } catch (error) {
      await daemon.kill();
      throw error;
    }
  }

  /** Ends it at once, if it has not ended. @returns how it did. */
  async kill(): Promise<Ending> {
    this.#process.kill('SIGKILL');
    const ending = await this.#ended;
    await this.client.close();
    rmSync(this.#directory, { recursive: true, force: true });
    return ending;
  }

  /** The same. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  get #address(): string {
    return path.join(this.#directory, 's.sock');
  }
}
