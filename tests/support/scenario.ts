/**
 * A scenario: a test that starts things on this machine and takes them all away again, in the reverse order and whatever
 * happens, and that shows the logs of what it started when it fails.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { unmountBelow } from './mounts.js';
import { type Need, reasonToSkip } from './needs/index.js';

/** What a scenario can do beside testing. */
export class Scenario {
  readonly #context: TestContext;
  readonly #undo: (() => Promise<void> | void)[] = [];
  readonly #reports: (() => string)[] = [];
  #failed = false;

  constructor(context: TestContext) {
    this.#context = context;
  }

  /** Does something when the scenario ends, before what was deferred earlier. */
  defer(undo: () => Promise<void> | void): void {
    this.#undo.push(undo);
  }

  /** Something to print when the scenario fails, such as a log. */
  onFailure(report: () => string): void {
    this.#reports.push(report);
  }

  /** A part of the scenario that passes or fails on its own. */
  async step(name: string, body: () => Promise<void> | void): Promise<void> {
    await this.#context.test(name, async () => {
      try {
        await body();
      } catch (error) {
        this.#failed = true;
        throw error;
      }
    });
  }

  /**
   * A new directory that goes with the scenario, and every mount below it. Its path is short, so that a socket fits in.
   */
  async directory(): Promise<string> {
    const base = tmpdir().length <= 40 ? tmpdir() : '/tmp';
    const directory = await mkdtemp(path.join(base, 'strata-'));
    this.defer(async () => {
      await unmountBelow(directory);
      await rm(directory, { recursive: true, force: true });
    });
    return directory;
  }

  /** Runs the body and takes everything away afterwards. */
  async run(body: () => Promise<void>): Promise<void> {
    const errors: unknown[] = [];
    try {
      await body();
    } catch (error) {
      errors.push(error);
    }
    for (const undo of this.#undo.reverse()) {
      try {
        await undo();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0 || this.#failed) {
      for (const report of this.#reports) process.stderr.write(report());
    }
    if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join('\n'));
    if (errors.length === 1) throw errors[0];
  }
}

/** What a scenario needs of the machine; where it is missing, the scenario is skipped with that as the reason. */
export interface ScenarioOptions {
  readonly needs?: readonly Need[];
}

/** Registers a scenario with node's test runner. */
export function scenario(
  name: string,
  { needs = [] }: ScenarioOptions,
  body: (scenario: Scenario) => Promise<void>,
): void {
  void test(name, async (context) => {
    const reason = await reasonToSkip(needs);
    if (reason !== undefined) {
      context.skip(reason);
      return;
    }
    const running = new Scenario(context);
    await running.run(() => body(running));
  });
}
