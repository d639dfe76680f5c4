import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseDefault, type DefaultRequest } from './default-choice.js';

const request = (change: Partial<DefaultRequest>): DefaultRequest => ({
  configured: 'auto',
  recorded: undefined,
  holding: [],
  usable: ['blockfile', 'native', 'overlayfs', 'btrfs'],
  obstacles: new Map(),
  ...change,
});

const cases: readonly (readonly [what: string, change: Partial<DefaultRequest>, name: string, reason: RegExp])[] = [
  ['overlayfs where it works', {}, 'overlayfs', /works here/],
  [
    'btrfs where overlayfs does not work',
    { usable: ['native', 'btrfs'], obstacles: new Map([['overlayfs', 'EINVAL']]) },
    'btrfs',
    /overlayfs does not work here \(EINVAL\)/,
  ],
  ['native as the last resort', { usable: ['erofs', 'native'] }, 'native', /btrfs does not work here \(not started\)/],
  ['what is configured, whatever there is', { configured: 'erofs', holding: ['native'] }, 'erofs', /configured/],
  ['what holds the snapshots of a root without a record', { holding: ['native'] }, 'native', /has snapshots/],
  [
    'the recorded one that holds snapshots',
    { recorded: 'btrfs', holding: ['btrfs', 'overlayfs'] },
    'btrfs',
    /has snap/,
  ],
  [
    'the recorded one that holds snapshots although it does not work',
    { recorded: 'btrfs', holding: ['btrfs'], usable: ['overlayfs'] },
    'btrfs',
    /has snapshots/,
  ],
  [
    'the recorded one when others, which were asked for, hold snapshots',
    { recorded: 'overlayfs', holding: ['native'] },
    'overlayfs',
    /when the root was new/,
  ],
  ['again when the root is empty again', { recorded: 'native' }, 'overlayfs', /works here/],
  [
    'one that holds snapshots when the recorded one is gone',
    { recorded: 'btrfs', holding: ['native'], usable: ['native'] },
    'native',
    /has/,
  ],
  ['the only one that is started', { usable: ['erofs'] }, 'erofs', /no other/],
  ['overlayfs when there is none', { usable: [] }, 'overlayfs', /none works/],
];

describe('the default snapshotter is', () => {
  for (const [what, change, name, reason] of cases) {
    it(what, () => {
      const choice = chooseDefault(request(change));
      assert.equal(choice.name, name);
      assert.match(choice.reason, reason);
    });
  }
});
