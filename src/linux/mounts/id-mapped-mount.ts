/**
 * Mounts whose files appear with other owners (mount_setattr(2), MOUNT_ATTR_IDMAP). Of an overlay the layers below are
 * mapped: what it shows of them is shifted, and what is written goes to the upper directory as it is. Any other mount
 * is mapped itself (containerd: core/mount/mount_linux.go).
 */
import { mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAtLeast, type KernelVersion, kernelVersion } from '../calls/kernel-facts.js';
import { MS, UMOUNT, umount } from '../calls/sys.js';
import { type IdMapping, makeUserNamespace } from '../calls/user-namespace.js';
import { mountByParameters, type Parameter } from './mount-by-parameters.js';
import { MountTree } from './mount-tree.js';
import { isLayer, lowerdirOf, overlayParameters } from './overlay-mount.js';
import { type PreparedMount, performMount } from './perform-mount.js';

/** Since when overlay takes layers by descriptor, so that no mapped layer has to be attached anywhere. */
const LAYER_DESCRIPTORS = { major: 6, minor: 13 };

/** What is mounted, where, and with which ids. */
export interface IdMappedMount {
  readonly mount: PreparedMount;
  readonly mapping: IdMapping;
  readonly target: string;
  readonly signal?: AbortSignal | undefined;
  /** The kernel's version, which decides how; that of this machine when absent. */
  readonly kernel?: KernelVersion;
}

/**
 * Performs one mount with mapped ids. When it fails, nothing is mounted.
 * @throws a system error: ENOSYS before Linux 5.12, EINVAL when the file system cannot map ids, or overlay takes no
 * mapped layers (before Linux 5.19). As `makeUserNamespace`.
 */
export async function performIdMapped(request: IdMappedMount): Promise<void> {
  const { mount, mapping, target, signal, kernel = kernelVersion() } = request;
  using namespace = await makeUserNamespace(mapping, { signal });
  const place = { target, namespace: namespace.fd, signal };
  if ((mount.flags & MS.BIND) !== 0) bindMapped(mount, place);
  else if (mount.spec.type !== 'overlay') await mountMapped(mount, place);
  else if (isAtLeast(kernel, LAYER_DESCRIPTORS)) overlayOverDescriptors(mount, place);
  else await overlayOverAttached(mount, place);
}

interface Place {
  readonly target: string;
  /** A descriptor of the user namespace. */
  readonly namespace: number;
  readonly signal: AbortSignal | undefined;
}

function bindMapped({ spec, flags }: PreparedMount, { target, namespace }: Place): void {
  const recursive = (flags & MS.REC) !== 0;
  using tree = MountTree.copy(spec.source, recursive);
  tree.mapIds({ namespace, flags, recursive });
  tree.attach(target);
}

/** A new mount has to be attached to be made by mount(2); a mapped copy then takes its place. */
async function mountMapped(mount: PreparedMount, { target, namespace, signal }: Place): Promise<void> {
  await performMount(mount, target, { signal });
  let copy: MountTree;
  try {
    copy = MountTree.copy(target);
  } finally {
    umount(target, UMOUNT.DETACH);
  }
  using tree = copy;
  tree.mapIds({ namespace, flags: mount.flags, recursive: false });
  tree.attach(target);
}

/** Replaces each layer, by its path, in the parameters of an overlay. */
function withLayers({ data }: PreparedMount, replace: (path: string) => string | number): Parameter[] {
  return overlayParameters(data).map((parameter) => {
    const { key, value } = parameter;
    return isLayer(parameter) && typeof value === 'string' ? { key, value: replace(value) } : parameter;
  });
}

/** Copies of layers, mapped; all are closed with this. */
class MappedLayers implements Disposable {
  readonly #namespace: number;
  readonly #trees: MountTree[] = [];

  constructor(namespace: number) {
    this.#namespace = namespace;
  }

  add(path: string): MountTree {
    const tree = MountTree.copy(path);
    this.#trees.push(tree);
    tree.mapIds({ namespace: this.#namespace, flags: MS.RDONLY, recursive: false });
    return tree;
  }

  [Symbol.dispose](): void {
    for (const tree of this.#trees) tree[Symbol.dispose]();
  }
}

function overlayOverDescriptors(mount: PreparedMount, { target, namespace }: Place): void {
  const { spec, flags } = mount;
  using layers = new MappedLayers(namespace);
  const parameters = withLayers(mount, (path) => layers.add(path).fd);
  mountByParameters({ type: spec.type, source: spec.source, target, flags, parameters });
}

/** Directories to attach layers at; detached and removed with this, which leaves an overlay over them as it is. */
class AttachedLayers implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'strata-layers-'));
  readonly #points: string[] = [];

  attach(tree: MountTree): string {
    const point = join(this.#directory, String(this.#points.length));
    mkdirSync(point);
    try {
      tree.attach(point);
    } catch (error) {
      rmdirSync(point);
      throw error;
    }
    this.#points.push(point);
    return point;
  }

  [Symbol.dispose](): void {
    for (const point of this.#points) {
      umount(point, UMOUNT.DETACH);
      rmdirSync(point);
    }
    rmdirSync(this.#directory);
  }
}

async function overlayOverAttached(mount: PreparedMount, { target, namespace }: Place): Promise<void> {
  using attached = new AttachedLayers();
  using layers = new MappedLayers(namespace);
  const parameters = withLayers(mount, (path) => attached.attach(layers.add(path)));
  const others = mount.data.filter((option) => !option.startsWith('lowerdir='));
  const data = [...others, `lowerdir=${lowerdirOf(parameters.filter(isLayer))}`];
  await performMount({ ...mount, data }, target);
}
