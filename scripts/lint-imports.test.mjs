import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCircles } from './lib/circles.mjs';
import { importsOf } from './lib/imports.mjs';
import { undocumented } from './lint-docs.mjs';
import { lintImports, rooms } from './lint-imports.mjs';

/** @param {Record<string, string>} files */
function messages(files) {
  return lintImports(new Map(Object.entries(files))).map(({ file, message }) => `${file}: ${message}`);
}

const doors = {
  'errors/index.ts': '',
  'store/index.ts': '',
  'testing/index.ts': '',
  'rpc/proto/generated/a.ts': '',
  'errors/errors.ts': '',
};

/** @type {readonly { name: string, file: string, text: string, finding: string | undefined }[]} */
const cases = [
  {
    name: 'a room below, through its index',
    file: 'store/a.ts',
    text: "import { A } from '../errors/index.js';",
    finding: undefined,
  },
  {
    name: 'a room above',
    file: 'errors/a.ts',
    text: "\nimport { A } from '../store/index.js';",
    finding: 'src/errors/a.ts:2: room "errors" may not import room "store"; it may import: no other room',
  },
  {
    name: 'a type of a room above',
    file: 'errors/a.ts',
    text: "import type { A } from '../store/index.js';",
    finding: 'src/errors/a.ts:1: room "errors" may not import room "store"; it may import: no other room',
  },
  {
    name: 'an export of a room above, over several lines',
    file: 'errors/a.ts',
    text: "export {\n  A,\n} from '../store/index.js';",
    finding: 'src/errors/a.ts:3: room "errors" may not import room "store"; it may import: no other room',
  },
  {
    name: 'a dynamic import of a room above',
    file: 'filters/a.ts',
    text: "const a = await import('../store/index.js');",
    finding: 'src/filters/a.ts:1: room "filters" may not import room "store"; it may import: errors',
  },
  {
    name: 'a room below, past its index',
    file: 'store/a.ts',
    text: "import { A } from '../errors/errors.js';",
    finding: 'src/store/a.ts:1: imports ../errors/errors.js; another room is entered through its errors/index.js',
  },
  {
    name: 'a generated file',
    file: 'rpc/services/a.ts',
    text: "import { A } from '../proto/generated/a.js';",
    finding: undefined,
  },
  {
    name: 'testing, from a test',
    file: 'errors/a.test.ts',
    text: "import { A } from '../testing/index.js';",
    finding: undefined,
  },
  {
    name: 'testing, from something else',
    file: 'daemon/a.ts',
    text: "import { A } from '../testing/index.js';",
    finding: `src/daemon/a.ts:1: room "daemon" may not import room "testing"; it may import: ${rooms['daemon']?.join(', ')}`,
  },
  {
    name: 'a file that is not there',
    file: 'errors/a.ts',
    text: "import { A } from './b.js';",
    finding: 'src/errors/a.ts:1: imports ./b.js, which is no file below src/',
  },
  {
    name: 'a room that nobody knows',
    file: 'attic/a.ts',
    text: "import { A } from '../errors/index.js';",
    finding: 'src/attic/a.ts:1: lies in the room "attic", which the table in scripts/lint-imports.mjs does not have',
  },
  {
    name: 'native code outside its room',
    file: 'drivers/a.ts',
    text: "import koffi from 'koffi';",
    finding: 'src/drivers/a.ts:1: imports the package koffi, which only linux may do',
  },
  {
    name: 'a worker of another room',
    file: 'drivers/a.ts',
    text: "new Worker(new URL('../errors/errors.js', import.meta.url));",
    finding:
      'src/drivers/a.ts:1: names a file of another room (../errors/errors.js); a worker is started by its own room',
  },
  {
    name: 'an import in a comment, a template and a string',
    file: 'errors/a.ts',
    text: "// import { A } from '../store/index.js';\n/*\nimport '../store/index.js';\n*/\nconst a = `\nimport '../store/index.js'`;",
    finding: undefined,
  },
];

for (const { name, file, text, finding } of cases) {
  test(`import rules: ${name}`, () => {
    assert.deepEqual(messages({ ...doors, [file]: text }), finding === undefined ? [] : [finding]);
  });
}

test('import rules: a circle between files is found, one of types alone is not', () => {
  const back = { 'errors/a.ts': "import { B } from './b.js';", 'errors/b.ts': "import { A } from './a.js';" };
  assert.deepEqual(messages(back), [
    'src/errors/a.ts: imports itself in a circle: errors/a.ts -> errors/b.ts -> errors/a.ts',
  ]);
  assert.deepEqual(messages({ ...back, 'errors/b.ts': "import type { A } from './a.js';" }), []);
});

test('import rules: imports are read with their kinds and lines', () => {
  const source = [
    "import 'a';",
    "import b, { type B } from 'b';",
    "import type { C } from 'c';",
    "export * as d from 'd';",
    'export const from = 1;',
    'const text = "import \'no\'";',
    "import type from 'e';",
  ].join('\n');
  assert.deepEqual(
    importsOf(source).map(({ specifier, kind, line }) => [specifier, kind, line]),
    [
      ['a', 'static', 1],
      ['b', 'static', 2],
      ['c', 'type', 3],
      ['d', 'static', 4],
      ['e', 'static', 7],
    ],
  );
});

test('circles: every knot is reported, a diamond is none', () => {
  const diamond = new Map([
    ['a', ['b', 'c']],
    ['b', ['d']],
    ['c', ['d']],
    ['d', []],
  ]);
  assert.deepEqual(findCircles(diamond), []);
  const knots = new Map([
    ['a', ['a']],
    ['b', ['c']],
    ['c', ['d']],
    ['d', ['b']],
  ]);
  assert.deepEqual(findCircles(knots), [
    ['a', 'a'],
    ['b', 'c', 'd', 'b'],
  ]);
});

test('docstrings: what is exported without one is found', () => {
  const source = [
    '/** Has one. */',
    'export class A {}',
    '',
    'export interface B {}',
    '/* Not a docstring. */',
    'export const c = 1;',
    '/**',
    ' * Two lines.',
    ' */',
    'export function d(a: string): void;',
    'export function d(a: number): void;',
    "export type { E } from './e.js';",
    "export { f } from './f.js';",
    'export abstract class G {}',
  ].join('\n');
  assert.deepEqual(
    undocumented(source).map(({ name, line }) => [name, line]),
    [
      ['B', 4],
      ['c', 6],
      ['G', 14],
    ],
  );
});
