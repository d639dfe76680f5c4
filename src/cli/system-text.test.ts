import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plainSystemText } from './system-text.js';

const cases: readonly (readonly [what: string, text: string, shown: string])[] = [
  ['says which file', "ENOENT: no such file or directory, open '/nope/x'", '/nope/x: no such file or directory'],
  ['names what it was to become', "EISDIR: illegal operation, rename '/a/b' -> '/a/c'", '/a/c: illegal operation'],
  ['needs no path', 'ENOSPC: no space left on device, write', 'no space left on device'],
  [
    'names no file twice, nor one beside it',
    "cannot write /a/b: EACCES: permission denied, open '/a/.b.1'",
    'cannot write /a/b: permission denied',
  ],
  [
    'is put right in a sentence',
    "the root /r: EACCES: permission denied, scandir '/s'; and so on",
    'the root /r: /s: permission denied; and so on',
  ],
  [
    'names a directory above what was named before',
    "store /r/s/db: EACCES: permission denied, mkdir '/r'",
    'store /r/s/db: /r: permission denied',
  ],
  [
    'says what is wrong where a directory cannot be made',
    "EEXIST: file already exists, mkdir '/r'",
    '/r: something else than a directory lies there',
  ],
  ['leaves everything else as it is', 'snapshot EGGS: not found, sorry', 'snapshot EGGS: not found, sorry'],
];

describe('a message of the system', () => {
  for (const [what, text, shown] of cases) it(what, () => assert.equal(plainSystemText(text), shown));
});
