/** What is checked first in every method: the snapshotter, then the namespace. */
import { message } from '../../support/protobuf.js';
import { methods, requests } from '../../support/snapshots-api.js';
import { codes } from '../../support/wire.js';
import type { BadCase } from './bench.js';

const { invalidArgument, failedPrecondition } = codes;
const identifierRule = '^[A-Za-z0-9]+(?:[._-](?:[A-Za-z0-9]+))*$';
const longNamespace = 'n'.repeat(77);
const overlayfs = requests.snapshotter('overlayfs');

/** Every method of Snapshots, with a request that is right in all but what a case makes wrong. */
const wholeService: readonly { readonly name: string; readonly method: string; readonly rest: Buffer }[] = [
  { name: 'Prepare', method: methods.prepare, rest: message([2, 'new']) },
  { name: 'View', method: methods.view, rest: message([2, 'new']) },
  { name: 'Mounts', method: methods.mounts, rest: message([2, 'active']) },
  { name: 'Commit', method: methods.commit, rest: message([2, 'new'], [3, 'active']) },
  { name: 'Remove', method: methods.remove, rest: message([2, 'active']) },
  { name: 'Stat', method: methods.stat, rest: message([2, 'active']) },
  { name: 'Update', method: methods.update, rest: message([2, message([1, 'active'])]) },
  { name: 'List', method: methods.list, rest: message() },
  { name: 'Usage', method: methods.usage, rest: message([2, 'active']) },
];

/** Each method with each of these faults. */
export const serviceCases: readonly BadCase[] = wholeService.flatMap(({ name, method, rest }) => [
  {
    name: `${name} without a snapshotter`,
    method,
    body: rest,
    code: invalidArgument,
    text: 'snapshotter argument missing: invalid argument',
  },
  {
    name: `${name} with an unknown snapshotter`,
    method,
    body: Buffer.concat([requests.snapshotter('nosuch'), rest]),
    code: invalidArgument,
    text: 'snapshotter not loaded: nosuch: invalid argument',
  },
  {
    name: `${name} without a namespace`,
    method,
    body: Buffer.concat([overlayfs, rest]),
    options: { namespace: null },
    code: failedPrecondition,
    text: 'namespace is required: failed precondition',
  },
  {
    name: `${name} with an empty namespace`,
    method,
    body: Buffer.concat([overlayfs, rest]),
    options: { namespace: '' },
    code: failedPrecondition,
    text: 'namespace is required: failed precondition',
  },
  {
    name: `${name} with a malformed namespace`,
    method,
    body: Buffer.concat([overlayfs, rest]),
    options: { namespace: 'a/b' },
    code: invalidArgument,
    text: `namespace validation: identifier "a/b" must match ${identifierRule}: invalid argument`,
  },
  {
    name: `${name} with a namespace that is too long`,
    method,
    body: Buffer.concat([overlayfs, rest]),
    options: { namespace: longNamespace },
    code: invalidArgument,
    text: `namespace validation: identifier "${longNamespace}" greater than maximum length (76 characters): invalid argument`,
  },
]);
