/** What decides whether there are colours. */
export interface ColourSupport {
  readonly isTerminal: boolean;
  /** Environment variables; `NO_COLOR`, when not empty, and `TERM=dumb` switch colours off (no-color.org). */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** Whether output is coloured: on a terminal, unless its user wants none. */
export function isColoured({ isTerminal, variables }: ColourSupport): boolean {
  const { NO_COLOR: noColor = '', TERM: term } = variables;
  return isTerminal && noColor === '' && term !== 'dumb';
}
