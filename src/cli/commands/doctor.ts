import type { DaemonFacts, DaemonPlugin, Diagnosis } from '../../doctor/index.js';
import { messageOf, PermissionDeniedError, UnavailableError } from '../../errors/index.js';
import type { PluginDescription } from '../../rpc/client/index.js';
import { defineCommand } from '../command.js';
import type { CommandContext } from '../context.js';
import { EXIT_FAILURE, EXIT_USAGE, failureLine } from '../failure.js';
import { renderDiagnosis } from '../output/diagnosis.js';
import { type ConfigFlags, configOptions, settingsOf } from './config-flags.js';

/** The machine could not be looked at. */
const EXIT_COULD_NOT_RUN = EXIT_USAGE;

/** How long a daemon that does not answer is waited for, in milliseconds. */
const PATIENCE = 3000;

/** What there is of a daemon at an address, found out by asking it. */
async function daemonFacts({ io }: CommandContext, address: string): Promise<DaemonFacts> {
  try {
    await using client = await io.tools.connect({ address });
    const call = { signal: AbortSignal.timeout(PATIENCE) };
    const [{ version }, plugins] = await Promise.all([client.version(call), client.plugins([], call)]);
    return { address, state: 'running', version, plugins: plugins.map(daemonPlugin) };
  } catch (error) {
    return { address, state: isDenied(error) ? 'denied' : 'not running', plugins: [] };
  }
}

function isDenied(error: unknown): boolean {
  if (error instanceof PermissionDeniedError) return true;
  return error instanceof UnavailableError && /\bEACCES\b/.test(messageOf(error));
}

function daemonPlugin({ type, id, exports, initError }: PluginDescription): DaemonPlugin {
  const problem = initError === undefined ? {} : { problem: initError.context };
  return { type, id, exports, skipped: initError?.message.includes('skip plugin') ?? false, ...problem };
}

async function examine(context: CommandContext, options: ConfigFlags): Promise<Diagnosis | undefined> {
  const given = { ...options, ...context.given };
  const file = given.config === undefined ? {} : { file: given.config };
  const sources = { ...file, flags: settingsOf(given), environment: context.io.environment };
  try {
    return await context.io.tools.examine(sources, (address) => daemonFacts(context, address));
  } catch (error) {
    context.io.stderr.write(`${failureLine(error)}\n`);
    context.exitWith(EXIT_COULD_NOT_RUN);
    return undefined;
  }
}

/** `strata doctor` */
export const doctor = defineCommand<ConfigFlags, Diagnosis | undefined>({
  name: 'doctor',
  summary: 'look for what keeps Strata from working here',
  description: `Look at this machine and at the daemon, if one runs: which back ends work, within which limits, and what has to be fixed.

Nothing is changed. What is tried is tried in a directory beside the root, which goes again. Exits with status 0 when \
nothing has to be fixed, 1 when something has, and 2 when the machine could not be looked at.`,
  options: configOptions,
  globals: 'local',
  examples: ['doctor', 'doctor --root /srv/strata', "doctor --json | jq '.findings[].code'"],
  async run(context, { options }) {
    const diagnosis = await examine(context, options);
    if (diagnosis?.findings.some(({ severity }) => severity === 'error') === true) context.exitWith(EXIT_FAILURE);
    return diagnosis;
  },
  print: (diagnosis, style) => (diagnosis === undefined ? [] : renderDiagnosis(diagnosis, style)),
});
