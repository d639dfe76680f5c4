import { widthOf } from './width.js';

/**
 * Breaks a text between words, so that no line is wider than the columns that there are; a word that is wider, such as a
 * path, gets a line of its own and stays whole, to be copied. Every line begins with `indent`.
 */
export function* wrap(text: string, { columns, indent }: { readonly columns: number; readonly indent: string }) {
  const [first = '', ...words] = text.split(' ');
  let line = first;
  for (const word of words) {
    const longer = `${line} ${word}`;
    if (widthOf(indent + longer) <= columns) line = longer;
    else {
      yield indent + line;
      line = word;
    }
  }
  yield indent + line;
}
