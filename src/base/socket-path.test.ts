import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { maxSocketPathBytes, socketPath } from './socket-path.js';

const longest = `/${'a'.repeat(maxSocketPathBytes - 1)}`;

describe('socketPath', () => {
  const paths: [string, string][] = [
    ['/run/s.sock', '/run/s.sock'],
    ['unix:/run/s.sock', '/run/s.sock'],
    ['unix:///run/s.sock', '/run/s.sock'],
    ['/run/a b?c#d%20.sock', '/run/a b?c#d%20.sock'],
    [longest, longest],
  ];
  for (const [address, path] of paths) {
    it(`finds the path in ${address.slice(0, 30)}`, () => assert.deepEqual(socketPath(address), { path }));
  }

  const problems: [string, string][] = [
    ['', 'address "" is not an absolute path of a unix socket'],
    ['run/s.sock', 'address "run/s.sock" is not an absolute path of a unix socket'],
    ['unix:s.sock', 'address "unix:s.sock" is not an absolute path of a unix socket'],
    ['unix://host/s.sock', 'address "unix://host/s.sock" is not an absolute path of a unix socket'],
    ['localhost:80', 'address "localhost:80" is not an absolute path of a unix socket'],
    ['/a\0b', 'address "/a\\u0000b" contains a zero byte'],
    [`${longest}b`, `address "${longest}b" has a path of 108 bytes, more than 107`],
    [`/${'ü'.repeat(60)}`, `address "/${'ü'.repeat(60)}" has a path of 121 bytes, more than 107`],
  ];
  for (const [address, problem] of problems) {
    it(`refuses ${JSON.stringify(address).slice(0, 30)}`, () => assert.deepEqual(socketPath(address), { problem }));
  }
});
