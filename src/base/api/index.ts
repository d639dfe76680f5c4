/** The part of this room for command lines and clients: no threads, which take longer to load than the rest. */
export { fileKind, replaceProblem } from '../file-kind.js';
export { maxSocketPathBytes, socketPath } from '../socket-path.js';
export { type ColourSupport, isColoured } from '../terminal.js';
export { parseCount, parseDuration, parseSize, renderDuration, renderSize } from '../units.js';
