import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { EngineOptions, GrpcEngine } from './engine.js';
import { NodeConnection } from './node-connection.js';

/** Serves on Node's own HTTP/2. */
export function nodeServer(options: EngineOptions): GrpcEngine {
  const servers = new Set<Server>();
  const connections = new Set<NodeConnection>();
  return {
    async listen(path) {
      const server = createServer((socket) => {
        const connection = new NodeConnection(socket, options);
        connections.add(connection);
        socket.once('close', () => connections.delete(connection));
      });
      server.listen(path);
      await once(server, 'listening');
      servers.add(server);
    },
    async close() {
      const closed = [...servers].map((server) => new Promise<void>((resolve) => void server.close(() => resolve())));
      for (const connection of connections) connection.close();
      await Promise.all(closed);
    },
    destroy() {
      for (const connection of connections) connection.destroy();
    },
  };
}
