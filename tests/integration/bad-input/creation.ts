/** Wrong keys, and wrong requests to prepare and view. */
import { methods, requests } from '../../support/snapshots-api.js';
import { codes } from '../../support/wire.js';
import type { BadCase } from './bench.js';
import { longKey, longLabels, longLabelsText } from './too-long.js';

const { invalidArgument, notFound, alreadyExists } = codes;

/** For what takes a key that has to exist. */
export const keyCases: readonly BadCase[] = (['stat', 'usage', 'mounts', 'remove'] as const).flatMap((name) =>
  ['nosuch', '', longKey].map((key) => ({
    name: `${name} of ${key === '' ? 'an empty key' : key === longKey ? 'a key of 64 KiB' : 'an unknown key'}`,
    method: methods[name],
    body: requests.key(key),
    code: notFound,
    // A text this long is shortened, so that it fits into what clients accept as headers.
    text:
      key === longKey
        ? /^snapshot k+ \[\.\.\.\] k+ does not exist: not found$/
        : `snapshot ${key} does not exist: not found`,
  })),
);

/** For what creates. */
export const creationCases: readonly BadCase[] = (['prepare', 'view'] as const).flatMap((name) => {
  const method = methods[name];
  return [
    {
      name: `${name} of an empty key`,
      method,
      body: requests.create({ key: '' }),
      code: invalidArgument,
      text: 'snapshot key must not be empty: invalid argument',
    },
    {
      name: `${name} of a key of 64 KiB`,
      method,
      body: requests.create({ key: longKey }),
      code: invalidArgument,
      text: 'snapshot key of 65536 bytes is longer than 32768 bytes: invalid argument',
    },
    ...['active', 'view', 'base'].map((key) => ({
      name: `${name} of the key ${key}, which is taken`,
      method,
      body: requests.create({ key }),
      code: alreadyExists,
      text: `snapshot "${key}": already exists`,
    })),
    {
      name: `${name} for a reference that is there`,
      method,
      body: requests.create({ key: 'new', labels: { 'containerd.io/snapshot.ref': 'base' } }),
      code: alreadyExists,
      text: 'target snapshot "base": already exists',
    },
    {
      name: `${name} over an unknown parent`,
      method,
      body: requests.create({ key: 'new', parent: 'nosuch' }),
      code: notFound,
      text: 'parent snapshot nosuch does not exist: not found',
    },
    ...['active', 'view'].map((parent) => ({
      name: `${name} over a parent that is not committed (${parent})`,
      method,
      body: requests.create({ key: 'new', parent }),
      code: invalidArgument,
      text: new RegExp(`^failed to create snapshot: parent "${parent}" is not committed snapshot: invalid argument$`),
    })),
    {
      name: `${name} with a label of 4097 bytes`,
      method,
      body: requests.create({ key: 'new', labels: longLabels }),
      code: invalidArgument,
      text: longLabelsText,
    },
    {
      name: `${name} with a label without a key`,
      method,
      body: requests.create({ key: 'new', labels: { '': 'value' } }),
      code: invalidArgument,
      text: 'failed to set label ""="value": key required: invalid argument',
    },
    {
      name: `${name} under a lease that is not there`,
      method,
      body: requests.create({ key: 'new' }),
      options: { headers: { 'containerd-lease': 'nosuch' } },
      code: notFound,
      text: 'lease does not exist: not found',
    },
  ];
});
