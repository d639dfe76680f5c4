import { InvalidArgumentError } from '../errors/index.js';
import type { AnyRegistration } from './plugin.js';

/** The name of a plugin in messages and in the configuration: `<type>.<id>`. */
export function pluginName(plugin: Pick<AnyRegistration, 'type' | 'id'>): string {
  return `${plugin.type.uri}.${plugin.id}`;
}

/**
 * The plugins, each after all plugins of the types that it requires; otherwise in the order of the list.
 * @throws InvalidArgumentError when two have one name, or when plugins require each other in a circle.
 */
export function startOrder(plugins: readonly AnyRegistration[]): AnyRegistration[] {
  refuseDuplicates(plugins);
  const ordered = new Set<AnyRegistration>();
  const path: AnyRegistration[] = [];
  const visit = (plugin: AnyRegistration): void => {
    if (ordered.has(plugin)) return;
    refuseCircle(path, plugin);
    path.push(plugin);
    for (const { uri } of plugin.requires ?? []) {
      for (const required of plugins) if (required.type.uri === uri) visit(required);
    }
    path.pop();
    ordered.add(plugin);
  };
  for (const plugin of plugins) visit(plugin);
  return [...ordered];
}

function refuseDuplicates(plugins: readonly AnyRegistration[]): void {
  const names = new Set<string>();
  for (const name of plugins.map(pluginName)) {
    if (names.has(name)) throw new InvalidArgumentError(`plugin ${name} is registered twice`);
    names.add(name);
  }
}

function refuseCircle(path: readonly AnyRegistration[], plugin: AnyRegistration): void {
  const start = path.indexOf(plugin);
  if (start < 0) return;
  const circle = [...path.slice(start), plugin].map(pluginName).join(' -> ');
  throw new InvalidArgumentError(`plugins require each other in a circle: ${circle}`);
}
