import { InvalidArgumentError, NotImplementedError } from '../../errors/index.js';
import type { LeaseResource } from '../api/leases.js';

/** An algorithm and its sum in hexadecimal, as OCI's image specification has it (descriptor.md, Digests). */
const digestForm = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[A-Za-z0-9=_-]+$/;

/** The type of the snapshots of one snapshotter. */
export function snapshotsType(snapshotter: string): string {
  return `snapshots/${snapshotter}`;
}

/**
 * Refuses what containerd refuses (core/metadata/leases.go, parseLeaseResource).
 * @throws InvalidArgumentError for a malformed type, and for content that is not named by a digest; NotImplementedError
 * for an unknown type.
 */
export function checkResource({ id, type }: LeaseResource): void {
  const [kind, ...rest] = type.split('/');
  switch (kind) {
    case 'content':
    case 'images':
    case 'ingests':
      if (rest.length > 0) throw new InvalidArgumentError(`invalid resource type ${type}`);
      if (kind === 'content' && !digestForm.test(id)) {
        throw new InvalidArgumentError(`invalid content resource id ${id}: invalid checksum digest format`);
      }
      return;
    case 'snapshots':
      if (rest.length !== 1) throw new InvalidArgumentError(`invalid snapshot resource type ${type}`);
      return;
    default:
      throw new NotImplementedError(`resource type ${type} not supported yet`);
  }
}
