import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inheritedLabels, labelsOf, updatedLabels, validateLabels, withoutEmpty } from './labels.js';

describe('labels', () => {
  it('with an empty value do not exist', () => {
    assert.deepEqual(withoutEmpty(labelsOf({ a: '1', b: '' })), labelsOf({ a: '1' }));
    assert.deepEqual(withoutEmpty(undefined), new Map());
  });

  it('are passed on to a back end when they are meant for one', () => {
    const labels = {
      'containerd.io/snapshot/x': '1',
      'containerd.io/snapshot.ref': '2',
      'strata.dev/max-inodes': '3',
    };
    const others = { 'containerd.io/gc.root': '4', 'containerd.io/snapshot': '5', mine: '6' };
    assert.deepEqual(inheritedLabels(labelsOf({ ...others, ...labels })), labelsOf(labels));
  });

  it('need a key, and have a size that is counted in bytes', () => {
    validateLabels(labelsOf({ k: 'v'.repeat(4095) }));
    assert.throws(() => validateLabels(labelsOf({ k: 'é'.repeat(2048) })), {
      message:
        'info.Labels: label key and value length (4097 bytes) greater than maximum size (4096 bytes), key: k: invalid argument',
    });
    assert.throws(() => validateLabels(labelsOf({ '': 'v' })), {
      message: /^failed to set label ""="v": key required/,
    });
  });
});

describe('updatedLabels', () => {
  const current = labelsOf({ a: '1', b: '2', 'x.y/z': '3' });
  const update = (given: Record<string, string>, fieldpaths?: readonly string[]) =>
    Object.fromEntries(updatedLabels({ name: 'k', current, given: labelsOf(given), fieldpaths }));

  it('replaces all labels without paths, and by the path "labels"', () => {
    assert.deepEqual(update({ c: '4', d: '' }), { c: '4' });
    assert.deepEqual(update({ c: '4' }, []), { c: '4' });
    assert.deepEqual(update({ c: '4' }, ['labels']), { c: '4' });
  });

  it('sets or deletes the labels that paths name, and keeps the others', () => {
    assert.deepEqual(update({ a: '9', b: '9' }, ['labels.a']), { a: '9', b: '2', 'x.y/z': '3' });
    assert.deepEqual(update({}, ['labels.a']), { b: '2', 'x.y/z': '3' });
    assert.deepEqual(update({ b: '' }, ['labels.b']), { a: '1', 'x.y/z': '3' });
    assert.deepEqual(update({ 'x.y/z': '4' }, ['labels.x.y/z']), { a: '1', b: '2', 'x.y/z': '4' });
  });

  it('refuses any other path', () => {
    for (const path of ['name', 'label.a', 'labelsa', '']) {
      assert.throws(() => update({ a: '1' }, ['labels.a', path]), {
        message: `cannot update "${path}" field on snapshot "k": invalid argument`,
      });
    }
  });
});
