/** Problems, and things worth knowing: a closed list, each with its sentence and its remedy. */
import type { BackEndVerdict } from './back-ends.js';
import type { DoctorFacts } from './facts.js';
import type { ForContainerd } from './for-containerd.js';

/** `error` has to be fixed for Strata to work, `warning` will hurt sooner or later, `notice` is good to know. */
export type Severity = 'error' | 'warning' | 'notice';

/** One finding. */
export interface Finding {
  /** A word for programs; never changes its meaning. */
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly sentence: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** The code of a finding. */
export type FindingCode = (typeof findingCodes)[number];

/** Every code, in the order of the list of findings. */
export const findingCodes = [
  'not-linux',
  'addon-missing',
  'configuration-invalid',
  'address-too-long',
  'root-no-directory',
  'root-not-writable',
  'root-read-only',
  'root-volatile',
  'root-shared',
  'space-gone',
  'space-low',
  'inodes-gone',
  'inodes-low',
  'no-directory-types',
  'quota-off',
  'layers-unsealed',
  'back-end-unusable',
  'snapshots-out-of-reach',
  'unprivileged',
  'no-user-namespaces',
  'kernel-old',
  'selinux-enforcing',
  'daemon-denied',
  'daemon-other-root',
  'plugin-failed',
  'daemon-not-running',
  'containerd-unreadable',
  'containerd-other-address',
  'containerd-not-configured',
  'containerd-without-proxy',
  'containerd-capabilities',
  'containerd-root',
  'containerd-transfer',
  'containerd-cri',
  'containerd-not-running',
] as const;

/** The finding of a rule. */
export interface Remark {
  readonly severity: Severity;
  readonly sentence: string;
  readonly remedy: string;
}

/** What was concluded of the facts. */
export interface Conclusions {
  readonly backEnds: readonly BackEndVerdict[];
  /** Undefined where containerd's version is not known. */
  readonly forContainerd: ForContainerd | undefined;
}

/** A rule: what it finds, if anything. */
export type Rule = (facts: DoctorFacts, conclusions: Conclusions) => Remark | false;

/** The rules of a part of the list. */
export type Rules = Readonly<Partial<Record<FindingCode, Rule>>>;
