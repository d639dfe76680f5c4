import picocolors from 'picocolors';
import { type ColourSupport, isColoured } from '../../base/api/index.js';

/** Paints text for a terminal, or leaves it as it is. */
export interface Colours {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly blue: (text: string) => string;
}

/** What renderers need beside their data. */
export interface Style {
  readonly colours: Colours;
  readonly now: Date;
  /** How wide the terminal is; absent where output goes to a file or a pipe, whose lines may be of any length. */
  readonly columns?: number;
}

/** Colours for a terminal, none for a file or a pipe. */
export function coloursFor(support: ColourSupport): Colours {
  return picocolors.createColors(isColoured(support));
}
