import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HeaderContent, RequestBuilder } from './request-headers.js';

type Fields = readonly (readonly [name: string, value: string])[];

const request: Fields = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/p'],
];

function build(fields: Fields, limit = 1000): HeaderContent {
  const builder = new RequestBuilder(limit);
  for (const [name, value] of fields) builder.add(name, value);
  return builder.finish();
}

function without(name: string): Fields {
  return request.filter(([other]) => other !== name);
}

describe('RequestBuilder', () => {
  it('makes a request', () => {
    const content = build([...request, [':authority', 'a'], ['name', 'one'], ['name', 'two'], ['te', 'trailers']]);
    assert.ok(typeof content === 'object');
    assert.deepEqual([content.method, content.path, content.contentLength], ['POST', '/p', undefined]);
    assert.deepEqual([content.get('name'), content.get('te'), content.get('other')], ['one', 'trailers', undefined]);
  });

  it('counts it as HTTP/2 does', () => {
    const content = build(request);
    assert.ok(typeof content === 'object');
    assert.equal(content.bytes, ':methodPOST:schemehttp:path/p'.length + 3 * 32);
  });

  it('keeps the length that the body is to have', () => {
    const content = build([...request, ['content-length', '12'], ['content-length', '12']]);
    assert.ok(typeof content === 'object');
    assert.equal(content.contentLength, 12);
    assert.equal(content.get('content-length'), '12');
  });

  it('takes headers without pseudo-headers as trailers', () => {
    assert.equal(build([['a', 'b']]), 'trailers');
    assert.equal(build([]), 'trailers');
  });

  const malformed: Record<string, Fields> = {
    'no method': without(':method'),
    'no scheme': without(':scheme'),
    'no path': without(':path'),
    'an empty path': [...without(':path'), [':path', '']],
    'an unknown pseudo-header': [...request, [':status', '200']],
    'a pseudo-header twice': [...request, [':path', '/p']],
    'a pseudo-header after others': [['a', 'b'], ...request],
    'upper case in a name': [...request, ['Name', 'v']],
    'a space in a name': [...request, ['na me', 'v']],
    'a colon in a name': [...request, ['na:me', 'v']],
    'a name that is empty': [...request, ['', 'v']],
    'a line break in a value': [...request, ['name', 'v\r\nother: w']],
    'a NUL in a value': [...request, ['name', 'v\0']],
    'a header of HTTP/1': [...request, ['connection', 'close']],
    'a te that is not trailers': [...request, ['te', 'gzip']],
    'a length that is no number': [...request, ['content-length', '-1']],
    'two lengths': [...request, ['content-length', '1'], ['content-length', '2']],
    'a header of HTTP/1 among trailers': [['connection', 'close']],
  };
  for (const [name, fields] of Object.entries(malformed)) {
    it(`calls ${name} malformed`, () => assert.equal(build(fields), 'malformed'));
  }

  it('takes as much as the limit and not more', () => {
    const field = (bytes: number): Fields => [...request, ['n', 'v'.repeat(bytes)]];
    const used = ':methodPOST:schemehttp:path/p'.length + 3 * 32 + 32 + 1;
    assert.equal(typeof build(field(1000 - used)), 'object');
    assert.equal(build(field(1001 - used)), 'too large');
    assert.equal(build([...field(1001 - used), ['Malformed', '']]), 'too large');
  });
});
