/** A running daemon, for the code that starts and stops it. */
import type { PluginReport } from '../../plugins/index.js';
import type { Activity } from './activity.js';

/** A daemon that is listening. */
export interface Daemon extends AsyncDisposable {
  /** The path of the unix socket on which it answers. */
  readonly address: string;
  /** The directory that holds its snapshots and records. */
  readonly root: string;
  /** The outcome of every plugin, in the order of starting. */
  readonly reports: readonly PluginReport[];
  /** What it is doing now. */
  activity(): Activity;
  /**
   * Stops it: reports itself as not serving, accepts no further calls, lets those in flight finish, stops the plugins
   * in reverse order, and takes its socket away. Calling it again waits for the same end.
   */
  close(): Promise<void>;
}
