/** Which states of a disk are worth a look. */
import type { Random } from '../random.js';
import type { CrashState, Disk, OpenPage, PageVersion } from './disk.js';
import { isMetadata } from './model.js';

/** The kinds of states, and what they are. */
export const kindsOfStates = {
  kill: 'everything that was done is there: the process was killed',
  loss: 'nothing is there but what was synchronised',
  names: 'all names are there, and of contents only what was synchronised',
  contents: 'all contents are there, and of names only what was synchronised',
  journal: 'names up to some moment between what was synchronised and what was done',
  pages: 'some of the pages of one file that were not synchronised',
  torn: 'a page that is torn between sectors',
  mixed: 'any moment of the names, any pages, some of them torn',
} as const;

/** The name of a kind. */
export type KindOfState = keyof typeof kindsOfStates;

/** Files with so many pages open have every subset of them tried; of others, some are. */
const mostForAll = 4;
const samples = 8;
const sectors = 256;

/**
 * All states of each kind that there are, or some where there are too many, in an order that the seed decides.
 * @param points Only of cuts behind so many events.
 */
export function candidates(
  disk: Disk,
  random: Random,
  points = Number.POSITIVE_INFINITY,
): Map<KindOfState, CrashState[]> {
  const states = new Map<KindOfState, CrashState[]>();
  for (const kind of Object.keys(kindsOfStates) as KindOfState[]) states.set(kind, []);
  const add = (kind: KindOfState, state: CrashState) => states.get(kind)?.push(state);
  const early = (all: readonly number[]) => all.filter((point) => point <= points);
  for (const point of early(changes(disk))) add('kill', { point, journal: point, others: 'last', pages: none });
  for (const point of early(corners(disk))) addCorner(add, { disk, point, random });
  for (const list of states.values()) shuffle(list, random);
  return states;
}

const none: ReadonlyMap<string, PageVersion> = new Map();

interface Corner {
  readonly disk: Disk;
  readonly point: number;
  readonly random: Random;
}

type Add = (kind: KindOfState, state: CrashState) => void;

function addCorner(add: Add, corner: Corner): void {
  const { disk, point } = corner;
  const least = disk.leastJournal(point);
  const open = disk.openPages(point);
  add('loss', { point, journal: least, others: 'least', pages: none });
  add('names', { point, journal: point, others: 'least', pages: none });
  add('contents', { point, journal: least, others: 'last', pages: none });
  for (const journal of moments(disk, least, point)) {
    add('journal', { point, journal, others: corner.random.pick(['least', 'last']), pages: none });
  }
  for (const ofOne of groups(open)) {
    for (const pages of subsets(ofOne, corner.random)) add('pages', { point, ...around(corner), pages });
  }
  for (const page of open) {
    const pages = new Map([[page.key, torn(page, corner.random)]]);
    add('torn', { point, ...around(corner), pages });
  }
  for (let sample = 0; sample < samples / 2; sample++) add('mixed', mixed(open, corner));
}

/** One state of the last kind, of any moment at all. */
export function anyState(disk: Disk, random: Random): CrashState {
  const point = random.below(disk.events.length + 1);
  return mixed(disk.openPages(point), { disk, point, random });
}

/** Points before which the last change was made and answered: the image there is that of all points since. */
function changes({ events }: Disk): number[] {
  const points = events.flatMap((event, point) => (isMetadata(event) || event.type === 'write' ? [point] : []));
  return [...points, events.length];
}

/** Points at which the most is open: just before a sync comes back. What is open earlier is open there too. */
function corners({ events }: Disk): number[] {
  return [...events.flatMap(({ type }, point) => (type === 'sync' ? [point] : [])), events.length];
}

/** The moments of the journal after each change of names in between. */
function moments({ events }: Disk, from: number, to: number): number[] {
  const found: number[] = [];
  for (let index = from; index < to - 1; index++) {
    const event = events[index];
    if (event !== undefined && isMetadata(event)) found.push(index + 1);
  }
  return found;
}

function groups(open: readonly OpenPage[]): OpenPage[][] {
  const byFile = new Map<string, OpenPage[]>();
  for (const page of open) {
    const [file = ''] = page.key.split('/');
    byFile.set(file, [...(byFile.get(file) ?? []), page]);
  }
  return [...byFile.values()];
}

/** Some pages in their last version and the rest in their first, but neither all nor none. */
function* subsets(open: readonly OpenPage[], random: Random): Generator<ReadonlyMap<string, PageVersion>> {
  const choose = (has: (index: number) => boolean) =>
    new Map(open.map(({ key, least, last }, index) => [key, { version: has(index) ? last : least }]));
  if (open.length <= mostForAll) {
    for (let set = 1; set < 2 ** open.length - 1; set++) yield choose((index) => (set & (1 << index)) !== 0);
    return;
  }
  for (let sample = 0; sample < samples; sample++) {
    const share = random.next();
    const has = open.map(() => random.chance(share));
    yield choose((index) => has[index] === true);
  }
}

function torn({ least, last }: OpenPage, random: Random): PageVersion {
  return {
    version: last,
    torn: { version: last - 1 - random.below(last - least), sectors: 1 + random.below(sectors - 2) },
  };
}

/** What is to be had of everything else: names up to the first or the last moment, contents the same. */
function around({ disk, point, random }: Corner): Pick<CrashState, 'journal' | 'others'> {
  return { journal: random.pick([disk.leastJournal(point), point]), others: random.pick(['least', 'last']) };
}

function mixed(open: readonly OpenPage[], { disk, point, random }: Corner): CrashState {
  const least = disk.leastJournal(point);
  const journal = random.pick([least, point, ...moments(disk, least, point)]);
  const version = (page: OpenPage): PageVersion =>
    random.chance(0.2) ? torn(page, random) : { version: page.least + random.below(page.last - page.least + 1) };
  return { point, journal, others: 'least', pages: new Map(open.map((page) => [page.key, version(page)])) };
}

function shuffle<T>(list: T[], random: Random): void {
  for (let end = list.length; end > 1; end--) {
    const at = random.below(end);
    const [one, other] = [list[at], list[end - 1]];
    if (one === undefined || other === undefined) continue;
    list[at] = other;
    list[end - 1] = one;
  }
}
