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
const SNAPSHOTTER = 'overlayfs';

/** Longer than either takes on a busy machine, in milliseconds. */
const PATIENCE = 2000;

type Table = Readonly<Record<string, unknown>>;

function table(value: unknown): Table {
  return typeof value === 'object' && value !== null ? (value as Table) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

/** What a configuration says. */
export type ContainerdConfig = Pick<ContainerdFacts, 'proxies' | 'criSnapshotter' | 'unpacksInto' | 'address'>;

/** What is known about a containerd; the rest is found out. */
export interface ContainerdOptions {
  /** Its configuration; `/etc/containerd/config.toml` by default. */
  readonly configFile?: string;
  /** Of a containerd that is not in the search path, where the one that is there is asked for it and for its configuration. */
  readonly version?: string;
}

/** Where the plugins that matter here have their settings, by the version of the format. */
const CRI_OF_FORMAT_2 = 'io.containerd.grpc.v1.cri';
const CRI_OF_FORMAT_3 = 'io.containerd.cri.v1.images';
const TRANSFER = 'io.containerd.transfer.v1.local';

/** Reads the part of a configuration that matters here. @throws an error with the place when it is no TOML. */
export function readContainerdConfig(toml: string): ContainerdConfig {
  const config = table(parse(toml, { integersAsBigInt: 'asNeeded' }));
  const proxies = Object.entries(table(config['proxy_plugins'])).map(([name, value]) => readProxy(name, table(value)));
  const plugins = table(config['plugins']);
  return {
    proxies,
    criSnapshotter: texts(config['disabled_plugins']).some(isCri) ? undefined : readCri(plugins),
    unpacksInto: readUnpack(table(plugins[TRANSFER])),
    address: text(table(config['grpc'])['address']) || ADDRESS,
  };
}

function isCri(plugin: string): boolean {
  return plugin === 'cri' || plugin === CRI_OF_FORMAT_2 || plugin === CRI_OF_FORMAT_3;
}

function readCri(plugins: Table): string {
  const older = table(table(plugins[CRI_OF_FORMAT_2])['containerd']);
  return text(table(plugins[CRI_OF_FORMAT_3])['snapshotter']) || text(older['snapshotter']) || SNAPSHOTTER;
}

function readUnpack({ unpack_config: unpack }: Table): string[] {
  return Array.isArray(unpack) ? texts(unpack.map((each) => table(each)['snapshotter'])) : [SNAPSHOTTER];
}

function readProxy(name: string, { type, address, capabilities, exports }: Table): ProxyPlugin {
  const root = text(table(exports)['root']) || undefined;
  return { name, type: text(type), address: text(address), capabilities: texts(capabilities), root };
}

/** The version in what `containerd --version` prints. */
export function parseContainerdVersion(line: string): string {
  return line.trim().split(/\s+/)[2] ?? 'unknown';
}

async function version(program: string | undefined): Promise<string | undefined> {
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

/** The whole configuration as containerd itself puts it together, with its imports and defaults; else the file alone. */
async function configurationText(program: string | undefined, file: string): Promise<string> {
  const alone = await readFile(file, 'utf8');
  if (program === undefined) return alone;
  try {
    return (await execute(program, ['--config', file, 'config', 'dump'], { timeout: PATIENCE })).stdout;
  } catch {
    return alone;
  }
}

async function config(
  program: string | undefined,
  file: string,
): Promise<ContainerdConfig & Pick<ContainerdFacts, 'configured' | 'configProblem'>> {
  const nothing = { proxies: [], criSnapshotter: SNAPSHOTTER, unpacksInto: [SNAPSHOTTER], address: ADDRESS };
  try {
    return { ...readContainerdConfig(await configurationText(program, file)), configured: true };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return { ...nothing, configured: false };
    return { ...nothing, configured: true, configProblem: messageOf(error).split('\n', 1)[0] ?? '' };
  }
}

/** Facts about containerd on this machine. Starts it twice, unless its version is named, and connects to its socket. */
export async function containerdFacts(options: ContainerdOptions = {}): Promise<ContainerdFacts> {
  const { configFile = CONFIG_FILE } = options;
  const program = options.version === undefined ? findProgram('containerd') : undefined;
  const [found, read] = await Promise.all([options.version ?? version(program), config(program, configFile)]);
  return { version: found, configFile, ...read, answers: await accepts(read.address) };
}
