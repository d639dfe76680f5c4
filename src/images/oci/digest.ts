import { createHash } from 'node:crypto';
import { InvalidArgumentError, NotImplementedError } from '../../errors/index.js';

const SHA256 = /^sha256:[0-9a-f]{64}$/;
const ANY = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-zA-Z=_-]+$/;

/**
 * Checks the form of a digest.
 * @throws InvalidArgumentError when it is none; NotImplementedError when it is not one of SHA-256.
 */
export function requireDigest(text: unknown, what: string): string {
  if (typeof text === 'string' && SHA256.test(text)) return text;
  if (typeof text === 'string' && ANY.test(text) && !text.startsWith('sha256:')) {
    throw new NotImplementedError(`${what} has the digest ${text}: only sha256 can be verified`);
  }
  throw new InvalidArgumentError(`${what} has ${JSON.stringify(text)} for a digest`);
}

/** The digest of bytes. */
export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The chain IDs of layers, from their diff IDs, the lowest first: how a layer on top of others is called. */
export function chainIds(diffIds: readonly string[]): string[] {
  const chain: string[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`));
  }
  return chain;
}
