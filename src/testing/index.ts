export { type SuiteOptions, type SuiteSubject, testSnapshotter } from './snapshotter-suite.js';
export type { CaseContext, MountForSuite, SuiteCase } from './suite/case.js';
