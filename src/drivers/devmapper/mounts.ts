import type { Kind, Mount } from '../../snapshots/index.js';
import type { DeviceFileSystem } from './device-records.js';

/** What a mount is made of. */
export interface MountedDevice {
  readonly kind: Kind;
  readonly fileSystem: DeviceFileSystem;
  /** Its path. */
  readonly device: string;
}

/** How to mount a snapshot: always the file system on its device (containerd: plugins/snapshots/devmapper). */
export function devmapperMounts({ kind, fileSystem, device }: MountedDevice): readonly Mount[] {
  // A child has the UUID of its parent, which xfs mounts only once unless it is told to.
  const options = [...(fileSystem === 'xfs' ? ['nouuid'] : []), ...(kind === 'view' ? ['ro'] : [])];
  return [{ type: fileSystem, source: device, target: '', options }];
}
