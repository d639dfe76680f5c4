// What the numbers depend on. Nothing that names the machine or its user.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { root } from '../../scripts/lib/project.mjs';

/** @typedef {Readonly<Record<string, string>>} Machine */

const gibibyte = 1024 ** 3;

/** Facts in the order in which to show them. @returns {Machine} */
export function describeMachine() {
  const cpus = os.cpus();
  return {
    processor: `${cpus[0]?.model.trim() ?? 'unknown'}, ${cpus.length} cores`,
    memory: `${Math.round(os.totalmem() / gibibyte)} GiB`,
    system: `${distribution()}, Linux ${os.release()}`,
    'file system': 'ext4 with a journal, in a file behind a loop device',
    node: process.versions.node,
    strata: `${JSON.parse(readFileSync(`${root}/package.json`, 'utf8')).version}${revision()}`,
    containerd: firstLine('containerd', ['--version']).split(' ')[2] ?? 'none',
    go: firstLine('go', ['version']).split(' ')[2]?.replace(/^go/, '') ?? 'none',
  };
}

function distribution() {
  try {
    return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
  } catch {
    return 'Linux';
  }
}

function revision() {
  const commit = firstLine('git', ['-C', root, 'rev-parse', '--short', 'HEAD']);
  return commit === '' ? '' : ` (${commit})`;
}

/** @param {string} command @param {readonly string[]} args */
function firstLine(command, args) {
  try {
    return String(execFileSync(command, args, { stdio: ['ignore', 'pipe', 'ignore'] })).split('\n', 1)[0] ?? '';
  } catch {
    return '';
  }
}
