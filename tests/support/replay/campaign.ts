import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Durability } from '../../../src/index.js';
import { Random } from '../random.js';
import { type Breakage, breakages } from './breakages.js';
import type { KindOfState } from './candidates.js';
import { explore, type Loss, type Totals } from './explore.js';
import { record } from './record.js';
import { Verifiers } from './verifiers.js';

/** How much is recorded and explored. */
export interface CampaignOptions {
  /** An existing directory. */
  readonly directory: string;
  readonly seed: number;
  /** How many programs are recorded, one after the other. */
  readonly recordings: number;
  /** How many states of each are looked at, at most. */
  readonly states: number;
  /** Only cuts behind so many events of each. Default: all. */
  readonly points?: number;
  /** Of the recorded Strata; default `full`. */
  readonly durability?: Durability;
  /** What is done wrong in the recording. */
  readonly breakage?: Breakage;
  /** Ends it early: asked before each state. */
  readonly enough?: (totals: Totals) => boolean;
  /** Told after each recording. */
  readonly onRecording?: (counts: Counts) => void;
}

/** What came of all recordings so far. */
export interface Counts {
  recordings: number;
  events: number;
  states: number;
  readonly ofKind: Map<KindOfState, number>;
  disks: number;
  readonly losses: Loss[];
}

const verifiers = 2;

/** Records programs and explores what a power cut could have left of each. */
export async function campaign(options: CampaignOptions): Promise<Counts> {
  const { seed, recordings, onRecording, enough = () => false } = options;
  await using pool = await Verifiers.start(verifiers);
  const random = new Random(seed);
  const counts: Counts = { recordings: 0, events: 0, states: 0, ofKind: new Map(), disks: 0, losses: [] };
  while (counts.recordings < recordings) {
    // In turn, since with a list of its content no layer is recorded before it is on disk.
    const fileList = counts.recordings % 2 === 1;
    const totals = await exploreOne({ ...options, fileList }, random, pool);
    addTo(counts, totals);
    onRecording?.(counts);
    if (enough(totals)) break;
  }
  return counts;
}

async function exploreOne(options: CampaignOptions & { fileList: boolean }, random: Random, pool: Verifiers) {
  const { durability = 'full', breakage, states, points, enough, fileList } = options;
  const directory = path.join(options.directory, 'recorded');
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory);
  const plan = { seed: random.below(2 ** 32), callers: 1 + random.below(3), layers: 2 + random.below(2), durability };
  const whole = await record({ directory, fileList, ...plan });
  const recording = breakage === undefined ? whole : breakages[breakage](whole);
  const about = { ...(enough === undefined ? {} : { enough }), ...(points === undefined ? {} : { points }) };
  const totals = await explore({ recording, random: random.fork(), verifiers: pool, states, ...about });
  return { ...totals, events: recording.events.length };
}

function addTo(counts: Counts, totals: Totals & { readonly events: number }): void {
  counts.recordings += 1;
  counts.events += totals.events;
  counts.states += totals.states;
  counts.disks += totals.disks;
  counts.losses.push(...totals.losses);
  for (const [kind, count] of totals.ofKind) counts.ofKind.set(kind, (counts.ofKind.get(kind) ?? 0) + count);
}

/** A loss, for people. */
export function textOfLoss({ kind, state, complaints }: Loss): string {
  const { point, journal, others, pages } = state;
  const some = [...pages].map(([key, version]) => `${key}: ${JSON.stringify(version)}`).join(', ');
  const where = `${kind}: cut behind event ${point}, names up to ${journal}, pages ${others} {${some}}`;
  return [where, ...complaints.map((complaint) => `  ${complaint.replaceAll('\n', '\n  ')}`)].join('\n');
}
