import type { CheckAction, CheckEvent, CheckFinding, CheckOptions, CheckSummary } from '../../rpc/client/index.js';
import { type RootFlags, rootOptions, rootWithoutDaemon } from '../choose-root.js';
import { defineCommand, type View } from '../command.js';
import type { CommandContext } from '../context.js';
import { EXIT_FAILURE, EXIT_USAGE, failureLine, UsageError } from '../failure.js';
import { type CheckOutcome, renderOutcome } from '../output/check-outcome.js';
import { givenPath } from '../path-argument.js';

interface CheckFlags extends RootFlags {
  readonly quick?: boolean;
  readonly deep?: boolean;
  readonly repair?: boolean;
  readonly dryRun?: boolean;
  readonly dropDescendants?: boolean;
  readonly emptyLostFound?: boolean;
  readonly containerd?: string;
}

/** The check could not be made. */
const EXIT_COULD_NOT_RUN = EXIT_USAGE;

function optionsOf({ quick, deep, repair, containerd: address, ...flags }: CheckFlags): CheckOptions {
  const { dryRun = false, dropDescendants = false, emptyLostFound: emptyLostAndFound = false } = flags;
  if (quick === true && deep === true) throw new UsageError('--quick and --deep: want one of them');
  const level = quick === true ? 'quick' : deep === true ? 'deep' : 'normal';
  const containerd = address === undefined ? {} : { containerd: givenPath(address, '--containerd') };
  if (repair === true) return { level, repair: { dryRun, dropDescendants, emptyLostAndFound }, ...containerd };
  if (dryRun || dropDescendants || emptyLostAndFound) {
    throw new UsageError('--dry-run, --drop-descendants and --empty-lost-found need --repair');
  }
  return { level, ...containerd };
}

/** The events of a check by the daemon; of the root itself when one is named, or no daemon runs. */
async function* events(context: CommandContext, flags: CheckFlags): AsyncGenerator<CheckEvent> {
  const options = optionsOf(flags);
  const config = await rootWithoutDaemon(context, flags);
  if (config === undefined) {
    yield* (await context.client()).maintenance.check(options, context.call);
    return;
  }
  if (options.containerd !== undefined) {
    throw new UsageError(
      '--containerd needs a daemon in proxy mode: a root by itself cannot be compared with containerd',
    );
  }
  yield* context.io.tools.checkRoot(config, options, context.call);
}

async function collect(source: AsyncIterable<CheckEvent>): Promise<CheckOutcome> {
  const findings: CheckFinding[] = [];
  const notes: CheckFinding[] = [];
  const left: CheckFinding[] = [];
  const actions: CheckAction[] = [];
  let summary: CheckSummary | undefined;
  for await (const event of source) {
    if (event.type === 'finding') findings.push(event.finding);
    else if (event.type === 'note') notes.push(event.finding);
    else if (event.type === 'left') left.push(event.finding);
    else if (event.type === 'action') actions.push(event.action);
    else summary = event.summary;
  }
  return { findings, notes, actions, left, summary };
}

async function run(context: CommandContext, flags: CheckFlags): Promise<CheckOutcome | undefined> {
  try {
    const outcome = await collect(events(context, flags));
    if (outcome.summary?.findings !== 0) context.exitWith(EXIT_FAILURE);
    return outcome;
  } catch (error) {
    context.io.stderr.write(`${failureLine(error)}\n`);
    context.exitWith(EXIT_COULD_NOT_RUN);
    return undefined;
  }
}

function* print(outcome: CheckOutcome | undefined, view: View<CheckFlags>): Generator<string> {
  if (outcome !== undefined) yield* renderOutcome(outcome, view);
}

/** `strata check` */
export const check = defineCommand<CheckFlags, CheckOutcome | undefined>({
  name: 'check',
  summary: 'compare records and files with each other, and repair',
  description: `Look for damage in the records, and compare them with the files: through the daemon when one runs, else on the root itself.

A daemon in proxy mode also compares its records with those of the containerd in front of it, where that listens at its usual \
socket or at the one that --containerd names.

Nothing is changed without --repair, which says first what it will do. What a repair takes away is kept in \
<root>/lost+found until --empty-lost-found. Exits with status 0 when nothing is wrong, or nothing any more, 1 when there are findings (left), \
and 2 when the check could not be made. docs/check.md lists what can be found.`,
  options: [
    { flags: '--quick', description: 'look at records and whether directories are there, no more' },
    { flags: '--deep', description: 'read every file of every layer, and compare it with the file list of the layer' },
    { flags: '--repair', description: 'do what can be done without guessing' },
    { flags: '--dry-run', description: 'with --repair: only say what would be done' },
    {
      flags: '--drop-descendants',
      description: 'with --repair: a layer that is beyond repair takes with it what is based on it',
    },
    {
      flags: '--empty-lost-found',
      description: 'with --repair: first delete for good what earlier repairs took away',
    },
    {
      flags: '--containerd <address>',
      description:
        'compare with the records of the containerd at this socket, which has the daemon as a proxy snapshotter',
    },
    ...rootOptions,
  ],
  examples: ['check', 'check --deep', 'check --repair --dry-run', 'check --root /var/lib/strata --quick --json'],
  run: (context, { options }) => run(context, options),
  print,
});
