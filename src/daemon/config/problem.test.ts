import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderProblem, suggest } from './problem.js';

const keys = ['root', 'state', 'log_level', 'log_format', 'max_message_size'];

const cases: readonly (readonly [word: string, near: string | undefined])[] = [
  ['rot', 'root'],
  ['loglevel', 'log_level'],
  ['log-format', 'log_format'],
  ['stat', 'state'],
  ['max_recv_message_size', 'max_message_size'],
  ['address', undefined],
  ['', undefined],
];

for (const [word, near] of cases) {
  test(`"${word}" suggests ${near ?? 'nothing'}`, () => assert.equal(suggest(word, keys), near));
}

test('a problem is rendered with its place', () => {
  assert.equal(renderProblem({ origin: 'a.toml:3', text: 'root: want x' }), 'a.toml:3: root: want x');
});
