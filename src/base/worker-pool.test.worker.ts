/** The code of the threads of the test: does what it is told. */
import { answerRequests } from './worker-requests.js';

/** What to do. */
export type TestJob =
  | { readonly what: 'echo'; readonly value: string }
  | { readonly what: 'fail' }
  | { readonly what: 'end' }
  /** Until told to stop, or until the number is not 0. */
  | { readonly what: 'wait'; readonly gate: Int32Array<SharedArrayBuffer> };

answerRequests<TestJob, string>((job, stopped) => {
  switch (job.what) {
    case 'echo':
      return job.value;
    case 'fail':
      throw Object.assign(new Error('EIO: it broke'), { code: 'EIO' });
    case 'end':
      return process.exit();
    case 'wait':
      while (Atomics.load(job.gate, 0) === 0 && !stopped()) Atomics.wait(job.gate, 0, 0, 5);
      return stopped() ? 'stopped' : 'went on';
  }
});
