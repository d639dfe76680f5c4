import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCircles } from './lib/circles.mjs';
import { importsOf } from './lib/imports.mjs';
import { readRooms } from './lib/rooms.mjs';
import { undocumented } from './lint-docs.mjs';
import { lintImports } from './lint-imports.mjs';

const table = `
| folder | holds | may import | packages |
|---|---|---|---|
| \`src/errors\` | errors | nothing | none |
| \`src/filters\` | filters | \`errors\` | \`re2js\` |
| \`src/linux\` | calls | \`errors\` | \`koffi\`, \`@scope/native\` |
| \`src/rpc/proto\` | messages | nothing | none |
| \`src/rpc/services\` | services | \`rpc/proto\`, \`errors\` | none |
| \`src/daemon\` | daemon | all above | none |
| \`src/testing\` | suite | \`errors\` | none |
| \`src/index.ts\` | entry | \`daemon\` | none |
| \`tests\` | tests | all above | \`fast-check\` |
`;
const rooms = readRooms(table);

/** A file in each room, and some that cases need. */
const others = {
  'src/errors/index.ts': '',
  'src/errors/errors.ts': '',
  'src/errors/b.ts': '',
  'src/errors/api/index.ts': '',
  'src/filters/index.ts': '',
  'src/linux/index.ts': '',
  'src/linux/worker.ts': '',
  'src/rpc/proto/index.ts': '',
  'src/rpc/proto/generated/a.ts': '',
  'src/rpc/services/index.ts': '',
  'src/daemon/index.ts': '',
  'src/testing/index.ts': '',
  'src/testing/case.ts': '',
  'src/index.ts': '',
  'tests/support/fixture.ts': '',
  'tests/kernel/a.test.ts': '',
};

/** @param {Record<string, string>} files */
function messages(files) {
  const sources = new Map(Object.entries({ ...others, ...files }));
  return lintImports(sources, rooms).map(({ file, message }) => `${file}: ${message}`);
}

const above = 'room "errors" may not import room "linux"; it may import: no other room';

/** What is passed. @type {readonly (readonly [name: string, file: string, text: string])[]} */
const passed = [
  ['a room below, through its index', 'src/linux/a.ts', "import { A } from '../errors/index.js';"],
  ['the interface of a room below', 'src/linux/a.ts', "import { A } from '../errors/api/index.js';"],
  ['a file of the same room', 'src/errors/a.ts', "import { A } from './b.js';"],
  ['a generated file', 'src/rpc/services/a.ts', "import { A } from '../proto/generated/a.js';"],
  ['a part of Node', 'src/errors/a.ts', "import { readFile } from 'node:fs/promises';"],
  ['a package of the room', 'src/linux/a.ts', "import koffi from 'koffi';\nimport '@scope/native';"],
  [
    'a path inside such a package',
    'src/linux/a.ts',
    "import koffi from 'koffi/indirect';\nimport '@scope/native/more';",
  ],
  ['a package through require', 'src/linux/a.ts', "createRequire(import.meta.url)('koffi');"],
  ['package.json', 'src/errors/a.ts', "createRequire(import.meta.url)('#package.json');"],
  ['a worker of its own', 'src/linux/a.ts', "new Worker(new URL('./worker.js', import.meta.url), { name: 'a' });"],
  [
    'a process of its own',
    'src/linux/a.ts',
    "import { fork } from 'node:child_process';\nconst script = fileURLToPath(new URL('./worker.js', import.meta.url));\nfork(script, []);\nwriter.fork();",
  ],
  ['a method of that name', 'src/errors/a.ts', 'await workspaces.fork(request, call);'],
  ['testing, from a test', 'src/errors/a.test.ts', "import { A } from '../testing/index.js';"],
  ['fixtures, from a test', 'src/errors/a.test.ts', "import { A } from '../../tests/support/fixture.js';"],
  ['a package of tests, from a test', 'src/errors/a.test.child.ts', "import fc from 'fast-check';"],
  ['any file, from above all rooms', 'tests/support/a.ts', "import { A } from '../../src/errors/errors.js';"],
  [
    'what is no import',
    'src/errors/a.ts',
    [
      "// import { A } from '../linux/index.js';",
      "/*\nimport '../linux/index.js';\n*/",
      "const a = `\nimport '../linux/index.js'`;",
      'const text = "import \'../linux/index.js\'";',
      'const quote = /[\'"`]/;',
      'const half = a / b; // import(`',
      'export const from = 1;',
      'interface Images { import(request: Request, call?: Call): void }',
      'const images = { async import({ source }, call) {} };',
      'const methods = { import: 1 };',
    ].join('\n'),
  ],
];

for (const [name, file, text] of passed) {
  test(`import rules: ${name}, is passed`, () => assert.deepEqual(messages({ [file]: text }), []));
}

