/** The doctor: looks at a machine, says which back ends it can run, what is wrong, and how to repair it. */
export type { BackEndVerdict } from './back-ends.js';
export type { ContainerdOptions } from './containerd.js';
export { renderForContainerd } from './containerd-toml.js';
export type { Diagnosis } from './diagnose.js';
export { examine } from './examine.js';
export type { DaemonFacts, DaemonPlugin, DoctorFacts, SettingsFacts } from './facts.js';
export type { Finding, FindingCode, Severity } from './finding.js';
export type { ForContainerd } from './for-containerd.js';
