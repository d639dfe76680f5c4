import { Metadata } from '@grpc/grpc-js';
import { InvalidArgumentError } from '../../errors/index.js';
import type { CallContext } from '../../snapshots/api/index.js';

/** Headers of containerd (pkg/namespaces/grpc.go, core/leases/grpc.go). */
const namespaceHeader = 'containerd-namespace';
const leaseHeader = 'containerd-lease';

/** What HTTP/2 carries unchanged: printable ASCII without a blank at either end. */
const headerValue = /^(?:[!-~](?:[ -~]*[!-~])?)?$/;

/**
 * The headers of a call.
 * @throws InvalidArgumentError when a namespace or a lease cannot be in a header, and so cannot exist either.
 */
export function callMetadata(call: CallContext, defaultNamespace: string | undefined): Metadata {
  const metadata = new Metadata();
  add(metadata, namespaceHeader, call.namespace ?? defaultNamespace);
  add(metadata, leaseHeader, call.lease);
  return metadata;
}

function add(metadata: Metadata, header: string, value: string | undefined): void {
  if (value === undefined) return;
  if (!headerValue.test(value)) throw new InvalidArgumentError(`header ${header} cannot be ${JSON.stringify(value)}`);
  metadata.set(header, value);
}
