import { identifierProblem } from '../base/index.js';
import { InvalidArgumentError } from '../errors/index.js';

/** Topics that were found to be valid: a daemon publishes a handful of them, again and again. */
const known = new Set<string>();

/** How many are remembered, and how long they may be: clients publish as well. */
const mostKnown = 64;
const longestKnown = 256;

function remember(topic: string): void {
  if (topic.length > longestKnown) return;
  if (known.size >= mostKnown) known.clear();
  known.add(topic);
}

/**
 * Checks a topic: a slash before each component, every component an identifier
 * (containerd: core/events/exchange/exchange.go).
 * @throws InvalidArgumentError when it is not.
 */
export function validateTopic(topic: string): void {
  if (known.has(topic)) return;
  const quoted = JSON.stringify(topic);
  if (topic === '') throw new InvalidArgumentError(`envelope topic ${quoted}: must not be empty`);
  if (!topic.startsWith('/')) throw new InvalidArgumentError(`envelope topic ${quoted}: must start with '/'`);
  if (topic === '/') throw new InvalidArgumentError(`envelope topic ${quoted}: must have at least one component`);
  for (const component of topic.slice(1).split('/')) {
    const problem = identifierProblem(component);
    if (problem === undefined) continue;
    throw new InvalidArgumentError(
      `envelope topic ${quoted}: failed validation on component ${JSON.stringify(component)}: ${problem}`,
    );
  }
  remember(topic);
}
