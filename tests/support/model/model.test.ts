import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { explain, HistoryRecorder, type SequentialModel } from './linearizability.js';
import { emptyState, type ModelState, type Profile, stateKey, step } from './model.js';
import { type Operation, type Outcome, perform } from './operation.js';
import { operations } from './operations.test.arbitrary.js';
import { allSubjects, openSubject, type Subject } from './subjects.test.fixtures.js';

/** What an operation may answer beside what the model says, when others are under way: it was in their way, and did nothing. */
const gaveWay: ReadonlySet<string> = new Set(['prepare', 'view', 'commit', 'update']);

function concurrentModel(profile: Profile): SequentialModel<ModelState, Operation, Outcome> {
  return {
    initial: emptyState,
    keyOf: stateKey,
    next(state, operation, outcome) {
      if (outcome !== undefined && 'error' in outcome && outcome.error === 'Aborted') {
        return gaveWay.has(operation.method) ? state : undefined;
      }
      const expected = step(profile, state, operation);
      return outcome === undefined || same(expected.outcome, outcome) ? expected.state : undefined;
    },
  };
}

function same(one: Outcome, other: Outcome): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** After a clean-up there is a directory for every snapshot, and nothing else. */
async function checkDisk({ snapshotter, onDisk }: Subject, snapshots: number): Promise<void> {
  await snapshotter.cleanup();
  assert.equal((await onDisk()).length, snapshots);
}

for (const options of allSubjects) {
  const { profile, driver } = options;
  const memory = driver === 'memory';
  describe(`a ${profile} snapshotter over ${driver}`, () => {
    it('answers any sequence of calls as the model does', async () => {
      const sequences = fc.array(operations(profile), { maxLength: 40 });
      const property = fc.asyncProperty(sequences, async (sequence) => {
        await using subject = await openSubject(options);
        let state = emptyState;
        for (const operation of sequence) {
          const expected = step(profile, state, operation);
          assert.deepEqual(await perform(subject.snapshotter, operation), expected.outcome, JSON.stringify(operation));
          state = expected.state;
        }
        await checkDisk(subject, state.size);
      });
      await fc.assert(property, { numRuns: memory ? 60 : 25, includeErrorInReport: true });
    });

    it('answers several callers at once as if one came after the other', async () => {
      const callers = fc.array(fc.array(operations(profile), { maxLength: 6 }), { minLength: 2, maxLength: 4 });
      const property = fc.asyncProperty(callers, async (sequences) => {
        await using subject = await openSubject(options);
        const recorder = new HistoryRecorder<Operation, Outcome>();
        const run = async (sequence: readonly Operation[]): Promise<void> => {
          for (const operation of sequence)
            await recorder.record(operation, () => perform(subject.snapshotter, operation));
        };
        // A common base, so that the calls conflict.
        await run(base);
        await Promise.all(sequences.map(run));
        const order = explain(recorder.calls, concurrentModel(profile));
        assert.ok(order !== undefined, JSON.stringify(recorder.calls, undefined, 1));
        let state = emptyState;
        for (const { operation, outcome } of order)
          state = concurrentModel(profile).next(state, operation, outcome) ?? state;
        await checkDisk(subject, state.size);
      });
      await fc.assert(property, { numRuns: memory ? 100 : 40, includeErrorInReport: true });
    });
  });
}

const base: readonly Operation[] = [
  { namespace: 'one', method: 'prepare', key: 'b', parent: '', labels: {} },
  { namespace: 'one', method: 'commit', key: 'b', name: 'a', parent: '', labels: {} },
];
