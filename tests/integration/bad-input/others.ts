/** Wrong requests to everything else, and requests with a part missing. */
import { message } from '../../support/protobuf.js';
import { methods, requests } from '../../support/snapshots-api.js';
import { codes } from '../../support/wire.js';
import type { BadCase } from './bench.js';
import { longLabels, longLabelsText } from './too-long.js';

const { invalidArgument, notFound, failedPrecondition } = codes;

/** Mounts, Remove, Update and List. */
export const otherCases: readonly BadCase[] = [
  {
    name: 'mounts of a committed snapshot',
    method: methods.mounts,
    body: requests.key('base'),
    code: failedPrecondition,
    text: /^failed to get active mount: requested snapshot base not active or view: failed precondition$/,
  },
  {
    name: 'removal of what has children',
    method: methods.remove,
    body: requests.key('base'),
    code: failedPrecondition,
    text: 'cannot remove snapshot with child: failed precondition',
  },
  {
    name: 'update without a name',
    method: methods.update,
    body: requests.update({ name: '' }),
    code: invalidArgument,
    text: 'invalid argument',
  },
  {
    name: 'update of an unknown key',
    method: methods.update,
    body: requests.update({ name: 'nosuch' }),
    code: notFound,
    text: 'snapshot nosuch does not exist: not found',
  },
  ...['name', 'parent', 'kind', 'labelsx', ''].map((path) => ({
    name: `update of the field "${path}"`,
    method: methods.update,
    body: requests.update({ name: 'active', labels: { a: 'b' }, paths: ['labels.a', path] }),
    code: invalidArgument,
    text: `cannot update "${path}" field on snapshot "active": invalid argument`,
  })),
  {
    name: 'update with a label of 4097 bytes',
    method: methods.update,
    body: requests.update({ name: 'active', labels: longLabels }),
    code: invalidArgument,
    text: longLabelsText,
  },
  ...[
    { filter: 'name===a', problem: '[name >|=|< ==a]: unsupported operator "==="' },
    { filter: 'parent==/a/b', problem: '[parent== >|/|< a/b]: invalid quote encountered' },
    { filter: 'name==a ', problem: '[name==a >| |< ]: unexpected input:  ' },
    { filter: 'name==', problem: '[name==]: expected value or quoted' },
  ].map(({ filter, problem }) => ({
    name: `list with the filter ${filter}`,
    method: methods.list,
    body: requests.list('name==base', filter),
    code: invalidArgument,
    text: `filters: parse error: ${problem}: invalid argument`,
  })),
];

/** A containerd would crash of these. */
export const missingPartCases: readonly BadCase[] = [
  {
    name: 'Update without info',
    method: methods.update,
    body: requests.snapshotter('overlayfs'),
    text: 'info is required: invalid argument',
  },
  {
    name: 'Forward without envelope',
    method: methods.forward,
    body: message(),
    text: 'envelope is required: invalid argument',
  },
  {
    name: 'Namespaces.Create without namespace',
    method: methods.createNamespace,
    body: message(),
    text: 'namespace is required: invalid argument',
  },
  {
    name: 'Namespaces.Update without namespace',
    method: methods.updateNamespace,
    body: message(),
    text: 'namespace is required: invalid argument',
  },
].map((each) => ({ ...each, code: invalidArgument }));
