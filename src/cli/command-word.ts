import { globalOptions } from './global-options.js';

/** The options before a command that take the next word, such as `-a` and `--address`. */
const withValue = globalOptions('client')
  .filter(({ flags }) => flags.includes('<'))
  .flatMap(({ flags }) => flags.match(/--?[a-z]+/g) ?? []);

/**
 * The name of the command on a command line, right or wrong, without understanding the rest.
 * @param argv The arguments behind the name of the program.
 * @returns undefined when there is none, or the help of the program is asked for before it.
 */
export function commandWord(argv: readonly string[]): string | undefined {
  let isValue = false;
  for (const word of argv) {
    if (isValue) isValue = false;
    else if (word === '-h' || word === '--help') return undefined;
    else if (!word.startsWith('-')) return word;
    else isValue = withValue.includes(word);
  }
  return undefined;
}
