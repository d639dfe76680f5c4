/** Which back ends a machine can run, why not, and within which limits. */
import { pluginTypes } from '../daemon/index.js';
import type { DoctorFacts } from './facts.js';

/** What is known about one back end. */
export interface BackEndVerdict {
  readonly name: string;
  readonly usable: boolean;
  /** Why it cannot be used, most important first; none when it can. */
  readonly obstacles: readonly string[];
  /** What it cannot do here although it can be used. */
  readonly limits: readonly string[];
}

interface Rule {
  readonly name: string;
  /** Each obstacle that stands. */
  readonly obstacles: (facts: DoctorFacts) => readonly (string | false)[];
  readonly limits: (facts: DoctorFacts) => readonly (string | false)[];
}

/** File systems that overlay takes no upper directory on, since they lack attributes or are shared by machines. */
const NO_UPPER = ['nfs', 'nfs4', 'cifs', 'smb3', 'vfat', 'exfat', 'ntfs3', 'fuseblk', 'overlay'];

const hasProgram = ({ programs }: DoctorFacts, name: string): boolean => programs.includes(name);
const canMount = ({ machine }: DoctorFacts): boolean => machine.capabilities.includes('CAP_SYS_ADMIN');
const fileSystem = ({ root }: DoctorFacts): string => root.mount?.type ?? 'an unknown file system';

const onLinux = ({ machine }: DoctorFacts): string | false =>
  machine.platform !== 'linux' && `it needs Linux, and this is ${machine.platform}`;

const addon = ({ machine }: DoctorFacts): string | false =>
  machine.addonProblem !== undefined && 'the addon for system calls cannot be loaded';

const unlimited = (facts: DoctorFacts): string | false =>
  facts.root.projectQuota !== 'on' && 'what a snapshot takes cannot be limited: no project quotas';

const mounting = (facts: DoctorFacts): string | false =>
  !canMount(facts) && 'this process may not mount (CAP_SYS_ADMIN): only clients with more rights can';

const inNamespace = ({ machine }: DoctorFacts, what: string): string | false =>
  machine.inUserNamespace && `${what} cannot be mounted inside of a user namespace`;

const rules: readonly Rule[] = [
  {
    name: 'overlayfs',
    obstacles: (facts) => [
      onLinux(facts),
      facts.machine.overlay === 'absent' && 'this kernel has no overlay',
      NO_UPPER.includes(fileSystem(facts)) && `overlay takes no upper directory on ${fileSystem(facts)}`,
      facts.root.directoryTypes === false && `${fileSystem(facts)} does not tell the types of directory entries here`,
      facts.overlay.mounts === 'fails' && `overlay cannot be mounted below the root: ${facts.overlay.problem ?? ''}`,
    ],
    limits: (facts) => [
      mounting(facts),
      facts.overlay.mapsIds === 'fails' && 'ids of containers cannot be mapped on its mounts',
      unlimited(facts),
      facts.machine.inUserNamespace && 'no rebase: unpackers in a user namespace lose what layers delete',
    ],
  },
  {
    name: 'btrfs',
    obstacles: (facts) => [
      onLinux(facts),
      facts.machine.btrfs === 'absent' && 'this kernel has no btrfs',
      fileSystem(facts) !== 'btrfs' && `the root lies on ${fileSystem(facts)}`,
      addon(facts),
      !canMount(facts) && 'it needs CAP_SYS_ADMIN',
      inNamespace(facts, 'btrfs'),
    ],
    limits: () => [],
  },
  {
    name: 'native',
    obstacles: () => [],
    limits: (facts) => [
      facts.root.reflink !== true &&
        `each snapshot takes the time and the space of a whole copy: ${fileSystem(facts)} does not share blocks between files here`,
      mounting(facts),
      unlimited(facts),
    ],
  },
  {
    name: 'erofs',
    obstacles: (facts) => [
      onLinux(facts),
      facts.machine.erofs === 'absent' && 'this kernel has no erofs',
      facts.machine.overlay === 'absent' && 'this kernel has no overlay',
      inNamespace(facts, 'erofs'),
      !hasProgram(facts, 'mkfs.erofs') && 'mkfs.erofs is missing (erofs-utils)',
      facts.root.directoryTypes === false && `${fileSystem(facts)} does not tell the types of directory entries here`,
    ],
    limits: (facts) => [
      mounting(facts),
      facts.overlay.mounts === 'fails' &&
        `only with default_size: overlay cannot be mounted below the root: ${facts.overlay.problem ?? ''}`,
      !facts.machine.verity && 'no fs-verity: layers cannot be sealed by the kernel',
    ],
  },
  {
    name: 'blockfile',
    obstacles: (facts) => [
      onLinux(facts),
      facts.machine.loop === 'absent' && 'this kernel has no loop devices',
      inNamespace(facts, 'a block device'),
      !hasProgram(facts, 'mkfs.ext4') && !hasProgram(facts, 'mkfs.xfs') && 'mkfs.ext4 is missing (e2fsprogs)',
    ],
    limits: (facts) => [
      mounting(facts),
      facts.root.reflink !== true && 'each snapshot takes the time of a whole copy of its file',
    ],
  },
  {
    name: 'devmapper',
    obstacles: (facts) => [
      onLinux(facts),
      facts.machine.deviceMapper === 'absent' && 'this kernel has no device-mapper',
      inNamespace(facts, 'a block device'),
      !hasProgram(facts, 'mkfs.ext4') && !hasProgram(facts, 'mkfs.xfs') && 'mkfs.ext4 is missing (e2fsprogs)',
      !canMount(facts) && 'it needs CAP_SYS_ADMIN',
    ],
    limits: () => ['a thin pool has to be set up and named in the configuration'],
  },
];

const said = (texts: readonly (string | false)[]): string[] => texts.filter((text) => text !== false);

/** Why the running daemon does not have a back end. */
function leftOut({ daemon }: DoctorFacts, name: string): string | false {
  const plugin = daemon.plugins.find(({ type, id }) => type === pluginTypes.snapshotter.uri && id === name);
  return plugin?.problem !== undefined && `the daemon that runs does without it (${plugin.problem})`;
}

/** Judges every back end: by the machine, and by what a daemon that runs has found out on it. Pure. */
export function judgeBackEnds(facts: DoctorFacts): BackEndVerdict[] {
  return rules.map(({ name, obstacles, limits }) => {
    const ofMachine = said(obstacles(facts));
    const against = ofMachine.length > 0 ? ofMachine : said([leftOut(facts, name)]);
    const usable = against.length === 0;
    return { name, usable, obstacles: against, limits: usable ? said(limits(facts)) : [] };
  });
}