/** @param {string} spelling */
const hides = (spelling) =>
  `hides from this check what it imports (${spelling}); write the path as a plain string, in an import or in new URL('...', import.meta.url)`;
const byPath = 'files of this package are imported by relative paths';

/** What is found, with its line. @type {readonly (readonly [name: string, file: string, text: string, finding: string])[]} */
const found = [
  ['a room above', 'src/errors/a.ts', "\nimport { A } from '../linux/index.js';", `2: ${above}`],
  ['a type of it', 'src/errors/a.ts', "import type { A } from '../linux/index.js';", `1: ${above}`],
  ['an export of it', 'src/errors/a.ts', "export {\n  A,\n} from '../linux/index.js';", `3: ${above}`],
  ['all of it', 'src/errors/a.ts', "export * from '../linux/index.js';", `1: ${above}`],
  ['its side effects', 'src/errors/a.ts', "import '../linux/index.js';", `1: ${above}`],
  ['it, later', 'src/errors/a.ts', "const a = await import('../linux/index.js');", `1: ${above}`],
  ['it, with attributes', 'src/errors/a.ts', "import('../linux/index.js', { with: {} });", `1: ${above}`],
  ['it, behind other code', 'src/errors/a.ts', "const a = 1; import { A } from '../linux/index.js';", `1: ${above}`],
  ['it, behind a comment', 'src/errors/a.ts', "/* */ import { A } from '../linux/index.js';", `1: ${above}`],
  ['it, behind a quote in an expression', 'src/errors/a.ts', "x = /'`/;\nimport('../linux/index.js');", `2: ${above}`],
  ['it, inside a template', 'src/errors/a.ts', '`$' + "{await import('../linux/index.js')}`;", `1: ${above}`],
  ['its address', 'src/errors/a.ts', "import.meta.resolve('../linux/index.js');", `1: ${above}`],
  ['it, through require', 'src/errors/a.ts', "createRequire(import.meta.url)('../linux/index.js');", `1: ${above}`],
  [
    'a room below, past its index',
    'src/linux/a.ts',
    "import { A } from '../errors/errors.js';",
    '1: imports ../errors/errors.js; another room is entered through its errors/index.js',
  ],
  [
    'testing',
    'src/linux/a.ts',
    "import '../testing/index.js';",
    '1: room "linux" may not import room "testing"; it may import: errors',
  ],
  [
    'fixtures',
    'src/errors/a.ts',
    "import '../../tests/support/fixture.js';",
    '1: room "errors" may not import room "tests"; it may import: no other room',
  ],
  ['a room above, from a test', 'src/errors/a.test.ts', "import '../linux/index.js';", `1: ${above}`],
  [
    'testing past its index, from a test',
    'src/linux/a.test.ts',
    "import '../testing/case.js';",
    '1: room "linux" may not import room "testing"; it may import: errors',
  ],
  [
    'other tests, from a test',
    'src/errors/a.test.ts',
    "import '../../tests/kernel/a.test.js';",
    '1: room "errors" may not import room "tests"; it may import: no other room',
  ],
  [
    'a file that is not there',
    'src/errors/a.ts',
    "import { A } from './c.js';",
    '1: imports ./c.js, which is no file below src/ or tests/',
  ],
  [
    'a room that nobody knows',
    'src/attic/a.ts',
    "import { A } from '../errors/index.js';",
    '1: lies in the room "attic", which the table in ARCHITECTURE.md does not have',
  ],
  [
    'a package of another room',
    'src/filters/a.ts',
    "import koffi from 'koffi';",
    '1: imports the package koffi; room "filters" may import: re2js',
  ],
  [
    'a path inside it',
    'src/errors/a.ts',
    "import '@scope/native/more';",
    '1: imports the package @scope/native; room "errors" may import: no package',
  ],
  [
    'a package of tests',
    'src/errors/a.ts',
    "import 'fast-check';",
    '1: imports the package fast-check; room "errors" may import: no package',
  ],
  ['a part of Node by its short name', 'src/errors/a.ts', "import 'fs';", '1: imports fs; write node:fs'],
  [
    'a name of this package',
    'src/errors/a.ts',
    "import '#strata/linux/index.js';",
    `1: imports #strata/linux/index.js; ${byPath}`,
  ],
  ['its own name', 'src/errors/a.ts', "import 'strata-snapshotter';", `1: imports strata-snapshotter; ${byPath}`],
  [
    'its own name, with a path, from above',
    'tests/a.ts',
    "import 'strata-snapshotter/testing';",
    `1: imports strata-snapshotter/testing; ${byPath}`,
  ],
  [
    'an absolute path',
    'src/errors/a.ts',
    "import '/src/linux/index.js';",
    '1: imports /src/linux/index.js, which is neither a relative path nor a package',
  ],
  [
    'a URL',
    'src/errors/a.ts',
    "import 'file:///src/linux/index.js';",
    '1: imports file:///src/linux/index.js, which is neither a relative path nor a package',
  ],
  ['a template', 'src/errors/a.ts', 'await import(`../linux/index.js`);', `1: ${hides('import(')}`],
  ['a computed path', 'src/errors/a.ts', 'await import(path);', `1: ${hides('import(')}`],
  ['a choice of paths', 'src/errors/a.ts', 'await import(a ? b : c);', `1: ${hides('import(')}`],
  ['a path in two parts', 'src/errors/a.ts', "await import('../linux' + '/index.js');", `1: ${hides('import(')}`],
  ['an import of the old kind', 'src/errors/a.ts', "import a = require('../linux/index.js');", `1: ${hides('import')}`],
  [
    'a require that is kept',
    'src/errors/a.ts',
    'const load = createRequire(import.meta.url);',
    `1: ${hides('import.meta.url')}`,
  ],
  [
    'a require by another name',
    'src/errors/a.ts',
    "import { createRequire as load } from 'node:module';",
    `1: ${hides("import { createRequire as load } from 'node:module'")}`,
  ],
  [
    'the whole of node:module',
    'src/errors/a.ts',
    "import * as m from 'node:module';",
    `1: ${hides("import * as m from 'node:module'")}`,
  ],
  [
    'where it lies',
    'src/errors/a.ts',
    "join(import.meta.dirname, '../linux/worker.js');",
    `1: ${hides('import.meta.dirname')}`,
  ],
  ['a computed URL', 'src/errors/a.ts', 'new URL(path, import.meta.url);', `1: ${hides('import.meta.url')}`],
  [
    'a worker of another room',
    'src/daemon/a.ts',
    "new Worker(new URL('../linux/worker.js', import.meta.url));",
    '1: names a file of another room (../linux/worker.js); a worker is started by its own room',
  ],
  ['a worker by a path', 'src/daemon/a.ts', 'new Worker(path, {});', `1: ${hides('new Worker(')}`],
  [
    'a worker by another name',
    'src/daemon/a.ts',
    "import { Worker as W } from 'node:worker_threads';",
    `1: ${hides("import { Worker as W } from 'node:worker_threads'")}`,
  ],
  [
    'a process by a path',
    'src/daemon/a.ts',
    "import { fork } from 'node:child_process';\nfork('/dist/linux/worker.js');",
    `2: ${hides('fork(')}`,
  ],
  [
    'what starts processes, passed on',
    'src/daemon/a.ts',
    "export { fork } from 'node:child_process';",
    `1: ${hides("export { fork } from 'node:child_process'")}`,
  ],
  [
    'a process by a path that was made',
    'src/daemon/a.ts',
    "import * as processes from 'node:child_process';\nconst script = join(a, b);\nprocesses.fork(script);",
    `3: ${hides('fork(')}`,
  ],
];

