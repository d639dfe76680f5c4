/** The doctor: looks at a machine, says which back ends it can run, what is wrong, and how to mend it. */
export type { BackEndVerdict } from './back-ends.js';
export { type Diagnosis, diagnose } from './diagnose.js';
export type { DaemonFacts, DaemonPlugin, DoctorFacts, SettingsFacts } from './facts.js';
export { type Finding, type FindingCode, findingCodes, type Severity } from './finding.js';
export { type GatherRequest, gatherFacts } from './gather.js';
