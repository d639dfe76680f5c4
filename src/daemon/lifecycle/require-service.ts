import { FailedPreconditionError, withContext } from '../../errors/index.js';
import type { PluginSet } from '../../plugins/index.js';
import { pluginTypes } from '../parts/plugin-types.js';

/**
 * Checks that there is something to serve, once the plugins have started.
 * @throws the error of the plugin that failed, with its class, when no snapshotter could be started; FailedPreconditionError
 * when none is enabled.
 */
export function requireService(plugins: PluginSet): void {
  const service = plugins.reports.find(({ type }) => type === pluginTypes.service.uri);
  if (service?.status === 'ok' && plugins.single(pluginTypes.service).size > 0) return;
  const culprit = plugins.reports.find(({ status }) => status === 'failed');
  if (culprit?.error === undefined) {
    throw new FailedPreconditionError('no snapshotter could be started: none is enabled');
  }
  throw withContext(culprit.error, `no snapshotter could be started (plugin ${culprit.type}.${culprit.id})`);
}
