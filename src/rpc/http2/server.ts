import { createServer, type Server } from 'node:net';
import { Connection } from './connection.js';
import type { HeaderBlock } from './header-encoder.js';
import type { StreamHandler } from './streams.js';
import type { ServerLimits } from './windows.js';

/** What a server is made of. */
export interface Http2ServerOptions {
  readonly limits: ServerLimits;
  readonly handler: StreamHandler;
  /** The whole answer to a request whose headers are larger than the server takes. */
  readonly headersTooLarge: HeaderBlock;
  /** Told when the handler threw, which ends the connection. */
  readonly onDefect: (error: unknown) => void;
}

/**
 * An HTTP/2 server for many small requests over few connections in clear text, where the client knows that it speaks
 * HTTP/2, as gRPC does: no push, no priorities, no upgrade from HTTP/1.
 */
export class Http2Server {
  readonly #options: Http2ServerOptions;
  readonly #listeners = new Set<Server>();
  readonly #connections = new Set<Connection>();
  #closed: Promise<void> | undefined;

  constructor(options: Http2ServerOptions) {
    this.#options = options;
  }

  /** Listens on a unix socket. May be called for several. @throws the system's error when it cannot be had. */
  async listen(path: string): Promise<void> {
    const server = createServer((socket) => {
      const connection: Connection = new Connection({
        ...this.#options,
        socket,
        onClosed: () => this.#connections.delete(connection),
      });
      this.#connections.add(connection);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    this.#listeners.add(server);
  }

  /** Takes no more connections and requests. Resolves when all connections are closed, which waits for answers. */
  close(): Promise<void> {
    this.#closed ??= Promise.all([...this.#listeners].map(closed)).then(() => {});
    for (const connection of this.#connections) connection.close();
    return this.#closed;
  }

  /** Cuts all connections off. */
  destroy(): void {
    for (const connection of this.#connections) connection.destroy();
  }
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
