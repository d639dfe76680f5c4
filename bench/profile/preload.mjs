// Loaded into our daemon by `npm run bench -- --profile`: a signal starts a CPU profile, the next one ends it and writes
// it to where the environment says.
import { renameSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { isMainThread } from 'node:worker_threads';

const file = process.env['STRATA_BENCH_PROFILE'];
/** Often enough, and seldom enough that a daemon without work still counts as idle. */
const intervalUs = 500;

/** @type {Session | undefined} */
let session;

function start() {
  session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: intervalUs });
  session.post('Profiler.start');
}

/** @param {Session} running @param {string} target */
function stop(running, target) {
  running.post('Profiler.stop', (error, result) => {
    if (error === null) {
      // Whoever waits for the file must not find half of it.
      writeFileSync(`${target}.part`, JSON.stringify(result.profile));
      renameSync(`${target}.part`, target);
    }
    running.disconnect();
  });
  session = undefined;
}

if (isMainThread && file !== undefined) {
  process.on('SIGUSR2', () => {
    if (session === undefined) start();
    else stop(session, file);
  });
}
