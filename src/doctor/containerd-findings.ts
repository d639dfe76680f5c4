import { pluginTypes } from '../daemon/index.js';
import type { DaemonPlugin, DoctorFacts, ProxyPlugin } from './facts.js';
import type { Rules } from './finding.js';
import type { ForContainerd } from './for-containerd.js';

const installed = ({ containerd }: DoctorFacts): boolean => containerd.version !== undefined;

const ours = ({ containerd, settings }: DoctorFacts): ProxyPlugin | undefined =>
  containerd.proxies.find(({ address }) => address === settings.address);

/** What containerd's configuration says of Strata, and what it should; false where there is nothing to compare. */
function compared(facts: DoctorFacts, wanted: ForContainerd | undefined) {
  const proxy = ours(facts);
  return proxy !== undefined && wanted !== undefined && { proxy, wanted };
}

const rewrite = ({ containerd }: DoctorFacts): string =>
  `Change ${containerd.configFile} to what "strata config containerd" prints, and restart containerd.`;

/** Whether this is the plugin that a daemon for a containerd leaves out, since that has namespaces itself. */
function keepsNamespaces({ type, id, skipped }: DaemonPlugin): boolean {
  return type === pluginTypes.grpc.uri && id === 'namespaces' && !skipped;
}

/** What a missing capability means. */
const gains: ReadonlyMap<string, string> = new Map([
  ['remap-ids', ', so containers with a user namespace see files of nobody'],
  ['rebase', ', so layers are not unpacked in parallel'],
]);

/** What a capability does where it does not belong. */
const harmful: ReadonlyMap<string, string> = new Map([
  ['remap-ids', ', so containers with a user namespace see files of nobody'],
  ['rebase', ', with which images cannot be unpacked in parallel'],
]);

/** A containerd before 2.0 makes no use of any. */
function isHarmful(capability: string, { format }: ForContainerd): boolean {
  return harmful.has(capability) && format === 3;
}

/** What can be found about a containerd in front of Strata. */
export const containerdFindings: Rules = {
  'containerd-unreadable': (facts) =>
    facts.containerd.configProblem !== undefined && {
      severity: 'warning',
      sentence: `containerd's configuration cannot be read: ${facts.containerd.configProblem}.`,
      remedy: `Correct ${facts.containerd.configFile}, or run as a user who may read it.`,
    },
  'containerd-other-address': (facts) => {
    const { containerd, settings } = facts;
    const named = containerd.proxies.find(({ name }) => name === 'strata');
    if (named === undefined || ours(facts) !== undefined) return false;
    return {
      severity: 'warning',
      sentence: `containerd looks for Strata on ${named.address}, and Strata is to listen on ${settings.address}.`,
      remedy: `Make the two the same, in ${containerd.configFile} or with --address, and restart containerd.`,
    };
  },
  'containerd-not-configured': (facts) => {
    const { containerd } = facts;
    if (!installed(facts) || containerd.configProblem !== undefined) return false;
    if (containerd.proxies.some(({ name }) => name === 'strata') || ours(facts) !== undefined) return false;
    return {
      severity: 'notice',
      sentence: `containerd ${containerd.version} is installed and does not know about Strata.`,
      remedy: `To use Strata with it, add to ${containerd.configFile} what "strata config containerd" prints, restart it, and run "strata serve --proxy".`,
    };
  },
  'containerd-without-proxy': (facts) => {
    const proxy = ours(facts);
    if (proxy === undefined || !facts.daemon.plugins.some(keepsNamespaces)) return false;
    return {
      severity: 'error',
      sentence: `containerd is to use Strata, and the daemon that runs is no proxy: what containerd asks fails with "snapshotter not loaded: ${proxy.name}".`,
      remedy:
        'Start the daemon with "strata serve --proxy", or set enabled = true in the section [proxy] of its configuration.',
    };
  },
  'containerd-capabilities': (facts, { forContainerd }) => {
    const found = compared(facts, forContainerd);
    if (!found) return false;
    const { proxy, wanted } = found;
    const missing = wanted.capabilities.filter((name) => !proxy.capabilities.includes(name));
    const wrong = proxy.capabilities.filter((name) => isHarmful(name, wanted) && !wanted.capabilities.includes(name));
    if (missing.length + wrong.length === 0) return false;
    const says = [
      ...missing.map((name) => `lacks "${name}"${gains.get(name) ?? ''}`),
      ...wrong.map((name) => `has "${name}"${harmful.get(name) ?? ''}`),
    ];
    return {
      severity: missing.join() === 'rebase' && wrong.length === 0 ? 'notice' : 'warning',
      sentence: `The capabilities of proxy_plugins.${proxy.name} differ from what fits containerd ${wanted.containerd} and the back end: the list ${says.join(', and ')}.`,
      remedy: rewrite(facts),
    };
  },
  'containerd-root': (facts, { forContainerd }) => {
    const found = compared(facts, forContainerd);
    if (!found) return false;
    const { proxy, wanted } = found;
    if (wanted.root === undefined || proxy.root === wanted.root) return false;
    const is = proxy.root === undefined ? 'is not set' : `is ${proxy.root}`;
    return {
      severity: 'warning',
      sentence: `proxy_plugins.${proxy.name}.exports.root ${is}, and the files are in ${wanted.root}: kubelet measures the wrong disk.`,
      remedy: rewrite(facts),
    };
  },
  'containerd-transfer': (facts, { forContainerd }) => {
    const found = compared(facts, forContainerd);
    if (!found) return false;
    const { proxy, wanted } = found;
    if (wanted.unpack === undefined || facts.containerd.unpacksInto.includes(proxy.name)) return false;
    return {
      severity: wanted.format === 3 ? 'warning' : 'notice',
      sentence: `The transfer service of containerd has no unpack_config for ${proxy.name}, so it cannot unpack images there.`,
      remedy: rewrite(facts),
    };
  },
  'containerd-cri': (facts, { forContainerd }) => {
    const found = compared(facts, forContainerd);
    const { criSnapshotter } = facts.containerd;
    if (!found || criSnapshotter === undefined || criSnapshotter === found.proxy.name) return false;
    return {
      severity: 'notice',
      sentence: `CRI keeps the images of Kubernetes in ${criSnapshotter}, not in ${found.proxy.name}.`,
      remedy: `${rewrite(facts)} Leave it if pods are not to use Strata.`,
    };
  },
  'containerd-not-running': (facts) =>
    installed(facts) &&
    !facts.containerd.answers &&
    ours(facts) !== undefined && {
      severity: 'notice',
      sentence: `containerd is to use Strata, but nobody answers on ${facts.containerd.address}.`,
      remedy: 'Start containerd, or try as root.',
    },
};
