import { stat } from 'node:fs/promises';
import { FailedPreconditionError, NotFoundError, NotImplementedError } from '../../errors/index.js';
import { parseFilters, recordFields } from '../../filters/index.js';
import type { PluginReport } from '../../plugins/index.js';
import { defineService, type GrpcService } from '../engines/index.js';
import { wireIntrospection } from '../proto/index.js';

/** What the service tells about. */
export interface IntrospectionServiceOptions {
  /** The plugins as they are now, in the order of their start. */
  readonly plugins: () => readonly PluginReport[];
  /** What this root is called, the same after a restart. */
  readonly uuid: string;
}

/** The gRPC code UNKNOWN: what containerd gives for every plugin that did not start. */
const unknownCode = 2;

/** The service `containerd.services.introspection.v1.Introspection`. */
export function introspectionService({ plugins, uuid }: IntrospectionServiceOptions): GrpcService {
  return defineService(wireIntrospection.IntrospectionDefinition, {
    plugins: ({ filters }) => {
      const filter = parseFilters(filters);
      const shown = plugins().filter(({ type, id }) => filter.matches(recordFields({ type, id })));
      return { plugins: shown.map(pluginToWire) };
    },
    server: async () => ({ uuid, pid: process.pid, pidns: await pidNamespace(), deprecations: [] }),
    pluginInfo: ({ type, id, options }) => {
      const plugin = plugins().find((candidate) => candidate.type === type && candidate.id === id);
      if (plugin === undefined) throw new NotFoundError(`plugin ${type}.${id} not found`);
      if (options !== undefined) refuseOptions(plugin);
      return { plugin: pluginToWire(plugin), extra: undefined };
    },
  });
}

/** Options ask for more than what is listed, and no plugin has that. */
function refuseOptions({ type, id, status }: PluginReport): never {
  if (status !== 'ok') throw new FailedPreconditionError(`plugin ${type}.${id} did not start`);
  throw new NotImplementedError(`plugin ${type}.${id} has no further information`);
}

function pluginToWire(plugin: PluginReport): wireIntrospection.Plugin {
  return {
    type: plugin.type,
    id: plugin.id,
    requires: [...plugin.requires],
    platforms: plugin.platforms.map(platformToWire),
    exports: new Map(plugin.exports),
    capabilities: [...plugin.capabilities],
    initErr: plugin.error && { code: unknownCode, message: plugin.error.message, details: [] },
  };
}

function platformToWire({
  os,
  architecture,
  variant = '',
}: PluginReport['platforms'][number]): wireIntrospection.Plugin['platforms'][number] {
  return { os, architecture, variant, osVersion: '', osFeatures: [] };
}

async function pidNamespace(): Promise<number> {
  return (await stat('/proc/self/ns/pid')).ino;
}
