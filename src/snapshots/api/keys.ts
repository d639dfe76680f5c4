import { InvalidArgumentError } from '../../errors/index.js';

/** The longest key or name, in bytes (containerd's store, bbolt, has the same limit). */
export const maxKeyBytes = 32_768;

/** The longest key of a containerd in front: a client's key behind `<namespace>/<number>/`. */
export const maxBackendKeyBytes = 33_024;

/**
 * Checks a key or name that is about to be created.
 * @throws InvalidArgumentError when it is empty or longer than the limit, 32,768 bytes by default.
 */
export function validateKey(what: 'key' | 'name', value: string, limit = maxKeyBytes): void {
  if (value === '') throw new InvalidArgumentError(`snapshot ${what} must not be empty`);
  // A UTF-16 unit takes at most three bytes, so most keys need no count.
  if (value.length * 3 <= limit) return;
  const bytes = Buffer.byteLength(value);
  if (bytes > limit) throw new InvalidArgumentError(`snapshot ${what} of ${bytes} bytes is longer than ${limit} bytes`);
}
