/** What containerd's configuration has to say about Strata, as TOML to be pasted. */
import type { ForContainerd } from './for-containerd.js';

/** The lines, with what each part is for. */
export function* renderForContainerd(wanted: ForContainerd): Generator<string> {
  const { containerd, configFile, format, name } = wanted;
  yield `# For containerd ${containerd}, in ${quote(configFile)}. Sections that are there take the new lines; restart containerd.`;
  yield '# Strata has to be served with --proxy, or with enabled = true in the section [proxy] of its configuration.';
  yield `version = ${format}`;
  yield '';
  yield* renderProxy(wanted);
  yield '';
  yield '# Kubernetes (CRI): where the images of new pods are kept. Leave it out if pods are not to use Strata.';
  yield format === 3 ? '[plugins."io.containerd.cri.v1.images"]' : '[plugins."io.containerd.grpc.v1.cri".containerd]';
  yield `  snapshotter = ${quote(name)}`;
  yield* renderUnpack(wanted);
  yield '';
  yield '# ctr and nerdctl: export this, or name the snapshotter with --snapshotter.';
  yield `#   CONTAINERD_SNAPSHOTTER=${quote(name)}`;
}

function* renderProxy({ name, address, capabilities, root }: ForContainerd): Generator<string> {
  yield `[proxy_plugins.${key(name)}]`;
  yield '  type = "snapshot"';
  yield `  address = ${quote(address)}`;
  if (capabilities.length > 0) yield `  capabilities = [${capabilities.map(quote).join(', ')}]`;
  if (root === undefined) return;
  yield '';
  yield '  # Where kubelet measures the disk.';
  yield `  [proxy_plugins.${key(name)}.exports]`;
  yield `    root = ${quote(root)}`;
}

function* renderUnpack({ unpack }: ForContainerd): Generator<string> {
  if (unpack === undefined) return;
  yield '';
  yield '# The transfer service unpacks into these alone. Without the last one images can no longer be unpacked there.';
  for (const snapshotter of unpack.snapshotters) {
    yield '[[plugins."io.containerd.transfer.v1.local".unpack_config]]';
    yield `  platform = ${quote(unpack.platform)}`;
    yield `  snapshotter = ${quote(snapshotter)}`;
  }
}

/** JSON's strings are TOML's basic strings. */
function quote(text: string): string {
  return JSON.stringify(text);
}

function key(name: string): string {
  return /^[\w-]+$/.test(name) ? name : quote(name);
}
