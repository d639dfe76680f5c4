export {
  type LoopFileSystem,
  type LoopFileSystemOptions,
  loopFileSystem,
  whyNoLoopFileSystem,
} from './loop-file-system.js';
export { type SuiteOptions, type SuiteSubject, testSnapshotter } from './snapshotter-suite.js';
export type { CaseContext, MountForSuite, SuiteCase } from './suite/case.js';
