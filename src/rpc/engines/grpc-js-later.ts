import type { EngineOptions, GrpcEngine } from './engine.js';

/** The engine on grpc-js, loaded when it listens: a daemon that uses another one starts without the library. */
export function grpcJsEngineLater(options: EngineOptions): GrpcEngine {
  let loaded: GrpcEngine | undefined;
  return {
    async listen(path) {
      if (loaded === undefined) {
        const { grpcJsEngine } = await import('./grpc-js.js');
        loaded ??= grpcJsEngine(options);
      }
      await loaded.listen(path);
    },
    close: async () => loaded?.close(),
    destroy: () => loaded?.destroy(),
  };
}
