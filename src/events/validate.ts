import { FailedPreconditionError, InvalidArgumentError, withContext } from '../errors/index.js';
import { validateIdentifier } from '../identifiers/index.js';
import type { Envelope, Timestamp } from './event.js';

/** Seconds of the first day of the year 1, which is how a timestamp that was never set looks on containerd's wire. */
const UNSET_SECONDS = -62_135_596_800;

/**
 * Checks a topic: a slash before each of its components, of which there is at least one and each is an identifier
 * (containerd: core/events/exchange/exchange.go, validateTopic).
 * @throws InvalidArgumentError with containerd's text.
 */
export function validateTopic(topic: string): void {
  try {
    validateTopicForm(topic);
  } catch (error) {
    throw withContext(error, `envelope topic ${JSON.stringify(topic)}`);
  }
}

function validateTopicForm(topic: string): void {
  if (topic === '') throw new InvalidArgumentError('must not be empty');
  if (!topic.startsWith('/')) throw new InvalidArgumentError("must start with '/'");
  if (topic.length === 1) throw new InvalidArgumentError('must have at least one component');
  for (const component of topic.slice(1).split('/')) {
    checkIdentifier(component, `failed validation on component ${JSON.stringify(component)}`);
  }
}

/**
 * The namespace that a publisher works in.
 * @throws FailedPreconditionError when there is none.
 * @throws InvalidArgumentError when it is no identifier.
 */
export function requireNamespace(namespace: string | undefined): string {
  const context = 'failed publishing event';
  if (namespace === undefined || namespace === '')
    throw new FailedPreconditionError(`${context}: namespace is required`);
  checkIdentifier(namespace, `${context}: namespace validation`);
  return namespace;
}

/**
 * Checks an envelope that was made elsewhere.
 * @throws InvalidArgumentError for its namespace, its topic, or a timestamp that was never set, in this order.
 */
export function validateEnvelope({ namespace, topic, timestamp }: Envelope): void {
  checkIdentifier(namespace, 'event envelope has invalid namespace');
  validateTopic(topic);
  if (isUnset(timestamp)) throw new InvalidArgumentError('timestamp must be set on forwarded event');
}

function isUnset({ seconds, nanos }: Timestamp): boolean {
  return seconds === UNSET_SECONDS && nanos === 0;
}

function checkIdentifier(identifier: string, context: string): void {
  try {
    validateIdentifier(identifier);
  } catch (error) {
    throw withContext(error, context);
  }
}
