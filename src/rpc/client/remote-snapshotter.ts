import { UnavailableError } from '../../errors/index.js';
import {
  type CallContext,
  type CommitRequest,
  type CreateRequest,
  checkedCommit,
  checkedCreate,
  checkedFilters,
  checkedKey,
  checkedUpdate,
  type Info,
  type Labels,
  type Mount,
  noContext,
  type Snapshotter,
  type UpdateRequest,
  type Usage,
  type WalkRequest,
} from '../../snapshots/api/index.js';
import { type WireMethod, wireMethod, wireSnapshots } from '../proto/index.js';
import type { Channel } from './channel.js';
import { infoFromWire } from './convert.js';

const { SnapshotsDefinition: service, Kind } = wireSnapshots;
const methods = {
  prepare: wireMethod(service, service.methods.prepare),
  view: wireMethod(service, service.methods.view),
  mounts: wireMethod(service, service.methods.mounts),
  commit: wireMethod(service, service.methods.commit),
  remove: wireMethod(service, service.methods.remove),
  stat: wireMethod(service, service.methods.stat),
  update: wireMethod(service, service.methods.update),
  list: wireMethod(service, service.methods.list),
  usage: wireMethod(service, service.methods.usage),
  cleanup: wireMethod(service, service.methods.cleanup),
};

/** A snapshotter of a daemon, over gRPC. Closing it leaves the channel open. */
export class RemoteSnapshotter implements Snapshotter {
  readonly #channel: Channel;
  readonly #name: string;
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;

  /** @param name What the daemon calls it. */
  constructor(channel: Channel, name: string) {
    this.#channel = channel;
    this.#name = name;
  }

  async prepare(request: CreateRequest, call?: CallContext): Promise<readonly Mount[]> {
    return (await this.#call(methods.prepare, this.#creation(request), call)).mounts;
  }

  async view(request: CreateRequest, call?: CallContext): Promise<readonly Mount[]> {
    return (await this.#call(methods.view, this.#creation(request), call)).mounts;
  }

  async mounts(key: string, call?: CallContext): Promise<readonly Mount[]> {
    return (await this.#call(methods.mounts, this.#named(key), call)).mounts;
  }

  async commit(given: CommitRequest, call?: CallContext): Promise<void> {
    const { name, key, labels, parent = '' } = checkedCommit(given);
    const request = { snapshotter: this.#name, name, key, labels: mutable(labels), parent };
    await this.#call(methods.commit, request, call);
  }

  async remove(key: string, call?: CallContext): Promise<void> {
    await this.#call(methods.remove, this.#named(key), call);
  }

  async stat(key: string, call?: CallContext): Promise<Info> {
    return infoFromWire((await this.#call(methods.stat, this.#named(key), call)).info);
  }

  async update(given: UpdateRequest, call?: CallContext): Promise<Info> {
    const { name, labels, fieldpaths } = checkedUpdate(given);
    const unused = { parent: '', kind: Kind.UNKNOWN, createdAt: undefined, updatedAt: undefined };
    const info = { name, labels: mutable(labels), ...unused };
    const updateMask = fieldpaths === undefined ? undefined : [...fieldpaths];
    return infoFromWire((await this.#call(methods.update, { snapshotter: this.#name, info, updateMask }, call)).info);
  }

  async usage(key: string, call?: CallContext): Promise<Usage> {
    return this.#call(methods.usage, this.#named(key), call);
  }

  async *walk(
    { filters = [] }: WalkRequest = {},
    call: CallContext = noContext,
  ): AsyncGenerator<Info, void, undefined> {
    this.#checkOpen();
    const request = { snapshotter: this.#name, filters: [...checkedFilters(filters)] };
    await using blocks = this.#channel.stream(methods.list, request, call);
    for await (const block of blocks) for (const info of block.info) yield infoFromWire(info);
  }

  async cleanup(call?: CallContext): Promise<void> {
    await this.#call(methods.cleanup, { snapshotter: this.#name }, call);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #call<Request, Response>(
    method: WireMethod<Request, Response>,
    request: Request,
    call: CallContext = noContext,
  ): Promise<Response> {
    this.#checkOpen();
    const response = this.#channel.unary(method, request, call);
    this.#underWay.add(response);
    try {
      return await response;
    } finally {
      this.#underWay.delete(response);
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new UnavailableError(`snapshotter ${this.#name} is closed`);
  }

  #named(key: string): { snapshotter: string; key: string } {
    return { snapshotter: this.#name, key: checkedKey(key) };
  }

  #creation(given: CreateRequest): wireSnapshots.PrepareSnapshotRequest {
    const { key, parent = '', labels } = checkedCreate(given);
    return { ...this.#named(key), parent, labels: mutable(labels) };
  }
}

function mutable(labels: Labels | undefined): Map<string, string> {
  return new Map(labels);
}
