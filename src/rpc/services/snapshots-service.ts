import { InvalidArgumentError } from '../../errors/index.js';
import {
  type CommitRequest,
  type CreateRequest,
  type Info,
  type Snapshotter,
  type UpdateRequest,
  walkPages,
} from '../../snapshots/index.js';
import { defineService, type GrpcService } from '../engines/index.js';
import { wireSnapshots } from '../proto/index.js';
import { inBlocks } from './blocks.js';
import { infoToWire, mountsToWire } from './convert.js';

/** What the service needs. */
export interface SnapshotsServiceOptions {
  /**
   * Gives the snapshotter that a request names.
   * @throws InvalidArgumentError `snapshotter argument missing` for an empty name, `snapshotter not loaded: <name>` for
   * an unknown one.
   */
  readonly resolveSnapshotter: (name: string) => Snapshotter;
}

/** How many snapshots go into one message of List, as in containerd (plugins/services/snapshots/service.go). */
const listBlock = 100;

/** The service `containerd.services.snapshots.v1.Snapshots`. Unlike containerd's, List keeps the class of its errors. */
export function snapshotsService({ resolveSnapshotter }: SnapshotsServiceOptions): GrpcService {
  return defineService(wireSnapshots.SnapshotsDefinition, {
    prepare: async (request, call) =>
      mountsToWire(await resolveSnapshotter(request.snapshotter).prepare(createRequest(request), call)),
    view: async (request, call) =>
      mountsToWire(await resolveSnapshotter(request.snapshotter).view(createRequest(request), call)),
    mounts: async ({ snapshotter, key }, call) => mountsToWire(await resolveSnapshotter(snapshotter).mounts(key, call)),
    commit: async (request, call) => {
      await resolveSnapshotter(request.snapshotter).commit(commitRequest(request), call);
      return {};
    },
    remove: async ({ snapshotter, key }, call) => {
      await resolveSnapshotter(snapshotter).remove(key, call);
      return {};
    },
    stat: async ({ snapshotter, key }, call) => infoAnswer(await resolveSnapshotter(snapshotter).stat(key, call)),
    update: async (request, call) =>
      infoAnswer(await resolveSnapshotter(request.snapshotter).update(updateRequest(request), call)),
    list: async function* ({ snapshotter, filters }, call) {
      const infos = walkPages(resolveSnapshotter(snapshotter), { filters }, call);
      for await (const block of inBlocks(infos, listBlock)) yield { info: block.map(infoToWire) };
    },
    usage: async ({ snapshotter, key }, call) => ({ ...(await resolveSnapshotter(snapshotter).usage(key, call)) }),
    cleanup: async ({ snapshotter }, call) => {
      await resolveSnapshotter(snapshotter).cleanup(call);
      return {};
    },
  });
}

function infoAnswer(info: Info): { info: wireSnapshots.Info } {
  return { info: infoToWire(info) };
}

function createRequest({ key, parent, labels }: wireSnapshots.PrepareSnapshotRequest): CreateRequest {
  return { key, ...givenParent(parent), ...givenLabels(labels) };
}

function commitRequest({ name, key, parent, labels }: wireSnapshots.CommitSnapshotRequest): CommitRequest {
  return { name, key, ...givenParent(parent), ...givenLabels(labels) };
}

/** A field mask is taken literally: the name of a label may hold dots and slashes. */
function updateRequest({ info, updateMask }: wireSnapshots.UpdateSnapshotRequest): UpdateRequest {
  if (info === undefined) throw new InvalidArgumentError('info is required');
  const { name, labels } = info;
  return { name, labels, ...(updateMask === undefined || updateMask.length === 0 ? {} : { fieldpaths: updateMask }) };
}

function givenParent(parent: string): { parent?: string } {
  return parent === '' ? {} : { parent };
}

function givenLabels(labels: Map<string, string>): { labels?: Map<string, string> } {
  return labels.size === 0 ? {} : { labels };
}
