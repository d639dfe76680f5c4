import type { ContainerdFacts, DoctorFacts } from './facts.js';
import type { Rules } from './finding.js';

const installed = ({ containerd }: DoctorFacts): boolean => containerd.version !== undefined;

/** What to write into containerd's configuration. */
function entry({ settings }: DoctorFacts): string {
  return `[proxy_plugins.strata] type = "snapshot", address = ${JSON.stringify(settings.address)}`;
}

const isOurs = ({ proxies }: ContainerdFacts, address: string): boolean =>
  proxies.some((proxy) => proxy.address === address);

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
    if (named === undefined || isOurs(containerd, settings.address)) return false;
    return {
      severity: 'warning',
      sentence: `containerd looks for Strata on ${named.address}, and Strata is to listen on ${settings.address}.`,
      remedy: `Make the two the same, in ${containerd.configFile} or with --address, and restart containerd.`,
    };
  },
  'containerd-not-configured': (facts) => {
    const { containerd, settings } = facts;
    if (!installed(facts) || containerd.configProblem !== undefined) return false;
    if (containerd.proxies.some(({ name }) => name === 'strata') || isOurs(containerd, settings.address)) return false;
    return {
      severity: 'notice',
      sentence: `containerd ${containerd.version} is installed and does not know about Strata.`,
      remedy: `To use Strata with it, add to ${containerd.configFile}: ${entry(facts)}; restart it, and run "strata serve --proxy".`,
    };
  },
  'containerd-not-running': (facts) =>
    installed(facts) &&
    !facts.containerd.answers &&
    isOurs(facts.containerd, facts.settings.address) && {
      severity: 'notice',
      sentence: `containerd is to use Strata, but nobody answers on ${facts.containerd.address}.`,
      remedy: 'Start containerd, or try as root.',
    },
};
