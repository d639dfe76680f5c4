import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InvalidArgumentError } from '../errors/index.js';
import type { BadExpression } from './expression.js';
import { recordFields } from './fields.js';
import type { FieldReader, Selector } from './filter.js';
import { defaultFilterLimits } from './limits.js';
import { parseFilters } from './parse-filters.js';

const labels = new Map([
  ['a.b', 'dotted'],
  ['containerd.io/gc.root', '2026'],
]);

/** A committed snapshot without a parent; `name`, `parent` and `kind` are present even when empty. */
const snapshot: FieldReader = ([first = '', ...rest]) =>
  first === 'labels' ? labels.get(rest.join('.')) : { name: 'c1', parent: '', kind: 'committed' }[first];

const matching: readonly [filters: readonly string[], matches: boolean][] = [
  [[], true],
  [[''], true],
  [['name==x', ''], true],
  [['name==c1'], true],
  [['name==C1'], false],
  [['kind==committed'], true],
  [['kind==Committed'], false],
  [['name==c1,kind==committed'], true],
  [['name==c1,kind==active'], false],
  [['name==x', 'kind==committed'], true],
  [['name==x', 'kind==active'], false],
  [['name==c1,b'], false],
  [['parent'], true],
  [['parent==""'], true],
  [['parent!=""'], false],
  [['parent!=x'], true],
  [['absent'], false],
  [['absent==""'], false],
  [['absent!=""'], false],
  [['absent!=x'], true],
  [['absent~="^$"'], true],
  [['absent~=x'], false],
  [['labels'], false],
  [['labels.a.b'], true],
  [['labels."a.b"==dotted'], true],
  [['labels."containerd.io/gc.root"'], true],
  [['labels."containerd.io/gc.root"~="^20"'], true],
  [['name~=1'], true],
  [['name~="^1"'], false],
  [['name~="^c[0-9]$"'], true],
  [['name~=|^c|'], true],
  [['name~=/C/'], false],
  [['name~="(?i)C"'], true],
  [["name=='c1'"], false],
  [['name=="\\x63\\u0031"'], true],
  [['name=="\\xff"'], false],
  [['name!="\\xff"'], true],
  [['name~="("'], false],
  [['name~="("', 'name==c1'], true],
];

for (const [filters, matches] of matching) {
  test(`${JSON.stringify(filters)} ${matches ? 'matches' : 'does not match'}`, () => {
    assert.equal(parseFilters(filters).matches(snapshot), matches);
  });
}

test('tells when looking at an object can be spared', () => {
  const never: FieldReader = () => assert.fail('read a field');
  for (const filters of [[], [''], ['name==x', '']]) {
    const filter = parseFilters(filters);
    assert.equal(filter.matchesAll, true);
    assert.equal(filter.matches(never), true);
  }
  assert.equal(parseFilters(['name']).matchesAll, false);
});

test('shows the alternatives for choosing an index', () => {
  const name: Selector = { fieldpath: ['name'], operator: '==', value: 'a' };
  const present: Selector = { fieldpath: ['b'], operator: 'present', value: '' };
  assert.deepEqual(parseFilters(['name==a,b', '']).alternatives, [[name, present], []]);
  assert.deepEqual(parseFilters([]).alternatives, [[]]);
});

test('a filter that cannot be parsed refuses the whole list', () => {
  assert.throws(() => parseFilters(['', 'name=a']), {
    name: 'InvalidArgumentError',
    message: 'filters: parse error: [name >|=|< a]: unsupported operator "=": invalid argument',
  });
});

test('a malformed expression matches nothing and is reported once', () => {
  const bad: BadExpression[] = [];
  const filter = parseFilters(['name~="("', 'name~="a{1001}"', 'name~="(?=a)"', 'name~="\\xff"'], {
    onBadExpression: (each) => bad.push(each),
  });
  for (let count = 0; count < 3; count++) assert.equal(filter.matches(snapshot), false);
  assert.deepEqual(
    bad.map(({ expression }) => expression),
    ['(', 'a{1001}', '(?=a)', '\udcff'],
  );
  for (const { reason } of bad) assert.match(reason, /^error parsing regexp: /);
});

