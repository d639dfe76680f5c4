/** Looks for a containerd on this machine, and for what it knows about Strata. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { parse } from 'smol-toml';
import { messageOf, systemErrorCode } from '../errors/index.js';
import { findProgram } from '../linux/index.js';
import type { ContainerdFacts, ProxyPlugin } from './facts.js';

const execute = promisify(execFile);

const CONFIG_FILE = '/etc/containerd/config.toml';
const ADDRESS = '/run/containerd/containerd.sock';

/** Longer than either takes on a busy machine, in milliseconds. */
const PATIENCE = 2000;

type Table = Readonly<Record<string, unknown>>;

function table(value: unknown): Table {
  return typeof value === 'object' && value !== null ? (value as Table) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** What a configuration file says. */
export interface ContainerdConfig {
  readonly proxies: readonly ProxyPlugin[];
  readonly address: string;
}

/** Reads the part of a configuration that matters here. @throws an error with the place when it is no TOML. */
export function readContainerdConfig(toml: string): ContainerdConfig {
  const config = table(parse(toml, { integersAsBigInt: 'asNeeded' }));
  const proxies = Object.entries(table(config['proxy_plugins'])).map(([name, value]) => {
    const { type, address } = table(value);
    return { name, type: text(type), address: text(address) };
  });
  return { proxies, address: text(table(config['grpc'])['address']) || ADDRESS };
}

/** The version in what `containerd --version` prints. */
export function parseContainerdVersion(line: string): string {
  return line.trim().split(/\s+/)[2] ?? 'unknown';
}

async function version(): Promise<string | undefined> {
  const program = findProgram('containerd');
  if (program === undefined) return undefined;
  try {
    return parseContainerdVersion((await execute(program, ['--version'], { timeout: PATIENCE })).stdout);
  } catch {
    return 'unknown';
  }
}

/** Whether something accepts connections on a unix socket. */
export function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path, timeout: PATIENCE });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
    socket.once('timeout', () => settle(false));
  });
}

async function config(file: string): Promise<ContainerdConfig & Pick<ContainerdFacts, 'configured' | 'configProblem'>> {
  const nothing = { proxies: [], address: ADDRESS };
  try {
    return { ...readContainerdConfig(await readFile(file, 'utf8')), configured: true };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return { ...nothing, configured: false };
    return { ...nothing, configured: true, configProblem: messageOf(error).split('\n', 1)[0] ?? '' };
  }
}

/** Facts about containerd on this machine. Starts it once, for its version, and connects to its socket. */
export async function containerdFacts(configFile = CONFIG_FILE): Promise<ContainerdFacts> {
  const [found, read] = await Promise.all([version(), config(configFile)]);
  return { version: found, configFile, ...read, answers: await accepts(read.address) };
}
