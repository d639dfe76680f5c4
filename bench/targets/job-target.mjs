// A snapshotter of a containerd, which does whole jobs with it.
import { setTimeout as delay } from 'node:timers/promises';
import { synchronize } from './ground.mjs';
import { memoryOf, untilIdle } from './proc.mjs';

/** @typedef {import('../report/sample.mjs').Side} Side */
/** @typedef {import('../images/images.mjs').Image} Image */
/** @typedef {import('./host.mjs').Host} Host */
/** @typedef {import('./process.mjs').Process} Process */

/** As in src/snapshots/service/background-cleanup.ts, and a little. */
const cleanupDelayMs = 1200;

/** See the head of this file. */
export class JobTarget {
  /** @param {{ side: Side, snapshotter: string, host: Host, server: Process }} options `server` is the one of the snapshots. */
  constructor({ side, snapshotter, host, server }) {
    this.side = side;
    this.snapshotter = snapshotter;
    this.host = host;
    this.server = server;
  }

  /** The process that has the snapshots. */
  get pid() {
    return this.server.pid;
  }

  /** What that has of memory, in bytes. */
  memory() {
    return memoryOf(this.pid);
  }

  /** Imports an image and unpacks it. @param {Image} image */
  async importImage({ archive }) {
    await this.host.ctr('images', 'import', '--snapshotter', this.snapshotter, archive);
  }

  /** Removes an image and waits until its snapshots are removed. @param {Image} image */
  async removeImage({ name }) {
    await this.host.ctr('images', 'remove', '--sync', name);
  }

  /** Starts a container, and returns when it runs. @param {Image} image @param {string} id */
  async run({ name }, id) {
    await this.host.ctr('run', '--detach', '--null-io', '--snapshotter', this.snapshotter, name, id);
  }

  /** Removes all that a scenario made. */
  async clear() {
    await this.host.removeContainers();
    await this.host.removeImages();
  }

  /** Waits until nothing is left to do of what was asked before; see `Target`. */
  async settle() {
    await this.host.collectGarbage();
    // A Cleanup in the background begins a second after the last one that was asked for.
    await delay(cleanupDelayMs);
    await untilIdle([this.host.server.pid, this.pid]);
    await synchronize(this.host.directory);
  }
}
