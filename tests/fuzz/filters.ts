/** Filters: any text gives a filter or InvalidArgument; a filter that is right finds what a plain evaluation finds. */
import assert from 'node:assert/strict';
import { parseFilters } from '../../src/filters/index.js';
import { InvalidArgumentError } from '../../src/index.js';
import type { Random } from '../support/random.js';
import { anyText } from './bytes.js';
import type { Fuzzed, FuzzTarget } from './target.js';

type Fields = ReadonlyMap<string, string>;

/** One condition: as text, and as what it means. */
interface Condition {
  readonly text: string;
  readonly holds: (fields: Fields) => boolean;
}

const values = ['', 'a', 'b', 'ab', 'aab', 'é', 'a b', 'a,b', '"', 'sha256:0'] as const;
/** What both RE2 and JavaScript take for the same. */
const expressions = ['a', '^a', 'b$', '^a+b?$', '[ab]{2}', '^$', 'a|é', '.', '(?:ab)*$', '\\W'] as const;
const paths: readonly (readonly [text: string, field: string])[] = [
  ['name', 'name'],
  ['parent', 'parent'],
  ['labels.x', 'labels.x'],
  ['labels."a.b"', 'labels.a.b'],
  ['labels.a.b', 'labels.a.b'],
];

/** The target. */
export const filters: FuzzTarget = {
  name: 'filters',
  attempts: 4000,
  open: async () => ({ attempt, [Symbol.asyncDispose]: async () => {} }) satisfies Fuzzed,
};

async function attempt(random: Random): Promise<void> {
  if (random.chance(0.5)) total(random);
  else agrees(random);
}

/** Any text at all, also large. */
function total(random: Random): void {
  const most = random.chance(0.02) ? 30_000 : 40;
  const start = random.pick(['', 'name==', 'name~=', 'labels."', 'name~=/(a{', 'name~="((a*)*)*']);
  const texts = Array.from({ length: 1 + random.below(3) }, () => start + anyText(random, most));
  try {
    const filter = parseFilters(texts);
    assert.equal(typeof filter.matches(() => anyText(random, 100)), 'boolean');
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw new Error(JSON.stringify(texts), { cause: error });
  }
}

function agrees(random: Random): void {
  const alternatives = Array.from({ length: 1 + random.below(3) }, () =>
    Array.from({ length: 1 + random.below(3) }, () => anyCondition(random)),
  );
  const texts = alternatives.map((conditions) => conditions.map(({ text }) => text).join(','));
  const filter = parseFilters(texts);
  for (let times = 0; times < 5; times++) {
    const fields: Fields = new Map(
      paths.flatMap(([, field]) => (random.chance(0.7) ? [[field, random.pick(values)] as const] : [])),
    );
    const expected = alternatives.some((conditions) => conditions.every(({ holds }) => holds(fields)));
    const found = filter.matches((fieldpath) => fields.get(fieldpath.join('.')));
    assert.equal(found, expected, `${JSON.stringify(texts)} over ${JSON.stringify([...fields])}`);
  }
}

function anyCondition(random: Random): Condition {
  const [path, field] = random.pick(paths);
  const value = random.pick(values);
  const expression = random.pick(expressions);
  const of = (fields: Fields): string => fields.get(field) ?? '';
  const kinds: readonly Condition[] = [
    { text: path, holds: (fields) => fields.has(field) },
    { text: `${path}==${quoted(value)}`, holds: (fields) => fields.get(field) === value },
    { text: `${path} != ${quoted(value)}`, holds: (fields) => of(fields) !== value },
    { text: `${path}~=${quoted(expression)}`, holds: (fields) => new RegExp(expression, 'u').test(of(fields)) },
  ];
  return random.pick(kinds);
}

/** Every escape that JSON makes of these values is one of the language's. */
function quoted(value: string): string {
  return JSON.stringify(value);
}
