// How each of the two daemons is started, in a directory of its own, with its default settings.
import { writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * @typedef {object} Launch
 * @property {string} command
 * @property {readonly string[]} args
 * @property {string} address The socket on which it will answer.
 * @property {string} snapshots The directory that holds one directory for each snapshot.
 */

/**
 * Our daemon.
 * @param {string} directory
 * @param {string} command
 * @param {string} [config] TOML; the defaults when absent.
 * @returns {Launch}
 */
export function strataIn(directory, command, config) {
  const root = path.join(directory, 'root');
  const address = path.join(directory, 's.sock');
  const file = path.join(directory, 'config.toml');
  if (config !== undefined) writeFileSync(file, config);
  const further = config === undefined ? [] : ['--config', file];
  return {
    command,
    args: ['serve', '--root', root, '--state', path.join(directory, 'state'), '--address', address, ...further],
    address,
    snapshots: path.join(root, 'io.containerd.snapshotter.v1.overlayfs', 'snapshots'),
  };
}

/**
 * A containerd. Only what would need a network or set up the machine is left out.
 * @param {string} directory
 * @returns {Launch}
 */
export function containerdIn(directory) {
  const root = path.join(directory, 'root');
  const address = path.join(directory, 's.sock');
  const config = path.join(directory, 'config.toml');
  writeFileSync(
    config,
    `version = 2
root = "${root}"
state = "${path.join(directory, 'state')}"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
address = "${address}"
[ttrpc]
address = "${address}.ttrpc"
`,
  );
  return {
    command: 'containerd',
    args: ['--config', config],
    address,
    snapshots: path.join(root, 'io.containerd.snapshotter.v1.overlayfs', 'snapshots'),
  };
}
