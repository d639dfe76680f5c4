import { findingKinds, remedies } from './kinds.js';

/** The kinds of findings and the remedies as Markdown, for docs/check.md. */
export function renderFindingKinds(): string {
  const kinds = Object.entries(findingKinds).map(
    ([kind, { level, meaning, remedy }]) => `| \`${kind}\` | ${level} | ${meaning} | \`${remedy}\` |`,
  );
  const steps = Object.entries(remedies).map(([remedy, what]) => `| \`${remedy}\` | ${what} |`);
  return [
    '| finding | level | what it means | remedy |',
    '|---|---|---|---|',
    ...kinds,
    '',
    '| remedy | what a repair does |',
    '|---|---|',
    ...steps,
  ].join('\n');
}
