import picocolors from 'picocolors';

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

/** What decides whether there are colours. */
export interface ColourSupport {
  readonly isTerminal: boolean;
  /** Environment variables; `NO_COLOR`, when not empty, and `TERM=dumb` switch colours off (no-color.org). */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** Colours for a terminal, none for a file or a pipe. */
export function coloursFor({ isTerminal, variables }: ColourSupport): Colours {
  const { NO_COLOR: noColor = '', TERM: term } = variables;
  return picocolors.createColors(isTerminal && noColor === '' && term !== 'dumb');
}
