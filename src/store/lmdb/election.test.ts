import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { elect, type Numbers } from './election.js';

interface Candidate {
  alive: boolean;
}

/** Numbers in memory, whose every step waits for its turn. */
class ScheduledNumbers implements Numbers<Candidate> {
  readonly #taken: Map<number, Candidate>;
  readonly #self: Candidate;
  readonly #turn: () => Promise<unknown>;

  constructor(taken: Map<number, Candidate>, { self, turn }: { self: Candidate; turn: () => Promise<unknown> }) {
    this.#taken = taken;
    this.#self = self;
    this.#turn = turn;
  }

  async highest(): Promise<number> {
    await this.#turn();
    return Math.max(0, ...this.#taken.keys());
  }

  async holderOf(number: number): Promise<'dead' | 'gone' | Candidate> {
    await this.#turn();
    const holder = this.#taken.get(number);
    if (holder === undefined) return 'gone';
    return holder.alive ? holder : 'dead';
  }

  async take(number: number): Promise<boolean> {
    await this.#turn();
    if (this.#taken.has(number)) return false;
    this.#taken.set(number, this.#self);
    return true;
  }

  async giveBack(number: number): Promise<void> {
    await this.#turn();
    this.#taken.delete(number);
  }

  async removeBelow(number: number): Promise<void> {
    for (const each of [...this.#taken.keys()].filter((lower) => lower < number)) await this.giveBack(each);
  }
}

describe('elect', () => {
  it('never has two owners, and always one in the end, in whatever order the steps of the candidates come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 5 }), fc.nat(3), async (scheduler, count, rounds) => {
        const taken = new Map<number, Candidate>();
        let owners = 0;
        const turn = () => scheduler.schedule(Promise.resolve());
        const standOnce = async () => {
          const self = { alive: true };
          const holder = await elect(new ScheduledNumbers(taken, { self, turn }));
          if (holder === undefined) {
            owners++;
            assert.equal(owners, 1);
            await turn();
            owners--;
          }
          self.alive = false;
        };
        const stand = async () => {
          for (let round = 0; round <= rounds; round++) await standOnce();
        };
        await scheduler.waitFor(Promise.all(Array.from({ length: count }, stand)));
        const self = { alive: true };
        const last = elect(new ScheduledNumbers(taken, { self, turn: () => Promise.resolve() }));
        assert.equal(await last, undefined);
        assert.deepEqual([...taken.values()], [self]);
      }),
      { numRuns: 1000 },
    );
  });

  it('names the one who is in the way', async () => {
    const owner = { alive: true };
    const turn = () => Promise.resolve();
    const numbers = new ScheduledNumbers(new Map([[7, owner]]), { self: { alive: true }, turn });
    assert.equal(await elect(numbers), owner);
  });
});
