/** What the recorded program says of itself, in the recording. */
import type { Entry } from '../power-cut/journal.js';
import type { Event } from './model.js';

/** One mark: what a caller is about to call, that it was answered, or the id that it got. */
export interface Said {
  readonly caller: number;
  readonly entry?: Entry;
  readonly id?: number;
}

/** The text of a mark. */
export function textOf(said: Said): string {
  return `${JSON.stringify(said)}\n`;
}

/** What was said before a cut. */
export function saidBefore(events: readonly Event[], point: number): Said[] {
  const texts = events.slice(0, point).flatMap((event) => (event.type === 'mark' ? [event.text] : []));
  return texts
    .join('')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Said);
}

/** What the names of a caller's snapshots begin with. */
export function prefixOf(caller: number): string {
  return `${caller}/`;
}
