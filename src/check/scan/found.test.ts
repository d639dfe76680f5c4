import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { found, quoted } from './found.js';

const place = { type: 'store' } as const;

describe('found', () => {
  it('takes the remedy of its kind, unless another is given', () => {
    const usual = found('orphan-directory', place, { message: 'm' });
    assert.deepEqual([usual.remedy, usual.finding.remedy], ['move-away', 'move-away']);
    const other = found('orphan-directory', place, { message: 'm', remedy: 'none' });
    assert.deepEqual([other.remedy, other.finding.remedy], ['none', 'none']);
    assert.equal(found('orphan-directory', place, { message: 'm', remedy: undefined }).remedy, 'move-away');
  });

  it('leaves out an empty namespace, and keeps another', () => {
    assert.equal('namespace' in found('wrong-mode', place, { message: 'm', namespace: '' }).finding, false);
    assert.equal(found('wrong-mode', place, { message: 'm', namespace: 'n' }).finding.namespace, 'n');
  });

  it('says in the finding what it was told, and keeps its place to itself', () => {
    const { kind, finding, place: kept } = found('wrong-mode', place, { message: 'm', id: '7', key: 'k', path: '/p' });
    assert.deepEqual(finding, { kind: 'wrong-mode', message: 'm', id: '7', key: 'k', path: '/p', remedy: 'set-mode' });
    assert.deepEqual([kind, kept], ['wrong-mode', place]);
  });
});

describe('quoted', () => {
  it('keeps a text of a client apart from the sentence', () => assert.equal(quoted('a "b"\n'), '"a \\"b\\"\\n"'));
});
