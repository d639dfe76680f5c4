import { type Config, resolveConfig } from '../../daemon/index.js';
import { UnavailableError } from '../../errors/index.js';
import type { CheckAction, CheckEvent, CheckFinding, CheckOptions, CheckSummary } from '../../rpc/client/index.js';
import { defineCommand, type View } from '../command.js';
import type { CommandContext } from '../context.js';
import { EXIT_FAILURE, EXIT_USAGE, failureLine, UsageError } from '../failure.js';
import { renderOutcome } from '../output/check-outcome.js';
import { escapeText } from '../output/escape.js';
import { settingsOf } from './config-flags.js';

interface CheckFlags {
  readonly quick?: boolean;
  readonly deep?: boolean;
  readonly repair?: boolean;
  readonly dryRun?: boolean;
  readonly dropDescendants?: boolean;
  readonly rebuild?: boolean;
  readonly root?: string;
  readonly config?: string;
}

/** What a check said, until its end. */
export interface CheckOutcome {
  readonly findings: readonly CheckFinding[];
  /** The plan of a repair, and how its steps fared. */
  readonly actions: readonly CheckAction[];
  /** After a repair: the findings that are still there. */
  readonly left: readonly CheckFinding[];
  readonly summary: CheckSummary | undefined;
}

/** The check could not be made. */
const EXIT_COULD_NOT_RUN = EXIT_USAGE;

function optionsOf({ quick, deep, repair: asked, rebuild, dryRun, dropDescendants }: CheckFlags): CheckOptions {
  if (quick === true && deep === true) throw new UsageError('--quick and --deep: want one of them');
  if (rebuild === true && dryRun === true) throw new UsageError('--rebuild and --dry-run: want one of them');
  // What the records of a backup do not fit is what a repair is for.
  const repair = asked === true || rebuild === true;
  const level = quick === true ? 'quick' : deep === true ? 'deep' : 'normal';
  if (repair) return { level, repair: { dryRun: dryRun === true, dropDescendants: dropDescendants === true } };
  if (dryRun === true || dropDescendants === true)
    throw new UsageError('--dry-run and --drop-descendants need --repair');
  return { level };
}

/** The events of a check by the daemon; of the root itself when one is named, or no daemon runs. */
async function* events(context: CommandContext, flags: CheckFlags): AsyncGenerator<CheckEvent> {
  const options = optionsOf(flags);
  const wantsRoot = flags.root !== undefined || flags.config !== undefined || flags.rebuild === true;
  if (!wantsRoot && (await hasDaemon(context))) {
    yield* (await context.client()).maintenance.check(options, context.call);
    return;
  }
  const file = flags.config === undefined ? {} : { file: flags.config };
  const root = flags.root === undefined ? {} : { root: flags.root };
  const config = await resolveConfig({ ...file, flags: settingsOf(root), environment: context.io.environment });
  if (flags.rebuild === true) yield* rebuild(context, config);
  yield* context.io.tools.checkRoot(config, options, context.call);
}

/**
 * Says on standard error where the records come from, since standard output is for what is found: first, which layers
 * could not be given theirs.
 */
async function* rebuild({ io, call }: CommandContext, config: Config): AsyncGenerator<CheckEvent> {
  const { file, layers, replaced, findings } = await io.tools.rebuildRoot(config, call);
  const described = `${layers} layers that describe themselves`;
  const sources = file === undefined ? described : `those of ${file}, and of ${described}`;
  const kept = replaced === undefined ? '' : `; those from before are kept in ${replaced}`;
  io.stderr.write(`strata: ${escapeText(`the records of ${config.root} are ${sources}${kept}`)}\n`);
  for (const finding of findings) yield { type: 'finding', finding };
}

async function hasDaemon(context: CommandContext): Promise<boolean> {
  try {
    await (await context.client()).version(context.call);
    return true;
  } catch (error) {
    // A daemon that was named is meant; without one the root is there to be looked at.
    if (error instanceof UnavailableError && context.given.address === undefined) return false;
    throw error;
  }
}

async function collect(source: AsyncIterable<CheckEvent>): Promise<CheckOutcome> {
  const findings: CheckFinding[] = [];
  const left: CheckFinding[] = [];
  const actions: CheckAction[] = [];
  let summary: CheckSummary | undefined;
  for await (const event of source) {
    if (event.type === 'finding') findings.push(event.finding);
    else if (event.type === 'left') left.push(event.finding);
    else if (event.type === 'action') actions.push(event.action);
    else summary = event.summary;
  }
  return { findings, actions, left, summary };
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
  description: `Compare the records, the files and the namespaces with each other, through the daemon when one runs, else on the root itself.

Nothing is changed without --repair, which says first what it will do. What a repair takes away is kept in \
<root>/lost+found. Exits with status 0 when nothing is wrong, or nothing any more, 1 when there are findings (left), \
and 2 when the check could not be made. docs/check.md lists what can be found.`,
  options: [
    { flags: '--quick', description: 'look at records and whether directories are there, no more' },
    { flags: '--deep', description: 'read every file of every layer, and compare it with the manifest of the layer' },
    { flags: '--repair', description: 'do what can be done without guessing' },
    { flags: '--dry-run', description: 'with --repair: only say what would be done' },
    {
      flags: '--drop-descendants',
      description: 'with --repair: a layer that is beyond repair takes with it what stands on it',
    },
    {
      flags: '--rebuild',
      description:
        'make records that cannot be read anew, of the newest backup and of what layers say of themselves, then repair; no daemon may be serving',
    },
    { flags: '--root <dir>', description: 'check this root; no daemon may be serving it' },
    { flags: '-c, --config <file>', description: 'configuration file that says where the root is' },
  ],
  examples: ['check', 'check --deep', 'check --repair --dry-run', 'check --root /var/lib/strata --quick --json'],
  run: (context, { options }) => run(context, options),
  print,
});
