export {
  type CaseContext,
  type SuiteCase,
  type SuiteOptions,
  type SuiteSubject,
  testSnapshotter,
} from './snapshotter-suite.js';
