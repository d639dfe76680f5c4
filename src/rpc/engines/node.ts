import type { EngineOptions, GrpcEngine } from './engine.js';

/** The engine on Node's own HTTP/2, which is loaded when it listens: it takes longer than all else that a start loads. */
export function nodeEngine(options: EngineOptions): GrpcEngine {
  let loaded: GrpcEngine | undefined;
  return {
    async listen(path) {
      const { nodeServer } = await import('./node-server.js');
      loaded ??= nodeServer(options);
      await loaded.listen(path);
    },
    close: async () => loaded?.close(),
    destroy: () => loaded?.destroy(),
  };
}
