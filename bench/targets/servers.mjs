// How each daemon is started, in a directory of its own, with its default settings.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { programs } from './go.mjs';

/**
 * @typedef {object} Launch
 * @property {string} command
 * @property {readonly string[]} args
 * @property {string} address The socket on which it will answer.
 */

/**
 * Our daemon.
 * @param {string} directory
 * @param {string} command
 * @param {string} [config] TOML; the defaults when absent.
 * @returns {Launch}
 */
export function strataIn(directory, command, config = '') {
  mkdirSync(directory, { recursive: true });
  const address = path.join(directory, 's.sock');
  const file = path.join(directory, 'config.toml');
  writeFileSync(file, config);
  const places = ['--root', path.join(directory, 'root'), '--state', path.join(directory, 'state')];
  return { command, args: ['serve', ...places, '--address', address, '--config', file], address };
}

/**
 * containerd's overlayfs behind a socket.
 * @param {string} directory
 * @returns {Launch}
 */
export function peerIn(directory) {
  mkdirSync(directory, { recursive: true });
  const address = path.join(directory, 's.sock');
  return { command: programs.peer, args: ['-root', path.join(directory, 'root'), '-address', address], address };
}

/**
 * A containerd. Only what would need a network or set up the machine is left out.
 * @param {string} directory
 * @param {Readonly<Record<string, string>>} [proxies] The sockets of proxy snapshotters, by their names.
 * @returns {Launch}
 */
export function containerdIn(directory, proxies = {}) {
  mkdirSync(directory, { recursive: true });
  const address = path.join(directory, 's.sock');
  const config = path.join(directory, 'config.toml');
  const tables = Object.entries(proxies).map(
    ([name, socket]) => `[proxy_plugins.${name}]\ntype = "snapshot"\naddress = "${socket}"\n`,
  );
  writeFileSync(
    config,
    `version = 2
root = "${path.join(directory, 'root')}"
state = "${path.join(directory, 'state')}"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
address = "${address}"
[ttrpc]
address = "${address}.ttrpc"
${tables.join('')}`,
  );
  return { command: 'containerd', args: ['--config', config], address };
}
