/** A daemon to send wrong things to. */
import assert from 'node:assert/strict';
import type { Scenario } from '../../support/scenario.js';
import { methods, mustCall, namesOf, requests } from '../../support/snapshots-api.js';
import { Strata } from '../../support/strata.js';
import { until } from '../../support/until.js';
import { type CallOptions, Wire } from '../../support/wire.js';

/** A wrong request, and what it is answered. */
export interface BadCase {
  readonly name: string;
  readonly method: string;
  readonly body: Buffer;
  readonly options?: CallOptions;
  readonly code: number;
  readonly text: string | RegExp;
}

/** The snapshots of a bench, one of each kind and one without a parent. */
export const baseline = ['active', 'base', 'rootless', 'view'];

/** A daemon with a snapshot of each kind, and steps after which it has to be as before. */
export class Bench {
  readonly #running: Scenario;
  readonly strata: Strata;
  readonly wire: Wire;
  readonly #disk: readonly string[];

  private constructor(running: Scenario, parts: { strata: Strata; wire: Wire; disk: readonly string[] }) {
    this.#running = running;
    this.strata = parts.strata;
    this.wire = parts.wire;
    this.#disk = parts.disk;
  }

  /** Starts the daemon and makes the snapshots. */
  static async start(running: Scenario): Promise<Bench> {
    const strata = await Strata.start(running, { args: ['--log-level', 'error'] });
    const wire = new Wire(strata.address);
    running.defer(() => wire.close());
    await mustCall(wire, methods.prepare, requests.create({ key: 'tmp' }));
    await mustCall(wire, methods.commit, requests.commit({ name: 'base', key: 'tmp' }));
    await mustCall(wire, methods.prepare, requests.create({ key: 'active', parent: 'base' }));
    await mustCall(wire, methods.prepare, requests.create({ key: 'rootless' }));
    await mustCall(wire, methods.view, requests.create({ key: 'view', parent: 'base' }));
    return new Bench(running, { strata, wire, disk: await strata.onDisk() });
  }

  /** A step that leaves the daemon alive, and nothing else. */
  async step(name: string, body: () => Promise<void>): Promise<void> {
    await this.#running.step(name, async () => {
      await body();
      assert.ok(this.strata.server.running, 'the daemon is still there');
      assert.deepEqual(await namesOf(this.wire), baseline);
      // Files may follow their record with some delay.
      await until('the disk is as before', async () => {
        assert.deepEqual(await this.strata.onDisk(), this.#disk);
        return true;
      });
    });
  }

  /** A step for each wrong request. */
  async steps(cases: readonly BadCase[]): Promise<void> {
    for (const { name, method, body, options, code, text } of cases) {
      await this.step(name, async () => {
        const answer = await this.wire.call(method, body, options);
        if (typeof text === 'string') assert.equal(answer.text, text);
        else assert.match(answer.text, text);
        assert.equal(answer.code, code);
        assert.deepEqual(answer.messages, []);
      });
    }
  }
}
