import { noContext } from '../../snapshots/api/index.js';
import { wireContainers, wireContent, wireMethod } from '../proto/index.js';
import type { Channel } from './channel.js';
import type { ContainerdClient, StrataClient } from './types.js';

const { ContainersDefinition: containers } = wireContainers;
const { ContentDefinition: content } = wireContent;
const methods = {
  // One message each: all of them may be more than one message can hold.
  listContainers: wireMethod(containers, containers.methods.listStream),
  listContent: wireMethod(content, content.methods.list),
  updateContent: wireMethod(content, content.methods.update),
};

/** What the containerd behind a channel has beyond what Strata has. */
export function clientContainerd(channel: Channel): Omit<ContainerdClient, keyof StrataClient> {
  return {
    containers: async function* (call = noContext) {
      await using messages = channel.stream(methods.listContainers, { filters: [] }, call);
      for await (const { container } of messages) if (container !== undefined) yield container;
    },
    removeContentLabel: async ({ key, value }, call = noContext) => {
      const filters = [`labels.${JSON.stringify(key)}==${JSON.stringify(value)}`];
      const digests: string[] = [];
      await using messages = channel.stream(methods.listContent, { filters }, call);
      for await (const { info } of messages) digests.push(...info.map(({ digest }) => digest));
      for (const digest of digests) {
        const info = { digest, labels: new Map() };
        await channel.unary(methods.updateContent, { info, updateMask: [`labels.${key}`] }, call);
      }
    },
  };
}
