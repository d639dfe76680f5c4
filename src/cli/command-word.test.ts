import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandWord } from './command-word.js';

const cases: readonly (readonly [line: string, word: string | undefined])[] = [
  ['ls', 'ls'],
  ['ls --help', 'ls'],
  ['--json ls tree', 'ls'],
  ['-a tree ls', 'ls'],
  ['--address tree --timeout 10s -n default ls', 'ls'],
  ['--address=tree ls', 'ls'],
  ['help ls', 'help'],
  ['nonsense', 'nonsense'],
  ['--help ls', undefined],
  ['-h', undefined],
  ['--version', undefined],
  ['-a', undefined],
  ['', undefined],
];

for (const [line, word] of cases) {
  test(`the command of "strata ${line}" is ${word}`, () => {
    assert.equal(commandWord(line.split(' ').filter((each) => each !== '')), word);
  });
}
