/**
 * Recordings as they would be if Strata did something wrong: what is to be noticed is tried without breaking the code
 * that is recorded.
 */
import type { Said } from './marks.js';
import type { Event, Node, Recording, Sync } from './model.js';

/** How the name of the directory begins that the store has for itself. */
const storeName = 'io.strata.store.';

/** What can be broken, and how. */
export const breakages = {
  /** A commit is recorded without its layer being synchronised. */
  'layers-unsynced': (recording: Recording) => withoutSyncs(recording, (sync) => !isOfStore(recording, sync)),
  /** The store synchronises nothing. */
  'store-unsynced': (recording: Recording) => withoutSyncs(recording, (sync) => isOfStore(recording, sync)),
  /** The store answers without waiting for its log; SQLite's own synchronisations around a checkpoint are there. */
  'log-unsynced': (recording: Recording) =>
    withoutSyncs(recording, (sync) => sync.dataOnly && isOfStore(recording, sync)),
  /** What SQLite synchronises before and after it copies the log is left out. */
  'checkpoints-unsynced': (recording: Recording) =>
    withoutSyncs(recording, (sync) => !sync.dataOnly && isOfStore(recording, sync)),
  /** Every call is answered as soon as it is made. */
  'answered-at-once': answeredAtOnce,
} as const;

/** The name of something that can be broken. */
export type Breakage = keyof typeof breakages;

function isOfStore({ events }: Recording, { node }: Sync): boolean {
  const store = events.find((event) => event.type === 'make' && event.entry.name.startsWith(storeName));
  const directory = store?.type === 'make' ? store.node : undefined;
  const isIn = (parent: Node) => parent === directory;
  return events.some((event) => {
    if (event.type === 'make') return event.node === node && (isIn(event.node) || isIn(event.entry.parent));
    return event.type === 'rename' && event.node === node && isIn(event.to.parent);
  });
}

/** Something else in the place of what is left out, so that everything keeps its number. */
const nothing: Event = { type: 'mark', text: '' };

function withoutSyncs({ top, events }: Recording, isLeftOut: (sync: Sync) => boolean): Recording {
  return { top, events: events.map((event) => (event.type === 'sync' && isLeftOut(event) ? nothing : event)) };
}

function answeredAtOnce({ top, events }: Recording): Recording {
  const said = (line: string) => JSON.parse(line) as Said;
  const changed = (line: string): string => {
    const { caller, entry } = said(line);
    if (entry?.step === 'did') return '';
    return entry?.step === 'will' ? `${line}\n${JSON.stringify({ caller, entry: { step: 'did' } })}\n` : `${line}\n`;
  };
  const text = (lines: string) =>
    lines
      .split('\n')
      .filter((line) => line !== '')
      .map(changed)
      .join('');
  return { top, events: events.map((event) => (event.type === 'mark' ? { ...event, text: text(event.text) } : event)) };
}
