/** What an overlay mount can be made of. */
import { isAbsolute, resolve } from 'node:path';
import { InvalidArgumentError } from '../../errors/index.js';

/** What would end a path in overlay's mount options. */
const UNMOUNTABLE = /[:,\\\0]/;

/** The options that the driver itself sets. */
const OWN_OPTIONS = ['lowerdir', 'lowerdir+', 'datadir+', 'upperdir', 'workdir'];

/** The root of a driver, in its shortest form. @throws InvalidArgumentError for one that overlay cannot mount. */
export function checkRoot(root: string): string {
  if (!isAbsolute(root)) throw new InvalidArgumentError(`root ${JSON.stringify(root)} is not an absolute path`);
  if (UNMOUNTABLE.test(root)) {
    throw new InvalidArgumentError(`root ${JSON.stringify(root)} has a ":", "," or "\\", which overlay cannot mount`);
  }
  return resolve(root);
}

/** A mount option for overlay. @throws InvalidArgumentError for one that is empty or that the driver sets itself. */
export function checkMountOption(option: string): string {
  const [key = ''] = option.split('=', 1);
  if (key === '' || option.includes('\0')) {
    throw new InvalidArgumentError(`${JSON.stringify(option)} is no mount option`);
  }
  if (OWN_OPTIONS.includes(key)) {
    throw new InvalidArgumentError(`mount option ${JSON.stringify(option)} is set by the overlay driver itself`);
  }
  return option;
}
