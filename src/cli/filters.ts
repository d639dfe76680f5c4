import type { CommandContext } from './context.js';

/** What reads like a name. In the language of filters it asks whether a field of this name is there. */
const BARE_WORD = /^[\w.:/@-]+$/;

/** Says on standard error what was probably meant, where nothing was found for a filter that is a bare name. */
export function explainEmpty(context: CommandContext, filters: readonly string[], field: string): void {
  const word = filters.find((filter) => BARE_WORD.test(filter));
  if (word !== undefined)
    context.note(`nothing has a field ${word}; write ${field}==${word} to look for that ${field}`);
}
