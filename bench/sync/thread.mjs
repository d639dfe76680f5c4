// The code of a thread that synchronises.
import { closeSync, constants, fsyncSync, openSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { startWriting, syncFileSystem } from '../../dist/linux/calls/sys.js';

/** @typedef {import('./threads.mjs').Task} Task */

const acts = { fsync: fsyncSync, start: startWriting };
const whole = openSync(workerData.directory, constants.O_RDONLY | constants.O_DIRECTORY);

/** @param {Task} task */
function perform(task) {
  if (task.what === 'syncfs') {
    syncFileSystem(whole);
    return;
  }
  for (const path of task.paths) {
    const fd = openSync(path, constants.O_RDONLY);
    acts[task.what](fd);
    closeSync(fd);
  }
}

parentPort?.on('message', (/** @type {{ task: Task, port: import('node:worker_threads').MessagePort }} */ message) => {
  const { task, port } = message;
  try {
    perform(task);
    port.postMessage(undefined);
  } catch (error) {
    port.postMessage(error instanceof Error ? error.message : String(error));
  }
});
// The system calls are loaded before anything is measured.
syncFileSystem(whole);
parentPort?.postMessage('ready');
