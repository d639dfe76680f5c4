import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { checkout } from '../paths.js';
import { makeDisk, SecondKernel } from '../second-kernel/index.js';
import { until } from '../until.js';
import { expectationOf } from './expectation.js';
import { readJournal } from './journal.js';
import { Ledger, type Totals } from './ledger.js';
import type { Report } from './observation.js';
import { journalName, type Plan, reportName } from './plan.js';

/** The file systems that the daemon is tried on. */
export const formats = ['ext4', 'xfs'] as const;

/** How many callers put the daemon under load at the same time. */
const callers = 4;
const callerNumbers = Array.from({ length: callers }, (_, caller) => caller);

/** The power is cut when so many calls of the load were answered. */
const callsBeforeCut = { least: 20, most: 160 } as const;

/** The program that is run inside. */
const program = path.join(checkout, 'build', 'tests', 'support', 'power-cut', 'inside.js');

/** How often, and on what. */
export interface PowerCutOptions {
  /** An existing folder for the disk. */
  readonly directory: string;
  readonly format: Plan['format'];
  readonly cuts: number;
  /** Lines of the configuration of the daemon. */
  readonly settings?: string;
  /** Told after each start that followed a cut. */
  readonly progress?: (totals: Totals) => void;
}

/**
 * Runs a daemon on a file system in a second kernel under a load of mixed calls, cuts its power, boots it again and
 * compares what is there with what was answered; again and again, on the same disk.
 */
export async function powerCuts(options: PowerCutOptions): Promise<Totals> {
  const disk = await makeDisk(path.join(options.directory, options.format), options.format);
  const ledger = new Ledger();
  for (let generation = 0; generation <= options.cuts; generation += 1) {
    await life({ ...options, disk, ledger, generation });
    if (generation > 0) options.progress?.(ledger.totals(generation));
  }
  return ledger.totals(options.cuts);
}

interface Life extends PowerCutOptions {
  readonly disk: string;
  readonly ledger: Ledger;
  /** How many cuts there were before. */
  readonly generation: number;
}

/** From one boot to the next cut, or to the end of the last look. */
async function life({ directory, disk, format, settings = '', cuts, ledger, generation }: Life): Promise<void> {
  const last = generation === cuts;
  await using kernel = await SecondKernel.boot({ directory, disks: [disk], modules: ['overlay', 'quota_v2'] });
  const { share } = kernel;
  const plan: Plan = { format, share, generation, callers: last ? 0 : callers, settings };
  const ended = runInside(kernel, plan);
  // It ends by the cut. When it ends before, that is what went wrong.
  ended.catch(() => {});
  const meanwhile = (work: Promise<void>) => Promise.race([work, ended.then(() => work)]);
  await meanwhile(lookedAt(share).then((observation) => ledger.compare(observation)));
  if (last) {
    await ended;
  } else {
    await meanwhile(underLoad(share));
    await kernel.cut();
    for (const caller of callerNumbers) {
      const entries = readJournal(path.join(share, journalName(caller)));
      ledger.add(`${generation}/${caller}/`, expectationOf(new Map(), entries));
    }
  }
  await rm(path.dirname(share), { recursive: true, force: true });
}

async function runInside(kernel: SecondKernel, plan: Plan): Promise<void> {
  const { status, stdout, stderr } = await kernel.run(process.execPath, [program, JSON.stringify(plan)], {
    seconds: 900,
  });
  if (status !== 0) throw new Error(`the program inside ended with ${status}\n${stdout}${stderr}`);
}

/** What the program inside found on the disk. */
async function lookedAt(share: string): Promise<Report> {
  const file = path.join(share, reportName);
  await until('what is on the disk is reported', () => existsSync(file));
  return JSON.parse(await readFile(file, 'utf8')) as Report;
}

/** Resolves when some calls were answered, another number every time. */
async function underLoad(share: string): Promise<void> {
  const enough = randomInt(callsBeforeCut.least, callsBeforeCut.most);
  const files = callerNumbers.map((caller) => path.join(share, journalName(caller)));
  await until(`${enough} calls are answered`, () => sum(files.map(answersIn)) >= enough);
}

function answersIn(file: string): number {
  return existsSync(file) ? readJournal(file).filter(({ step }) => step === 'did').length : 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
