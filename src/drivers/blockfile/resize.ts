import { fileVolume, growLoopFile, growMountedDevice, isFilled, resizeFileSystem } from '../../linux/index.js';
import { deviceThatStays } from './image.js';
import type { BlockfileType } from './options.js';

/** Which image is to get which size. */
export interface ResizeImage {
  readonly type: BlockfileType;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** A directory to mount in for a moment. */
  readonly mountIn: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Changes the size of an image and of the file system in it, which may be mounted if it becomes larger. When it fails,
 * the image may be larger than its file system, which is whole; the next time makes both alike.
 * @throws FailedPreconditionError for an image to shrink that is mounted, or is an xfs; and for a mounted ext4 without
 * CAP_SYS_RESOURCE.
 * @throws NotImplementedError when a program for it is not installed; UnknownError with what a program said.
 */
export async function resizeImage({ type, path, size, mountIn, signal }: ResizeImage): Promise<void> {
  const volume = fileVolume(path);
  if (await isFilled(type, volume, size)) return;
  if ((await deviceThatStays(path, signal)) === undefined) {
    await resizeFileSystem({ type, volume, size, mountIn, signal });
  } else {
    const device = await growLoopFile({ type, file: path, size });
    await growMountedDevice({ type, device, size, mountIn });
  }
}
