/**
 * Kills a daemon again and again, in the middle of a load of mixed calls, and looks each time whether everything that it
 * acknowledged is there and nothing is there by halves.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultPoint } from '../../src/base/index.js';
import { connect, type Snapshotter, type StrataClient } from '../../src/index.js';
import { Random } from '../support/random.js';
import { pointsOf, type TorturedBackEnd } from './back-ends/index.js';
import { bases, Caller, DaemonDied } from './caller.js';
import { type Places, writeConfiguration } from './configuration.js';
import { examine, type Scene } from './examine.js';
import { Ledger } from './ledger.js';
import { type Fault, Victim } from './victim.js';

/** How to torture. */
export interface TortureOptions {
  /** An empty directory with a short path. */
  readonly directory: string;
  readonly backEnd: TorturedBackEnd;
  /** With an even one, commits write file lists where the back end can. */
  readonly seed: number;
  readonly kills: number;
  /** Which share of the kills comes at any moment, and not at a fault point. Default a half. */
  readonly anyMoment?: number;
  /** At which points it has to die at least once. Default: at all that the back end passes. */
  readonly everyOne?: readonly FaultPoint[];
  readonly callers?: number;
  /** Told after every kill. */
  readonly onKill?: (counts: Counts) => void;
}

/** What has been done so far. */
export interface Counts {
  kills: number;
  /** Calls that were answered. */
  answered: number;
  /** Calls that had happened though their answer never came. */
  happened: number;
  /** Kills at each fault point; the others are under `any moment` and `start`. */
  readonly at: Map<string, number>;
}

const longestLoad = 100;
const longestStart = 500;

/** A point that was not passed in so many lives is left alone. */
const mostTries = 6;

/** A life that does not come to its point ends after so many milliseconds, but not before so many calls were answered. */
const usualWait = 5000;
const usualCalls = 1500;

/** At most at which passing a life ends, by how often a load passes the point. */
const often = 40;
const latest: Readonly<Partial<Record<FaultPoint, number>>> = {
  'ids.reserved': 1,
  'create.refused': 2,
  'cleanup.found': 2,
  'cleanup.done': 2,
  'store.committed': 12,
  'store.synced': 12,
};

/**
 * Runs until so many kills are done, and until the daemon has died at every point. @throws Error at the first thing that is not as it must be, with the daemon's log.
 * The same seed gives the same plan of calls and kills; how they meet is up to the machine.
 */
export async function torture(options: TortureOptions): Promise<Counts> {
  const configured = { backEnd: options.backEnd, fileList: options.seed % 2 === 0 };
  const run = new Torture(options, await writeConfiguration(options.directory, configured));
  await run.prepare();
  while (run.counts.kills < options.kills || run.hasMissed) await run.round();
  await run.end();
  return run.counts;
}

class Torture {
  readonly counts: Counts = { kills: 0, answered: 0, happened: 0, at: new Map() };
  readonly #options: TortureOptions;
  readonly #random: Random;
  readonly #ledger = new Ledger();
  readonly #places: Places;
  /** How often a life was to end at each point. */
  readonly #tries = new Map<FaultPoint, number>();
  #keys = 0;
  #rounds = 0;

  constructor(options: TortureOptions, places: Places) {
    this.#options = options;
    this.#places = places;
    this.#random = new Random(options.seed);
  }

