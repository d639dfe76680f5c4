// What is measured together, each on a file system of its own.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { profiled } from '../profile/profiled.mjs';
import { makeGround } from './ground.mjs';
import { Host } from './host.mjs';
import { JobTarget } from './job-target.mjs';
import { Process } from './process.mjs';
import { containerdIn, peerIn, strataIn } from './servers.mjs';
import { Target } from './target.mjs';

/** @typedef {import('../options.mjs').Options} Options */
/** @typedef {import('../report/sample.mjs').Side} Side */
/** @typedef {import('./servers.mjs').Launch} Launch */
/** @typedef {import('./undo.mjs').Undo} Undo */

const gibibytes = { calls: 24, million: 64, jobs: 16 };

/** @param {Options} options @returns {Record<string, string>} */
const environmentOf = ({ profile }) => (profile === undefined ? {} : profiled.environment);

/**
 * Our daemon and a containerd, each with a load generator that calls it.
 * @param {Options} options
 * @param {Undo} undo
 * @returns {Promise<Target[]>}
 */
export async function startCalls(options, undo) {
  const { directory: parent, strata, only, full } = options;
  const ground = await makeGround({ gibibytes: full ? gibibytes.million : gibibytes.calls, parent, undo });
  const launches = {
    ours: strataIn(path.join(ground, 'ours'), strata),
    theirs: containerdIn(path.join(ground, 'theirs')),
  };
  const targets = [];
  for (const side of /** @type {const} */ (['ours', 'theirs'])) {
    if (only !== 'both' && only !== side) continue;
    const env = side === 'ours' ? environmentOf(options) : {};
    const target = new Target({ side, directory: path.join(ground, side), launch: launches[side], env });
    undo.add(() => target.stop());
    await target.start();
    targets.push(target);
  }
  return targets;
}

/**
 * A containerd with its own snapshotter, the same behind a socket, and ours with two settings of `durability`.
 * @param {Options} options
 * @param {Undo} undo
 * @returns {Promise<JobTarget[]>}
 */
export async function startJobs(options, undo) {
  const { directory: parent, strata, only } = options;
  const ground = await makeGround({ gibibytes: gibibytes.jobs, parent, undo });
  /** @param {'metadata' | 'full'} durability */
  const ours = (durability) =>
    strataIn(path.join(ground, durability), strata, `durability = "${durability}"\n[proxy]\nenabled = true\n`);
  const launches = { peer: peerIn(path.join(ground, 'peer')), metadata: ours('metadata'), full: ours('full') };
  /** @type {Map<Side, Process>} */
  const servers = new Map();
  for (const side of /** @type {const} */ (['peer', 'metadata', 'full'])) {
    const launch = launches[side];
    const env = side === 'peer' ? {} : environmentOf(options);
    const server = new Process({ ...launch, log: path.join(ground, `${side}.log`), env });
    undo.add(() => server.stop());
    await server.listening(launch.address);
    servers.set(side, server);
  }
  const proxies = Object.fromEntries(Object.entries(launches).map(([side, { address }]) => [side, address]));
  const directory = path.join(ground, 'host');
  mkdirSync(directory);
  const host = await Host.start({ directory, proxies, undo });
  const targets = [new JobTarget({ side: 'theirs', snapshotter: 'overlayfs', host, server: host.server })];
  for (const [side, server] of servers) targets.push(new JobTarget({ side, snapshotter: side, host, server }));
  return targets.filter(
    ({ side }) => only === 'both' || (only === 'ours') === (side === 'metadata' || side === 'full'),
  );
}
