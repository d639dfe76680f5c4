import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toJson } from './json.js';

describe('JSON', () => {
  it('has maps as objects, times as text, and bytes in base64', () => {
    const value = { labels: new Map([['a', '1']]), at: new Date(0), value: Uint8Array.of(1, 2, 255) };
    assert.equal(toJson(value), '{"labels":{"a":"1"},"at":"1970-01-01T00:00:00.000Z","value":"AQL/"}');
  });

  it('keeps a label whose key means something to JavaScript', () => {
    assert.equal(toJson(new Map([['__proto__', 'x']])), '{"__proto__":"x"}');
  });

  it('is null for a time that was never set, and where there is nothing', () => {
    assert.equal(toJson([new Date(Number.NaN)]), '[null]');
    assert.equal(toJson(undefined), 'null');
  });

  it('is indented when asked for', () => assert.equal(toJson({ a: [] }, 2), '{\n  "a": []\n}'));
});
