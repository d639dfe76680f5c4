/**
 * SIGKILL at each fault point, of thin devices and of what is common to all back ends, in each kind of call that passes it.
 * Runs where there is a device mapper.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { noBreakableDisks } from '../../../tests/support/breakable-disk.js';
import { type FaultPoint, faultPoints } from '../../base/index.js';
import { newPlace, type Place } from './driver.test.rig.js';
import { examine } from './kill-points.test.examine.js';
import { type State, steps } from './kill-points.test.steps.js';

const program = fileURLToPath(new URL('./kill-points.test.child.js', import.meta.url));

/** How the points begin that it has to die at: its own, and those of all back ends. */
const own = 'devmapper.';
const common = ['ids.', 'create.', 'commit.', 'store.', 'remove.', 'limits.', 'cleanup.'];
const wanted = faultPoints.filter((point) => [own, ...common].some((prefix) => point.startsWith(prefix)));

interface Life {
  readonly signal: NodeJS.Signals | null;
  readonly diedAt: string | undefined;
  /** How many steps were begun, and how many were ended. */
  readonly begun: number;
  readonly ended: number;
  /** The points in the order in which they were passed, each with the step that it was passed in. */
  readonly passed: readonly (readonly [point: string, step: number])[];
}

/** One life of the process, to its end or its death. */
async function live({ directory, poolName }: Place, death: readonly string[] = []): Promise<Life> {
  const args = ['--enable-source-maps', program, directory, poolName, ...death];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  let [begun, ended, diedAt] = [0, 0, undefined as string | undefined];
  const passed: [string, number][] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const [what, word = ''] = line.split(' ');
    if (what === 'begin') begun = Number(word) + 1;
    else if (what === 'end') ended = Number(word) + 1;
    else if (what === 'died') diedAt = word;
    else passed.push([word, begun]);
  }
  const [, signal] = (await exit) as [number | null, NodeJS.Signals | null];
  return { signal, diedAt, begun, ended, passed };
}

/** A moment to die at. */
interface Death {
  readonly point: FaultPoint;
  /** At which passing. */
  readonly count: number;
  readonly step: string;
}

/** With `STRATA_KILLS=all` it dies at its own points in every step that passes them, which takes twice as long. */
const everywhere = process.env['STRATA_KILLS'] === 'all';

/**
 * Its own points at the last passing in the first step that passes them, and in one of the others, by chance; those of all
 * back ends once, where they are passed in the middle.
 */
function deathsOf({ passed }: Life): Death[] {
  return wanted.flatMap((point) => {
    const passings = passed.filter(([other]) => other === point).map(([, step], index) => ({ step, count: index + 1 }));
    const middle = passings[Math.floor(passings.length / 2)];
    const [first, ...others] = new Map(passings.map((passing) => [passing.step, passing])).values();
    const another = others[Math.floor(Math.random() * others.length)];
    const ofOwn = everywhere ? [first, ...others] : [first, another];
    const chosen = (point.startsWith(own) ? ofOwn : [middle]).filter((passing) => passing !== undefined);
    return chosen.map(({ step, count }) => ({ point, count, step: steps[step - 1]?.name ?? 'start' }));
  });
}

/** What must be there after so many steps. */
function stateAfter(count: number): State {
  return steps.slice(0, count).reduce<State>((state, step) => step.after(state), new Map());
}

describe('thin devices', { skip: noBreakableDisks() }, () => {
  it('hold what was acknowledged, and nothing by halves, after SIGKILL at every point', async (t) => {
    const whole = await newPlace(t);
    const life = await live(whole);
    assert.equal(life.signal, null);
    await examine(whole, [stateAfter(steps.length)]);
    const died = new Set<string>();
    for (const { point, count, step } of deathsOf(life)) {
      await t.test(`${point} in ${step}`, async (inner) => {
        const place = await newPlace(inner);
        const { signal, diedAt, begun, ended } = await live(place, [point, String(count)]);
        assert.deepEqual([signal, diedAt], ['SIGKILL', point]);
        died.add(point);
        await examine(place, [...new Set([ended, begun])].map(stateAfter));
      });
    }
    assert.deepEqual(
      wanted.filter((point) => !died.has(point)),
      [],
      'points at which it did not die',
    );
  });
});
