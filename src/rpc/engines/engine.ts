import type { CallRuntime } from './runtime.js';
import type { ServedMethod } from './service.js';

/** What an engine is made of. */
export interface EngineOptions {
  /** By path. */
  readonly methods: ReadonlyMap<string, ServedMethod>;
  readonly runtime: CallRuntime;
  /** How long a connection may be silent before it is asked for a sign of life, and how long that may take, in ms. */
  readonly keepaliveMs: number;
  /** The largest message in either direction, in bytes. */
  readonly largestMessage: number;
}

/** Serves gRPC on sockets: takes requests, runs the methods, sends their answers. */
export interface GrpcEngine {
  /** Listens on a unix socket; may be called for several. @throws Error, of the system, when it cannot be had. */
  listen(path: string): Promise<void>;
  /** Takes no more calls and resolves when those under way are answered and all connections are closed. */
  close(): Promise<void>;
  /** Cuts all connections off. */
  destroy(): void;
}

/**
 * How many calls one connection may have under way at once; a client keeps the rest back. Each takes some kilobytes, so
 * this bounds what one client can make the daemon hold, far above what any client does.
 */
export const maxStreams = 16_384;

/** How long a new connection may take to say what it is, in milliseconds. */
export const prefaceMs = 10_000;
