import { identifierProblem } from '../../base/index.js';
import { FailedPreconditionError, InvalidArgumentError } from '../../errors/index.js';
import type { CallContext } from '../api/types.js';

/**
 * The namespace of a call (containerd: pkg/namespaces/context.go).
 * @throws FailedPreconditionError when there is none; InvalidArgumentError when it is malformed.
 */
export function requireNamespace(call: CallContext): string {
  const namespace = call.namespace ?? '';
  if (namespace === '') throw new FailedPreconditionError('namespace is required');
  const problem = identifierProblem(namespace);
  if (problem !== undefined) throw new InvalidArgumentError(`namespace validation: ${problem}`);
  return namespace;
}
