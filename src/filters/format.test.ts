import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Selector } from './filter.js';
import { formatFilter } from './format.js';
import { parseFilters } from './parse-filters.js';

test('what is printed is read back as it was', () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom('"', '\\', '\n', '\0', '\ufffd', ',', '/', '\udcff', '\udc80'),
      fc.string({ unit: 'binary', maxLength: 2 }),
    ),
  });
  const selector: fc.Arbitrary<Selector> = fc.record(
    {
      fieldpath: fc.array(text, { minLength: 1, maxLength: 3 }),
      operator: fc.constantFrom('==', '!='),
      value: text,
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(selector, { minLength: 1, maxLength: 3 }), (selectors) => {
      assert.deepEqual(parseFilters([formatFilter(selectors)]).alternatives, [selectors]);
    }),
  );
});

test('prints bare what may be bare, and quotes the rest', () => {
  assert.equal(
    formatFilter([
      { fieldpath: ['labels', 'containerd.io/x'], operator: '==', value: 'a "b", c\\d' },
      { fieldpath: ['parent'], operator: 'present', value: '' },
      { fieldpath: ['name'], operator: '!=', value: '\udcff' },
    ]),
    'labels."containerd.io/x"=="a \\"b\\", c\\\\d",parent,name!="\\xff"',
  );
  assert.equal(formatFilter([]), '');
});
