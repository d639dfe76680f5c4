import { type CallContext, noContext } from '../snapshots/index.js';
import type { CheckEvent, CheckRequest, CheckSubject, RepairRequest } from './findings/types.js';
import { planRepair } from './repair/plan.js';
import { performStep } from './repair/repair.js';
import { examine, newTally, type Tally } from './scan/examine.js';
import type { Found } from './scan/found.js';

/**
 * Compares records, files and namespaces with each other, and tells each finding when it is certain; a summary is last.
 * Changes nothing unless a repair is asked for. What is checked may be in use: what changes meanwhile is no finding.
 *
 * Costs some ten microseconds for each snapshot when it is `quick`; `normal` measures every layer besides, and `deep`
 * reads every file of every layer, both in worker threads.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted; FailedPreconditionError when the place of
 * all files of a snapshotter is gone.
 */
export async function* check(
  subject: CheckSubject,
  { level, repair }: CheckRequest,
  call: CallContext = noContext,
): AsyncGenerator<CheckEvent> {
  const look = new Look(subject, level, call);
  const founds: Found[] = [];
  let findings = 0;
  for await (const found of look.run()) {
    findings += 1;
    // Kept only for a repair, since there may be many.
    if (repair !== undefined) founds.push(found);
    yield { type: 'finding', finding: found.finding };
  }
  if (repair === undefined) yield summaryOf(look.tally, { findings, repaired: 0 });
  else yield* repairAll(look, founds, repair);
}

/** One thing to check, looked at as often as it takes. */
class Look {
  readonly subject: CheckSubject;
  readonly call: CallContext;
  readonly #level: CheckRequest['level'];
  /** What the last look has counted. */
  tally: Tally = newTally();

  constructor(subject: CheckSubject, level: CheckRequest['level'], call: CallContext) {
    this.subject = subject;
    this.#level = level;
    this.call = call;
  }

  run(): AsyncIterable<Found> {
    this.tally = newTally();
    return examine({ subject: this.subject, level: this.#level, call: this.call, tally: this.tally });
  }

  async all(): Promise<Found[]> {
    const founds: Found[] = [];
    for await (const found of this.run()) founds.push(found);
    return founds;
  }
}

/** One repair may bring to light what another finding hid, such as files whose records are gone. */
const mostRounds = 5;

async function* repairAll(look: Look, first: readonly Found[], request: RepairRequest): AsyncGenerator<CheckEvent> {
  const { subject, call } = look;
  let left = first;
  let repaired = 0;
  for (let round = 0; round < mostRounds; round++) {
    const steps = planRepair(subject, left, request);
    // What is skipped is said once.
    const told = steps.filter(({ action }) => round === 0 || action.state === 'planned');
    for (const { action } of told) yield { type: 'action', action };
    if (request.dryRun) break;
    const before = repaired;
    for (const step of steps.filter(({ action }) => action.state === 'planned')) {
      const action = await performStep(subject, step, call);
      if (action.state === 'done') repaired += 1;
      yield { type: 'action', action };
    }
    if (repaired === before) break;
    left = await look.all();
  }
  if (!request.dryRun) for (const { finding } of left) yield { type: 'left', finding };
  yield summaryOf(look.tally, { findings: left.length, repaired });
}

function summaryOf(
  { snapshots, compared, withoutManifest, unseen, unread }: Tally,
  { findings, repaired }: { readonly findings: number; readonly repaired: number },
): CheckEvent {
  const summary = {
    findings,
    snapshots,
    compared,
    withoutManifest,
    repaired,
    unseen: [...unseen],
    unread: [...unread],
  };
  return { type: 'summary', summary };
}
