/** The server of gRPC services, and the engines that it can run on. */
export type { CallUnderWay } from './active-calls.js';
export type { ServiceLog } from './log.js';
export { createGrpcServer, type GrpcEngineName, type GrpcServer, grpcEngines } from './server.js';
export { defineService, type GrpcService } from './service.js';
