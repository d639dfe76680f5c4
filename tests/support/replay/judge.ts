import { expectationOf, judge } from '../power-cut/expectation.js';
import type { Observed } from '../power-cut/observation.js';
import { prefixOf, type Said } from './marks.js';
import type { Verdict } from './verifier.js';

/** Everything that is not as it must be on a disk. @param said What was said before the cut. */
export function complaintsAbout(verdict: Verdict, said: readonly Said[]): string[] {
  if ('error' in verdict) return [verdict.error];
  const { report, nextId } = verdict;
  const snapshots = new Map(report.snapshots);
  const complaints = [
    ...report.strays.map((name) => `the directory ${name} is left over`),
    ...(report.findings === '' ? [] : [`strata check --deep: ${report.findings}`]),
  ];
  for (const caller of new Set(said.map((each) => each.caller))) {
    const entries = said.flatMap(({ caller: who, entry }) => (who === caller && entry !== undefined ? [entry] : []));
    const own = new Map<string, Observed>();
    for (const [name, observed] of snapshots) {
      if (!name.startsWith(prefixOf(caller))) continue;
      own.set(name, observed);
      snapshots.delete(name);
    }
    complaints.push(...judge(expectationOf(new Map(), entries), own).complaints);
  }
  complaints.push(...[...snapshots.keys()].map((name) => `${name} is there, and nobody made it`));
  const given = Math.max(0, ...said.map(({ id = 0 }) => id));
  if (nextId <= given) complaints.push(`the id ${nextId} was given out again, after ${given}`);
  return complaints;
}