  /** Makes the layers that the others are based on. */
  async prepare(): Promise<void> {
    const victim = await this.#start(undefined);
    try {
      await this.#connected(async (client) => {
        await client.namespaces.create({ name: 'default', labels: new Map() });
        for (const name of bases) await this.#makeBase(this.#snapshotter(client), name);
      });
    } finally {
      await victim?.kill();
    }
  }

  async #makeBase(snapshotter: Snapshotter, name: string): Promise<void> {
    const labels = new Map([['owner', 'all']]);
    const mounts = await snapshotter.prepare({ key: 'making', labels });
    await snapshotter.commit({ key: 'making', name, labels });
    const id = this.#options.backEnd.idOf(mounts);
    const none = new Map<string, string>();
    this.#ledger.apply({ here: [name, { kind: 'committed', parent: '', labels, files: none, below: none, id }] });
  }

  /** A last life, which reads every layer and compares it with its file list. */
  async end(): Promise<void> {
    await using victim = await this.#start(undefined);
    if (victim === undefined) throw new Error('the daemon ended itself, and was not to');
    await this.#connected(async (client) => {
      this.counts.happened += await this.#examine(client, 'deep');
    });
  }

  /** One life of the daemon: it starts, is examined, works, and is killed. */
  async round(): Promise<void> {
    this.#rounds++;
    const isForAnyMoment = this.#isForAnyMoment();
    if (isForAnyMoment && this.#random.chance(0.2)) return this.#killStart();
    const fault = isForAnyMoment ? undefined : this.#chooseFault();
    const victim = await this.#start(fault);
    if (victim === undefined) return;
    try {
      await this.#live(victim, fault);
    } catch (error) {
      const life = `life ${this.#rounds} of the seed ${this.#options.seed}`;
      throw new Error(`${life}: ${error instanceof Error ? error.message : error}\n${victim.log}`, { cause: error });
    } finally {
      await victim.kill();
    }
    this.#count(victim);
  }

  async #live(victim: Victim, fault: Fault | undefined): Promise<void> {
    await this.#connected(async (client) => {
      try {
        this.counts.happened += await this.#examine(client, 'normal');
      } catch (error) {
        if (!(error instanceof DaemonDied)) throw error;
        await mustBeDead(victim);
        return;
      }
      if (fault?.from === 'later') victim.arm();
      await this.#load(victim, { client, fault });
    });
  }

  #examine(client: StrataClient, level: Scene['level']): Promise<number> {
    const { backEnd } = this.#options;
    return examine({ client, backEnd, ledger: this.#ledger, places: this.#places, level });
  }

  async #load(victim: Victim, { client, fault }: { client: StrataClient; fault: Fault | undefined }): Promise<void> {
    const callers = Array.from({ length: this.#callers }, (_, index) => this.#caller(client, index));
    const end = async (): Promise<void> => {
      if (fault === undefined) await delay(this.#random.below(longestLoad));
      else await comesToItsPoint(victim, () => callers.reduce((sum, { answered }) => sum + answered, 0));
      await victim.kill();
    };
    const outcomes = await Promise.allSettled([end(), ...callers.map((caller) => caller.run())]);
    for (const { answered } of callers) this.counts.answered += answered;
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  #caller(client: StrataClient, index: number): Caller {
    return new Caller({
      name: `c${index}`,
      ledger: this.#ledger,
      random: this.#random.fork(),
      snapshotter: this.#snapshotter(client),
      backEnd: this.#options.backEnd,
      root: this.#places.driver,
      contested: [0, 1, 2].map((number) => `race-${this.#rounds}-${number}`),
      freshKey: () => `k${++this.#keys}`,
    });
  }

  #snapshotter(client: StrataClient): Snapshotter {
    return client.snapshotter(this.#options.backEnd.snapshotter);
  }

  get #callers(): number {
    return this.#options.callers ?? this.#options.backEnd.callers;
  }

  /** Points at which it has not died, though it was often enough to do so that it should have. */
  #missed(): FaultPoint[] {
    const { counts } = this;
    const { backEnd, everyOne = pointsOf(backEnd) } = this.#options;
    return everyOne.filter((point) => {
      return !counts.at.has(point) && (this.#tries.get(point) ?? 0) < mostTries;
    });
  }

  /** Whether there are points that are still to be tried. */
  get hasMissed(): boolean {
    return this.#missed().length > 0;
  }

  #isForAnyMoment(): boolean {
    if (this.counts.kills >= this.#options.kills) return false;
    return this.#random.chance(this.#options.anyMoment ?? 0.5);
  }

  /** Ends it before it answers, or soon after. */
  async #killStart(): Promise<void> {
    const victim = new Victim(this.#places.config, undefined);
    await victim.endsWithin(this.#random.below(longestStart));
    if (victim.dead) throw new Error(`the daemon did not start:\n${victim.log}`);
    await victim.kill();
    this.#count(victim, 'start');
  }

  /** Those at which it has not died yet, then all in turn. */
  #chooseFault(): Fault {
    const { backEnd } = this.#options;
    const missed = this.#missed();
    const points = missed.length > 0 ? missed : pointsOf(backEnd);
    const least = Math.min(...points.map((point) => this.#tries.get(point) ?? 0));
    const point = this.#random.pick(points.filter((each) => (this.#tries.get(each) ?? 0) === least));
    this.#tries.set(point, least + 1);
    const from = point === 'ids.reserved' || this.#random.chance(0.2) ? 'start' : 'later';
    const most = from === 'start' ? 2 : (backEnd.latest?.[point] ?? latest[point] ?? often);
    const count = 1 + this.#random.below(point === 'ids.reserved' ? 1 : most);
    return { point, count, from };
  }

  async #start(fault: Fault | undefined): Promise<Victim | undefined> {
    const victim = new Victim(this.#places.config, fault);
    if (await victim.answers()) return victim;
    this.#count(victim);
    return undefined;
  }

  #count(victim: Victim, otherwise = 'any moment'): void {
    this.counts.kills++;
    const at = victim.diedAt ?? otherwise;
    this.counts.at.set(at, (this.counts.at.get(at) ?? 0) + 1);
    this.#options.onKill?.(this.counts);
  }

  async #connected(work: (client: StrataClient) => Promise<void>): Promise<void> {
    await using client = connect({ address: this.#places.address, namespace: 'default' });
    await work(client);
  }
}

/** The daemon does not answer: then it must be because it ended. */
async function mustBeDead(victim: Victim): Promise<void> {
  if (!(await victim.endsWithin(120_000))) throw new Error('the daemon is there, and does not answer');
}

/** Waits until a daemon dies, or has had as much time and as many calls as it should need; a busy machine takes longer. */
async function comesToItsPoint(victim: Victim, answered: () => number): Promise<void> {
  const start = performance.now();
  while (!(await victim.endsWithin(50))) {
    if (performance.now() - start > usualWait && answered() > usualCalls) return;
  }
}
