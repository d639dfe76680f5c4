/** What takes two places: East Asian wide and full-width characters, and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{17000}-\u{18aff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u;

/** What takes none: marks that are drawn over the character before them, and joiners. */
const NO_PLACE = /[\p{Mn}\p{Me}\u1160-\u11ff\u200b-\u200d\u2060]/u;

const PLAIN = /^[ -~]*$/;

/** The places that a text takes on a terminal, which counts each code point by itself. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const char of text) {
    if (WIDE.test(char)) width += 2;
    else if (!NO_PLACE.test(char)) width += 1;
  }
  return width;
}
