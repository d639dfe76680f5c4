/** What is wrong with a configuration, and how to say it in one line. */

/** One thing that is wrong. */
export interface Problem {
  /** Where: a file with or without a line, or a flag. */
  readonly origin: string;
  readonly text: string;
}

/** `config.toml:3: grpc.mode: ...`. */
export function renderProblem(problem: Problem): string {
  return `${problem.origin}: ${problem.text}`;
}

/** How many single-character edits lead from one word to another (Levenshtein); linear memory. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_unused, index) => index);
  for (const [row, letter] of [...from].entries()) {
    const current = [row + 1];
    for (const [column, other] of [...to].entries()) {
      const replaced = (previous[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[to.length] ?? to.length;
}

/** The candidate that somebody may have meant: at most a third of its letters differ; undefined when none is near. */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  const ranked = [...candidates]
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((left, right) => left.distance - right.distance);
  return ranked[0]?.candidate;
}
