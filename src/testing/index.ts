export {
  type LoopFileSystem,
  type LoopFileSystemOptions,
  loopFileSystem,
  whyNoLoopFileSystem,
} from './loop-file-system.js';
export {
  type CaseContext,
  type SuiteCase,
  type SuiteOptions,
  type SuiteSubject,
  testSnapshotter,
} from './snapshotter-suite.js';
