import { access } from 'node:fs/promises';
import { packageVersion } from '../../daemon/api/index.js';
import { UnavailableError } from '../../errors/index.js';
import { defineCommand } from '../command.js';
import type { CommandContext } from '../context.js';
import { isDenied } from '../failure.js';
import { renderFields } from '../output/table.js';

interface ServerVersion {
  readonly version: string;
  readonly revision: string;
  readonly uuid: string;
  readonly pid: number;
}

interface Versions {
  readonly client: { readonly version: string; readonly node: string };
  readonly address: string;
  /** Absent when no daemon answers. */
  readonly server?: ServerVersion;
  /** Why it cannot be asked, when there may be one all the same. */
  readonly problem?: string;
}

async function serverVersion(context: CommandContext): Promise<Pick<Versions, 'server' | 'problem'>> {
  try {
    const client = await context.client();
    const [{ version, revision }, { uuid, pid }] = await Promise.all([
      client.version(context.call),
      client.server(context.call),
    ]);
    return { server: { version, revision, uuid, pid } };
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    return isDenied(error) ? { problem: 'permission denied' } : {};
  }
}

/** Whether it is worth loading what it takes to call a daemon. */
function mayExist(address: string): Promise<boolean> {
  return access(address).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
}

/** `strata version` */
export const version = defineCommand<object, Versions>({
  name: 'version',
  summary: 'print the versions of this program and of the daemon',
  examples: ['version', 'version --json'],
  async run(context) {
    const { address } = context.daemon;
    const client = { version: packageVersion(), node: process.versions.node };
    return { client, address, ...((await mayExist(address)) ? await serverVersion(context) : {}) };
  },
  print({ client, address, server, problem = 'not running' }) {
    const fields: (readonly [string, string])[] = [
      ['Client', client.version],
      ['Node', client.node],
      ['Address', address],
    ];
    if (server === undefined) return renderFields([...fields, ['Server', problem]]);
    const { version: running, revision, uuid, pid } = server;
    return renderFields([
      ...fields,
      ['Server', revision === '' ? running : `${running} (${revision})`],
      ['UUID', uuid],
      ['PID', String(pid)],
    ]);
  },
});
