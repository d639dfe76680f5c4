/**
 * The mark of overlays with the option `volatile`, which skips all synchronisation (Documentation/filesystems/
 * overlayfs.rst, Volatile mount). The kernel leaves it in the work directory at the unmount, and refuses every further mount
 * there, since it cannot tell whether the machine went down meanwhile and has lost what was written. Here that can be told.
 */
import { lstatSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { uptime } from 'node:os';
import { FailedPreconditionError } from '../../errors/index.js';
import { lockFile } from '../calls/file-lock.js';
import { GroupSync } from '../sync/group-sync.js';
import { mountTable } from './mount-table.js';
import { directoryOf, isInUse, type OverlayPlace } from './shared-overlay.js';

const MS_PER_S = 1000;

/** The option, by its names. */
const NAMES = ['volatile', 'fsync=volatile'];

/** Whether a mount option is that one. */
export function isVolatile(option: string): boolean {
  return NAMES.includes(option);
}

/**
 * Removes the mark of an earlier mount, so that the next one works; nothing must be mounted there. Without a mark it does
 * nothing, in some microseconds.
 * @param options `again`: whether the next one is volatile too. Else what was written is put on disk first, as the unmount
 * of other overlays does.
 * @throws FailedPreconditionError when the mark is older than the start of the machine: what was written may be lost in part.
 * @throws a system error when what was written cannot be put on disk.
 */
export async function clearVolatileMark(place: OverlayPlace, { again }: { readonly again: boolean }): Promise<void> {
  const [upper, work] = [directoryOf(place.upper), directoryOf(place.work)];
  const mark = `${work}/work/incompat/volatile`;
  const made = lstatSync(mark, { throwIfNoEntry: false })?.mtimeMs;
  if (made === undefined) return;
  if (made < Date.now() - uptime() * MS_PER_S) {
    throw new FailedPreconditionError(
      `${upper} was mounted with the option volatile when the machine went down, so what was written there may be lost ` +
        `in part; remove ${mark} to mount it nevertheless`,
    );
  }
  if (!again) await new GroupSync(upper).sync();
  await rm(mark, { recursive: true });
}

/** Where the topmost mount at a path writes, if it is a volatile overlay. */
export function volatileOverlayAt(path: string): OverlayPlace | undefined {
  const options = mountTable().findLast(({ point }) => point === path)?.options ?? [];
  if (!options.some(isVolatile)) return undefined;
  const given = (key: string) => options.find((option) => option.startsWith(`${key}=/`))?.slice(key.length + 1);
  const [upper, work] = [given('upperdir'), given('workdir')];
  return upper === undefined || work === undefined ? undefined : { upper, work };
}

/**
 * Removes the mark after an unmount, unless the overlay is still mounted elsewhere, so that others can mount it too. Where
 * that fails the mark stays, and the next mount by {@link clearVolatileMark} says why. Never rejects.
 */
export async function clearAfterUnmount(place: OverlayPlace): Promise<void> {
  try {
    using _held = await lockFile(directoryOf(place.upper), undefined);
    if (!isInUse(place)) await clearVolatileMark(place, { again: false });
  } catch {
    // The unmount itself has succeeded.
  }
}
