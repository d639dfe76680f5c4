import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderFields, renderTable } from './table.js';

const columns = [{ title: 'NAME' }, { title: 'SIZE', align: 'right' }, { title: 'NOTES' }] as const;

const table = (rows: readonly (readonly string[])[], width?: number) => [
  ...renderTable(columns, rows, width === undefined ? {} : { columns: width }),
];

describe('a table', () => {
  it('has headings only when it is empty', () => assert.deepEqual(table([]), ['NAME  SIZE  NOTES']));

  it('is as wide as its widest cells, with nothing behind the last', () => {
    assert.deepEqual(
      table([
        ['sandbox-1', '4 B', ''],
        ['b', '1024 B', 'x'],
      ]),
      ['NAME         SIZE  NOTES', 'sandbox-1     4 B', 'b          1024 B  x'],
    );
  });

  it('stands straight below wide characters', () => {
    assert.deepEqual(
      table([
        ['漢字', '1', 'x'],
        ['größe', '1', 'x'],
      ]),
      ['NAME   SIZE  NOTES', '漢字      1  x', 'größe     1  x'],
    );
  });

  it('escapes its cells, and counts what is printed', () => {
    assert.deepEqual(table([['a\nb', '\u001b[1m', 'x']]), ['NAME     SIZE  NOTES', 'a\\nb  \\x1b[1m  x']);
  });

  const rows = [
    ['a', '1', 'the quick brown fox jumps'],
    ['b', '2', 'short'],
  ];

  it('breaks the last column where the terminal is too narrow for it', () => {
    assert.deepEqual(table(rows, 30), [
      'NAME  SIZE  NOTES',
      'a        1  the quick brown',
      '            fox jumps',
      'b        2  short',
    ]);
  });

  it('breaks nothing that fits, nor to shreds, nor in a pipe', () => {
    const whole = ['NAME  SIZE  NOTES', 'a        1  the quick brown fox jumps', 'b        2  short'];
    for (const width of [undefined, 37, 20]) assert.deepEqual(table(rows, width), whole);
  });
});

describe('fields', () => {
  it('have their values below each other', () => {
    assert.deepEqual(
      [
        ...renderFields([
          ['Key', 'a'],
          ['Parent', ''],
          ['Labels', 'x=1'],
          ['', 'y=2'],
        ]),
      ],
      ['Key:    a', 'Parent:', 'Labels: x=1', '        y=2'],
    );
  });

  it('are escaped, and none are no lines', () => {
    assert.deepEqual([...renderFields([['K\t', '\u001b']])], ['K\\t: \\x1b']);
    assert.deepEqual([...renderFields([])], []);
  });
});
