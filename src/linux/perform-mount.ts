import { InvalidArgumentError } from '../errors/index.js';
import { isAtLeast, kernelVersion } from './facts.js';
import { attachLoop } from './loop.js';
import type { MountSpec, ParsedOptions } from './mount-options.js';
import { mountLongOverlay, overlayParameters } from './overlay-mount.js';
import { MS, mount, pageSize } from './sys.js';

/** What overlay takes as a parameter per layer since. */
const LAYER_PARAMETERS = { major: 6, minor: 5 };

/** A mount with its options sorted. */
export interface PreparedMount extends ParsedOptions {
  readonly spec: MountSpec;
}

/**
 * Performs one mount at a directory, without mapping ids: by mount(2), or by the newer interface for an overlay with
 * more than one page of options. A source that wants a loop device gets one, which goes with the last mount of it.
 * @throws a system error; InvalidArgumentError when the options are too long.
 */
export function performMount(prepared: PreparedMount, target: string): void {
  const { spec, flags, loop } = prepared;
  if (loop === undefined) {
    mountSource(prepared, spec.source, target);
    return;
  }
  const readOnly = (flags & MS.RDONLY) !== 0;
  using device = attachLoop(spec.source, { readOnly, directIo: loop.directIo });
  mountSource(prepared, device.path, target);
}

function mountSource({ spec, flags, data }: PreparedMount, source: string, target: string): void {
  const text = data.join(',');
  if (Buffer.byteLength(text) < pageSize()) {
    mount({ source, target, type: spec.type, flags, data: text });
  } else if (spec.type === 'overlay' && isAtLeast(kernelVersion(), LAYER_PARAMETERS)) {
    mountLongOverlay({ source, target, flags, parameters: overlayParameters(data) });
  } else {
    throw new InvalidArgumentError('mount options is too long');
  }
}
