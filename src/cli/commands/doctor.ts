import type { Diagnosis } from '../../doctor/index.js';
import { defineCommand } from '../command.js';
import type { CommandContext } from '../context.js';
import { EXIT_FAILURE, EXIT_USAGE, failureLine } from '../failure.js';
import { renderDiagnosis } from '../output/diagnosis.js';
import type { ConfigFlags } from './config-flags.js';
import { type ContainerdFlags, examine, examineOptions } from './examine.js';

/** The machine could not be looked at. */
const EXIT_COULD_NOT_RUN = EXIT_USAGE;

type DoctorFlags = ConfigFlags & ContainerdFlags;

async function tryToExamine(context: CommandContext, options: DoctorFlags): Promise<Diagnosis | undefined> {
  try {
    return await examine(context, options);
  } catch (error) {
    context.io.stderr.write(`${failureLine(error)}\n`);
    context.exitWith(EXIT_COULD_NOT_RUN);
    return undefined;
  }
}

/** `strata doctor` */
export const doctor = defineCommand<DoctorFlags, Diagnosis | undefined>({
  name: 'doctor',
  summary: 'look for what keeps Strata from working here',
  description: `Look at this machine and at the daemon, if one runs: which back ends work, within which limits, what has to be fixed, and where containerd's configuration differs from what "strata config containerd" prints. \
The root is the one that --root or a file with --config names, else that of the daemon, else the configured one.

Nothing is changed. What is tried is tried in a directory beside the root, which goes again. Exits with status 0 when \
nothing has to be fixed, 1 when something has, and 2 when the machine could not be looked at.`,
  options: examineOptions,
  globals: 'local',
  examples: [
    'doctor',
    'doctor --root /srv/strata',
    'doctor --containerd-config /var/lib/rancher/k3s/agent/etc/containerd/config.toml --containerd-version 2.1',
    "doctor --json | jq '.findings[].code'",
  ],
  async run(context, { options }) {
    const diagnosis = await tryToExamine(context, options);
    if (diagnosis?.findings.some(({ severity }) => severity === 'error') === true) context.exitWith(EXIT_FAILURE);
    return diagnosis;
  },
  print: (diagnosis, style) => (diagnosis === undefined ? [] : renderDiagnosis(diagnosis, style)),
});
