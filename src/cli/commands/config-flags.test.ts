import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { UsageError } from '../failure.js';
import { settingsOf } from './config-flags.js';

describe('flags that set what the configuration sets', () => {
  it('know which option they come from', () => {
    assert.deepEqual(settingsOf({ logLevel: 'debug', proxy: true, config: '/c.toml' }), [
      { path: ['log_level'], value: 'debug', origin: '--log-level' },
      { path: ['proxy', 'enabled'], value: true, origin: '--proxy' },
    ]);
    assert.deepEqual(settingsOf({}), []);
  });

  it('have paths from the working directory on', () => {
    const values = settingsOf({ root: 'r', state: '/s/', address: 'a.sock' }).map(({ value }) => value);
    assert.deepEqual(values, [path.resolve('r'), '/s', path.resolve('a.sock')]);
  });

  it('take the address of a socket as containerd writes it', () => {
    for (const address of ['unix:///run/s.sock', 'unix:/run/s.sock', '/run/s.sock']) {
      assert.equal(settingsOf({ address })[0]?.value, '/run/s.sock');
    }
  });

  it('take no empty path, which a variable that is not set leaves', () => {
    for (const flag of ['root', 'state', 'address'] as const) {
      assert.throws(() => settingsOf({ [flag]: '' }), new UsageError(`--${flag}: want a path, got ""`));
    }
  });
});
