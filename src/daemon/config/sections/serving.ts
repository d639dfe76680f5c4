/** The settings of the socket, and of what is behind it. */
import { AUTO } from '../default-choice.js';
import { defaultAddress } from '../environment.js';
import { option, section } from '../option.js';
import { absolutePath, boolean, fileMode, integer, oneOf, size, string } from '../value-types.js';
import { GIB, MIB } from './units.js';

/** The largest id that Linux takes; one more means "unchanged" to chown(2). */
const MAX_ID = 2 ** 32 - 2;

/** The socket on which the daemon answers. */
export const grpc = section('The socket on which the daemon answers.', {
  address: option({
    type: absolutePath,
    default: defaultAddress,
    doc: 'Path of the unix socket, at most 107 bytes (the kernel has no room for more). Clients look for it at the same default.',
    containerd: 'grpc.address',
  }),
  mode: option({
    type: fileMode,
    default: 0o600,
    doc: 'Permissions of the socket. Whoever may write to it controls the snapshots, so only the owner may unless this says otherwise.',
  }),
  uid: option({
    type: integer(0, MAX_ID),
    default: ({ uid }) => uid,
    doc: 'The user who owns the socket. Only root can choose another one than itself.',
    containerd: 'grpc.uid',
  }),
  gid: option({
    type: integer(0, MAX_ID),
    default: ({ gid }) => gid,
    doc: 'The group of the socket; give it access with `mode = "0660"`.',
    containerd: 'grpc.gid',
  }),
  max_message_size: option({
    type: size(64 * 2 ** 10, GIB),
    default: 16 * MIB,
    doc: 'The largest message in either direction, as bytes or with a unit. The default is what containerd and its clients use.',
    containerd: 'grpc.max_recv_message_size, grpc.max_send_message_size',
  }),
  engine: option<'direct' | 'node'>({
    type: oneOf(['direct', 'node']),
    default: 'direct',
    doc: 'What speaks gRPC on the socket: `direct` is an HTTP/2 server made for this daemon; `node` is that of Node, which takes two to four times the work for a small call and at most 64 KiB of metadata (`direct` takes 1 MiB). Both serve the same methods in the same way; the choice is there in case a client works with only one of them.',
  }),
});

/** Serving a containerd in front. */
export const proxy = section(
  "Serving as another containerd's proxy snapshotter. That containerd keeps the namespaces and events; this daemon keeps only snapshots.",
  {
    enabled: option({
      type: boolean,
      default: false,
      doc: 'Puts the snapshotter straight behind the socket, without namespaces: the containerd in front keeps those, and makes up the keys. A root may serve in either mode in turn; each shows only the snapshots that were made in it.',
    }),
    snapshotter: option({
      type: string,
      default: AUTO,
      doc: 'Which snapshotter answers when a request names one that is not loaded: containerd sends the name of its `[proxy_plugins.<name>]` table. `auto` is the default snapshotter. No effect unless `enabled`.',
    }),
    cleanup_in_background: option({
      type: boolean,
      default: true,
      doc: 'Answers a Cleanup at once, and deletes files in the background: containerd calls it at the end of a garbage collection, which `ctr images rm --sync` waits for, and only logs what comes of it. Failures are in the log of this daemon. With `false`, the files are gone when it is answered. No effect unless `enabled`: a daemon without containerd in front, and the library in a process, always wait.',
    }),
  },
);
