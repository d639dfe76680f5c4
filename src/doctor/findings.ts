/** When each finding is made, about the machine, the back ends and the daemon. */
import { socketPath } from '../base/index.js';
import { AUTO } from '../daemon/index.js';
import type { BackEndVerdict } from './back-ends.js';
import { containerdFindings } from './containerd-findings.js';
import type { DoctorFacts } from './facts.js';
import { type Conclusions, type Finding, findingCodes, type Rules, type Severity } from './finding.js';
import { rootFindings } from './root-findings.js';

const machineFindings: Rules = {
  'not-linux': ({ machine }) =>
    machine.platform !== 'linux' && {
      severity: 'error',
      sentence: `Snapshots are mounted by Linux, and this is ${machine.platform}.`,
      remedy: 'Run the daemon on Linux. The command line and the client library work from here against a daemon.',
    },
  'addon-missing': ({ machine }) =>
    machine.addonProblem !== undefined && {
      severity: 'error',
      sentence: `The addon for system calls cannot be loaded, so that nothing can be mounted or measured: ${machine.addonProblem}.`,
      remedy: `Install the dependencies again on this machine, with optional ones: npm ci. Prebuilt addons come with the package koffi; look there whether ${machine.platform} on ${machine.architecture} is among them.`,
    },
  unprivileged: ({ machine }) =>
    machine.platform === 'linux' &&
    !machine.capabilities.includes('CAP_SYS_ADMIN') && {
      severity: 'warning',
      sentence:
        'This process may not mount (it lacks CAP_SYS_ADMIN). Snapshots can be made, committed and removed, and clients are told how to mount them.',
      remedy: 'Run as root, or inside a user namespace of your own: unshare --user --map-root-user --mount.',
    },
  'no-user-namespaces': ({ machine }) =>
    machine.platform === 'linux' &&
    !machine.userNamespaces && {
      severity: 'notice',
      sentence: 'User namespaces are switched off, so that ids cannot be mapped on mounts.',
      remedy: 'Set the sysctl user.max_user_namespaces above 0 if containers are to have ids of their own.',
    },
  'kernel-old': ({ machine }) =>
    machine.platform === 'linux' &&
    /^(?:[0-4]\.|5\.[0-9]\.|5\.10\.)/.test(`${machine.kernel}.`) && {
      severity: 'warning',
      sentence: `Linux ${machine.kernel} is older than 5.11: overlay cannot be used inside of user namespaces.`,
      remedy: 'Run a newer kernel; from 6.13 on everything works that Strata can do.',
    },
  'selinux-enforcing': ({ machine }) =>
    machine.selinux === 'enforcing' && {
      severity: 'notice',
      sentence: 'SELinux is enforcing. Strata sets no labels: the process that mounts a snapshot sets its context.',
      remedy: 'Add a context to mount_options of the overlayfs snapshotter if containers are denied access.',
    },
};

/** The longest list of reasons that still reads as a sentence. */
const why = ({ obstacles }: BackEndVerdict): string => obstacles.join('; ');

const backEndFindings: Rules = {
  'back-end-unusable': ({ settings }, { backEnds }) => {
    const wanted = backEnds.find(({ name }) => name === settings.snapshotter);
    if (settings.snapshotter === AUTO || wanted?.usable === true) return false;
    const reason = wanted === undefined ? 'there is no back end of this name' : why(wanted);
    return {
      severity: 'error',
      sentence: `The configuration asks for the snapshotter "${settings.snapshotter}", which cannot be used: ${reason}.`,
      remedy: `Fix that, or set snapshotter = "${AUTO}".`,
    };
  },
  'snapshots-out-of-reach': ({ holding }, { backEnds }) => {
    const lost = backEnds.filter(({ name, usable }) => holding.includes(name) && !usable);
    return (
      lost.length > 0 && {
        severity: 'error',
        sentence: `The root has snapshots in ${lost.map((each) => `${each.name}, which cannot be used (${why(each)})`).join(' and ')}.`,
        remedy: 'Fix that: the snapshots are kept, and are there again when the back end works.',
      }
    );
  },
};

const daemonFindings: Rules = {
  'configuration-invalid': ({ settings }) =>
    settings.problem !== undefined && {
      severity: 'error',
      sentence: `The configuration cannot be used: ${settings.problem}.`,
      remedy: 'Correct it; "strata config default" prints one that is complete, with all settings explained.',
    },
  'address-too-long': ({ settings }) => {
    const found = socketPath(settings.address);
    return (
      'problem' in found && {
        severity: 'error',
        sentence: `The daemon cannot listen on its address: ${found.problem}.`,
        remedy: 'Choose another one with --address, or grpc.address in the configuration.',
      }
    );
  },
  'daemon-denied': ({ daemon }) =>
    daemon.state === 'denied' && {
      severity: 'warning',
      sentence: `A daemon's socket is at ${daemon.address}, and this user may not use it.`,
      remedy: 'Try as root, or give your group access: grpc.gid, and grpc.mode = "0660".',
    },
  'daemon-other-root': ({ daemon, root }) =>
    daemon.root !== undefined &&
    daemon.root !== root.path && {
      severity: 'notice',
      sentence: `The daemon on ${daemon.address} has another root, ${daemon.root}; this is about ${root.path}.`,
      remedy:
        'Leave out --root and --config to look at the root of that daemon, or name another daemon with --address.',
    },
  'plugin-failed': ({ daemon }) => {
    const failed = daemon.plugins.filter(({ problem, skipped }) => problem !== undefined && !skipped);
    return (
      failed.length > 0 && {
        severity: 'error',
        sentence: `Of the daemon that runs, ${failed.map(({ id, problem }) => `${id} did not start: ${problem}`).join('; ')}.`,
        remedy: 'Fix that and start the daemon again, or leave it out with disabled_plugins.',
      }
    );
  },
  'daemon-not-running': ({ daemon }) =>
    daemon.state === 'not running' && {
      severity: 'notice',
      sentence: `No daemon answers on ${daemon.address}.`,
      remedy: 'Start one with "strata serve"; docs/install.md has it started by systemd.',
    },
};

const rules: Rules = {
  ...machineFindings,
  ...rootFindings,
  ...backEndFindings,
  ...daemonFindings,
  ...containerdFindings,
};

/** Every finding about a machine, the gravest first, then in the order of the list. Pure. */
export function findAll(facts: DoctorFacts, conclusions: Conclusions): Finding[] {
  const found = findingCodes.flatMap((code): Finding[] => {
    const remark = rules[code]?.(facts, conclusions) ?? false;
    return remark === false ? [] : [{ code, ...remark }];
  });
  const order: readonly Severity[] = ['error', 'warning', 'notice'];
  return order.flatMap((severity) => found.filter((each) => each.severity === severity));
}
