/** Wrong requests to commit. */
import { methods, requests } from '../../support/snapshots-api.js';
import { codes } from '../../support/wire.js';
import type { BadCase } from './bench.js';
import { longKey, longLabels, longLabelsText } from './too-long.js';

const { invalidArgument, notFound, alreadyExists, failedPrecondition } = codes;

/** All of them. */
export const commitCases: readonly BadCase[] = [
  {
    name: 'commit under an empty name',
    body: requests.commit({ name: '', key: 'active' }),
    code: invalidArgument,
    text: 'snapshot name must not be empty: invalid argument',
  },
  {
    name: 'commit under a name of 64 KiB',
    body: requests.commit({ name: longKey, key: 'active' }),
    code: invalidArgument,
    text: 'snapshot name of 65536 bytes is longer than 32768 bytes: invalid argument',
  },
  {
    name: 'commit under a name that is taken',
    body: requests.commit({ name: 'base', key: 'active' }),
    code: alreadyExists,
    text: 'snapshot "base": already exists',
  },
  {
    name: 'commit under its own key',
    body: requests.commit({ name: 'active', key: 'active' }),
    code: alreadyExists,
    text: 'snapshot "active": already exists',
  },
  {
    name: 'commit of an unknown key',
    body: requests.commit({ name: 'new', key: 'nosuch' }),
    code: notFound,
    text: 'snapshot nosuch does not exist: not found',
  },
  {
    name: 'commit where nothing was ever made',
    body: requests.commit({ name: 'new', key: 'nosuch' }),
    options: { namespace: 'untouched' },
    code: notFound,
    text: 'can not find snapshotter "overlayfs": not found',
  },
  {
    name: 'commit of a view',
    body: requests.commit({ name: 'new', key: 'view' }),
    code: failedPrecondition,
    text: /^failed to commit snapshot view: snapshot "view" is not active: failed precondition$/,
  },
  {
    name: 'commit of a committed snapshot',
    body: requests.commit({ name: 'new', key: 'base' }),
    code: failedPrecondition,
    text: /^failed to commit snapshot base: snapshot "base" is not active: failed precondition$/,
  },
  {
    name: 'commit onto an unknown parent',
    body: requests.commit({ name: 'new', key: 'rootless', parent: 'nosuch' }),
    code: notFound,
    text: 'parent snapshot nosuch does not exist: not found',
  },
  {
    name: 'commit onto a parent that is not committed',
    body: requests.commit({ name: 'new', key: 'rootless', parent: 'active' }),
    code: failedPrecondition,
    text: /^failed to commit snapshot rootless: parent "active" is not committed: failed precondition$/,
  },
  {
    name: 'commit with a label of 4097 bytes',
    body: requests.commit({ name: 'new', key: 'active', labels: longLabels }),
    code: invalidArgument,
    text: longLabelsText,
  },
].map((each) => ({ ...each, method: methods.commit }));
