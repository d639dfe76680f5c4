import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLogLine } from './log-text.js';

const plain = { colour: false };

function line(record: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ level: 'info', time: '2026-11-24T04:25:00.123Z', msg: 'listening', ...record });
}

const cases: Readonly<Record<string, readonly [record: Readonly<Record<string, unknown>>, text: string]>> = {
  'time, level and message': [{}, '04:25:00.123 INFO  listening\n'],
  'fields, quoted where needed': [
    { address: '/run/a.sock', key: 'a b', count: 3, list: ['x'], none: null },
    '04:25:00.123 INFO  listening address=/run/a.sock key="a b" count=3 list=["x"] none=null\n',
  ],
  'an empty field': [{ key: '' }, '04:25:00.123 INFO  listening key=""\n'],
  'no message': [{ msg: undefined }, '04:25:00.123 INFO  \n'],
  'an error behind the message': [
    { level: 'warn', msg: 'failed', err: { message: 'no space', stack: 'Error: no space\n    at a (b.js:1)' } },
    '04:25:00.123 WARN  failed: no space\n',
  ],
  'the stack below a severe one': [
    {
      level: 'error',
      msg: 'failed',
      err: { message: 'no space', stack: 'Error: no space\n    at a (b.js:1)\n    at c' },
    },
    '04:25:00.123 ERROR failed: no space\n    at a (b.js:1)\n    at c\n',
  ],
  'an error that is the message': [{ msg: 'boom', err: { message: 'boom' } }, '04:25:00.123 INFO  boom\n'],
  'what a terminal would obey': [
    { msg: 'a\u001b[31mb\nc\u009b', 'k\u001b': 'v\u001b[2J\u007f' },
    '04:25:00.123 INFO  a\\u001b[31mb\\u000ac\\u009b k\\u001b="v\\u001b[2J\\u007f"\n',
  ],
};

for (const [what, [record, text]] of Object.entries(cases)) {
  test(`shows ${what}`, () => assert.equal(formatLogLine(line(record), plain), text));
}

test('colours the level for a terminal', () => {
  assert.ok(formatLogLine(line({ level: 'error' }), { colour: true }).includes('\u001b[31mERROR\u001b[39m'));
});
