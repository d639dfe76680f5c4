import { shellWord } from './mount-line.js';

/** A change of the snapshots of a containerd that is in front of Strata. */
export interface CtrChange {
  /** The namespace of containerd. */
  readonly namespace: string;
  /** What `ctr snapshots` is to do, such as `rm`, and with what. */
  readonly words: readonly string[];
}

/** The command line with which `ctr` makes a change, where containerd calls its proxy snapshotter `strata`. */
export function ctrCommand({ namespace, words }: CtrChange): string {
  return ['ctr', '-n', namespace, 'snapshots', '--snapshotter', 'strata', ...words].map(shellWord).join(' ');
}