for (const [name, file, text, finding] of found) {
  test(`import rules: ${name}, is found`, () => {
    const [first, ...more] = messages({ [file]: text });
    assert.equal(first, `${file}:${finding}`);
    assert.ok(more.every((each) => each.startsWith(`${file}:`)));
  });
}

test('import rules: a file that cannot be read to its end is found', () => {
  assert.deepEqual(messages({ 'src/errors/a.ts': '`' }), ['src/errors/a.ts: cannot be read: a template has no end']);
});

test('import rules: a room without files is found', () => {
  const sources = new Map(Object.entries(others).filter(([file]) => !file.startsWith('src/filters/')));
  assert.deepEqual(lintImports(sources, rooms), [
    { file: 'ARCHITECTURE.md', message: 'has the room "filters", in which no file is' },
  ]);
});

test('the table of rooms: is read with its packages, and what it names is in it', () => {
  assert.deepEqual(rooms.get('linux'), { rooms: ['errors'], packages: ['koffi', '@scope/native'] });
  assert.deepEqual(rooms.get('daemon')?.rooms, ['errors', 'filters', 'linux', 'rpc/proto', 'rpc/services']);
  assert.throws(() => readRooms(table.replace('| `errors` | `re2js` |', '| `attic` | `re2js` |')), {
    message: 'ARCHITECTURE.md lets filters import attic, which it does not have',
  });
  assert.throws(() => readRooms('# Architecture'), SyntaxError);
});

test('import rules: a circle between files is found, one of types alone is not', () => {
  const back = { 'src/errors/a.ts': "import { B } from './b.js';", 'src/errors/b.ts': "import { A } from './a.js';" };
  assert.deepEqual(messages(back), [
    'src/errors/b.ts: imports itself in a circle: src/errors/b.ts -> src/errors/a.ts -> src/errors/b.ts',
  ]);
  assert.deepEqual(messages({ ...back, 'src/errors/b.ts': "import type { A } from './a.js';" }), []);
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
