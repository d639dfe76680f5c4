// The ways in which layers can be put on disk.

/** @typedef {import('./ground.mjs').Layer} Layer */
/** @typedef {import('./threads.mjs').Threads} Threads */

/**
 * @typedef {object} Way
 * @property {string} title
 * @property {(layers: readonly Layer[], threads: Threads) => Promise<unknown>} sync
 */

/** @param {Layer} layer */
const allOf = ({ files, directories }) => [...files, ...directories];

/** Files first, then the directories with their names. @param {Layer} layer @param {Threads} threads */
async function eightAtOnce({ files, directories }, threads) {
  await threads.share('fsync', files);
  await threads.share('fsync', directories);
}

/** @param {Layer} layer @param {Threads} threads */
async function startThenSync(layer, threads) {
  await threads.run({ what: 'start', paths: layer.files });
  await threads.run({ what: 'fsync', paths: allOf(layer) });
}

/** For one layer. @type {readonly Way[]} */
export const ways = [
  {
    title: 'fsync, one by one',
    sync: ([layer], threads) => threads.run({ what: 'fsync', paths: layer === undefined ? [] : allOf(layer) }),
  },
  {
    title: 'fsync, 8 at once',
    sync: (layers, threads) => Promise.all(layers.map((each) => eightAtOnce(each, threads))),
  },
  {
    title: 'sync_file_range, then fsync',
    sync: (layers, threads) => Promise.all(layers.map((each) => startThenSync(each, threads))),
  },
  { title: 'syncfs', sync: (_, threads) => threads.syncAll() },
];

/** For layers that come at the same time. @type {readonly Way[]} */
export const waysTogether = [
  ...ways.filter(({ title }) => title === 'fsync, 8 at once'),
  {
    title: 'sync_file_range, then fsync, each in a thread',
    sync: (layers, threads) => Promise.all(layers.map((each) => startThenSync(each, threads))),
  },
  { title: 'syncfs for each', sync: (layers, threads) => Promise.all(layers.map(() => threads.syncAll())) },
  { title: 'one syncfs for all', sync: (_, threads) => threads.syncAll() },
];
