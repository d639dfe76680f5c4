import { ResourceExhaustedError } from '../../errors/index.js';
import type { TarLimits } from '../tar/reader.js';

/** What a layer may unpack to at most, so that a small archive cannot fill a disk. */
export interface LayerLimits extends TarLimits {
  /** How many times as large as its archive a layer may be, once it has {@link freeBytes}. */
  readonly ratio: number;
}

/** Limits that no layer reaches which somebody has use for. */
export const usualLimits: LayerLimits = { entries: 10_000_000, bytes: 2 ** 40, ratio: 500 };

/** A layer of zeros is small when it is packed, and so is every layer at its beginning. */
export const freeBytes = 2 ** 30;

/** @throws ResourceExhaustedError when so many bytes of an archive have become too many. */
export function requireRatio({ ratio }: LayerLimits, stored: number, plain: number): void {
  if (plain <= freeBytes || plain <= ratio * stored) return;
  throw new ResourceExhaustedError(`layer is more than ${ratio} times as large as its archive`);
}