const tooLarge = `filters: regular expressions too large (maximum ${defaultFilterLimits.instructions} instructions)`;

const excessive: readonly [title: string, filters: readonly string[], message: string][] = [
  ['filters', Array.from({ length: 1_001 }, () => ''), 'filters: 1001 filters (maximum 1000)'],
  ['characters', ['a'.repeat(65_536), 'b'], 'filters: 65537 characters (maximum 65536)'],
  ['expressions', Array.from({ length: 33 }, () => 'name~=a'), 'filters: too many regular expressions (maximum 32)'],
  [
    'a long expression',
    [`name~=${'a'.repeat(8_193)}`],
    'filters: regular expression of 8193 characters (maximum 8192)',
  ],
  ['a repetition of much', [`name~="(${'abcdefgh'.repeat(50)}){1000}"`], tooLarge],
  ['many repetitions', [`name~="${'a{1000}'.repeat(1_000)}"`], tooLarge],
  ['repetitions in sum', Array.from({ length: 11 }, () => 'name~="a{1000}"'), tooLarge],
  ['one large program', [`name~="${'(a{100})'.repeat(110)}"`], tooLarge],
];

for (const [title, filters, message] of excessive) {
  test(`refuses an excess: ${title}`, () => {
    assert.throws(() => parseFilters(filters), {
      name: 'InvalidArgumentError',
      message: `${message}: invalid argument`,
    });
  });
}

test('admits an alternation of a hundred digests', () => {
  const digests = Array.from({ length: 100 }, (_, index) => `sha256:${String(index).padStart(64, '0')}`);
  const filter = parseFilters([`name~="^(?:${digests.join('|')})$"`]);
  assert.equal(filter.matches(recordFields({ name: digests[99] ?? '' })), true);
  assert.equal(filter.matches(recordFields({ name: `${digests[99]}0` })), false);
});

test('limits can be set one by one', () => {
  assert.throws(() => parseFilters(['a', 'b'], { limits: { filters: 1 } }), InvalidArgumentError);
  assert.equal(parseFilters(['a'], { limits: { filters: 1 } }).matchesAll, false);
});

test('an expression that would make a backtracking engine hang is answered', () => {
  const filter = parseFilters(['name~="^(a+)+$"', 'name~="^(a|aa)+$"', 'name~="(x+x+)+y"']);
  assert.equal(filter.matches(recordFields({ name: `${'a'.repeat(30_000)}!` })), false);
  assert.equal(filter.matches(recordFields({ name: 'x'.repeat(30_000) })), false);
});

test('nested repetitions beyond those of RE2 match nothing', () => {
  const bad: BadExpression[] = [];
  const filter = parseFilters(['name~="(a{1000}){1000}"', `name~="${'('.repeat(2_000)}${')'.repeat(2_000)}"`], {
    onBadExpression: (each) => bad.push(each),
  });
  assert.equal(filter.matches(snapshot), false);
  assert.deepEqual(
    bad.map(({ reason }) => reason),
    ['error parsing regexp: invalid repeat count: `{1000}`', 'error parsing regexp: expression nests too deeply'],
  );
});

const pieces = fc.constantFrom(
  ...['name', 'labels', '.', ',', '==', '!=', '~=', '=', '"', '/', '|', '\\', '\\x4', '\\u', ' ', '(', '{9}'],
);

test('random input is parsed or refused with InvalidArgument, and matched without a throw', () => {
  const input = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces).map((list) => list.join('')),
  );
  fc.assert(
    fc.property(fc.array(input, { maxLength: 3 }), (filters) => {
      try {
        parseFilters(filters).matches(snapshot);
      } catch (error) {
        assert(error instanceof InvalidArgumentError);
        assert.match(error.message, /^filters: [\s\S]+: invalid argument$/);
      }
    }),
    { numRuns: 2_000 },
  );
});
