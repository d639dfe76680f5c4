import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  absolutePath,
  boolean,
  booleanOr,
  count,
  duration,
  fileMode,
  integer,
  integerOr,
  oneOf,
  optionalPath,
  size,
  string,
  stringList,
  type ValueType,
} from './value-types.js';

interface Case {
  readonly type: ValueType<unknown>;
  readonly accepted: readonly (readonly [raw: unknown, value: unknown, rendered: string])[];
  readonly refused: readonly unknown[];
  readonly wanted: string;
}

const cases: Readonly<Record<string, Case>> = {
  string: {
    type: string,
    accepted: [
      ['', '', '""'],
      ['a "b" \\ \n\u007f', 'a "b" \\ \n\u007f', '"a \\"b\\" \\\\ \\n\\u007F"'],
    ],
    refused: [1, true, undefined, ['a']],
    wanted: 'a string',
  },
  absolutePath: {
    type: absolutePath,
    accepted: [['/a/b', '/a/b', '"/a/b"']],
    refused: ['', 'a', './a', '/a\0b', 1],
    wanted: 'an absolute path such as "/var/lib/strata"',
  },
  optionalPath: {
    type: optionalPath,
    accepted: [
      ['', '', '""'],
      ['/a', '/a', '"/a"'],
    ],
    refused: ['a', 1],
    wanted: 'an absolute path, or "" for the default',
  },
  boolean: {
    type: boolean,
    accepted: [
      [true, true, 'true'],
      [false, false, 'false'],
    ],
    refused: ['true', 0, 1, undefined],
    wanted: 'true or false',
  },
  booleanOr: {
    type: booleanOr('auto'),
    accepted: [
      [true, true, 'true'],
      [false, false, 'false'],
      ['auto', 'auto', '"auto"'],
    ],
    refused: ['true', 'on', 0, undefined],
    wanted: 'true, false or "auto"',
  },
  integerOr: {
    type: integerOr('auto', 0, 10),
    accepted: [
      [0, 0, '0'],
      ['auto', 'auto', '"auto"'],
    ],
    refused: [11, '10', 'off', true, undefined],
    wanted: 'a whole number from 0 to 10, or "auto"',
  },
  integer: {
    type: integer(0, 10),
    accepted: [
      [0, 0, '0'],
      [10, 10, '10'],
    ],
    refused: [-1, 11, 1.5, '1', Number.NaN, 2n ** 60n],
    wanted: 'a whole number from 0 to 10',
  },
  'integer of one value': { type: integer(1, 1), accepted: [[1, 1, '1']], refused: [0, 2], wanted: 'the number 1' },
  oneOf: {
    type: oneOf(['a', 'b', 'c']),
    accepted: [['b', 'b', '"b"']],
    refused: ['d', '', 1],
    wanted: 'one of "a", "b" and "c"',
  },
  stringList: {
    type: stringList,
    accepted: [
      [[], [], '[]'],
      [['a', 'b"'], ['a', 'b"'], '["a", "b\\""]'],
    ],
    refused: ['a', [1], ['a', 1]],
    wanted: 'a list of strings such as ["a", "b"]',
  },
  fileMode: {
    type: fileMode,
    accepted: [
      ['0600', 0o600, '"0600"'],
      ['660', 0o660, '"0660"'],
      [0o777, 0o777, '"0777"'],
      [0, 0, '"0000"'],
    ],
    refused: ['0800', '6', '04755', 'rw', -1, 0o1000, 1.5],
    wanted: 'an octal file mode such as "0600"',
  },
  duration: {
    type: duration(3_600_000),
    accepted: [
      ['1h', 3_600_000, '"1h"'],
      ['1.5s', 1500, '"1500ms"'],
      ['90s', 90_000, '"90s"'],
      ['2 m', 120_000, '"2m"'],
      ['0.04d', 3_456_000, '"3456s"'],
      ['0s', 0, '"0ms"'],
    ],
    refused: ['5', 5, '61m', '-1s', '1d', 's', '1s 1s'],
    wanted: 'a duration such as "10s", at most 1h',
  },
  size: {
    type: size(1, 2 ** 30),
    accepted: [
      [4096, 4096, '"4KiB"'],
      ['16MiB', 2 ** 24, '"16MiB"'],
      ['1.5 KiB', 1536, '"1536B"'],
      ['1GiB', 2 ** 30, '"1GiB"'],
      ['1G', 2 ** 30, '"1GiB"'],
      ['16mb', 2 ** 24, '"16MiB"'],
      ['4096', 4096, '"4KiB"'],
    ],
    refused: [0, '0', 1.5, '2GiB', '1T', 'G', 5n],
    wanted: 'a size such as "16MiB", from 1B to 1GiB',
  },
  count: {
    type: count(0, 2_000_000),
    accepted: [
      [100_000, 100_000, '100000'],
      ['1M', 1_000_000, '1000000'],
      ['0', 0, '0'],
    ],
    refused: [-1, 1.5, '3M', '1MiB', 'M'],
    wanted: 'a number such as 100000 or "1M", from 0 to 2000000',
  },
};

for (const [name, { type, accepted, refused, wanted }] of Object.entries(cases)) {
  test(`${name}: reads, writes and refuses`, () => {
    for (const [raw, value, rendered] of accepted) {
      assert.deepEqual(type.parse(raw), value, `parse ${JSON.stringify(raw)}`);
      assert.equal(type.render(value), rendered);
    }
    for (const raw of refused) assert.equal(type.parse(raw), undefined, `refuse ${String(raw)}`);
    assert.equal(type.wanted, wanted);
  });
}
