import { defineService, type GrpcService } from '../engines/index.js';
import { wireVersion } from '../proto/index.js';

/** What the service tells. */
export interface VersionServiceOptions {
  readonly version: string;
  /** The commit that it was built from; empty when that is not known. */
  readonly revision: string;
}

/** The service `containerd.services.version.v1.Version`. */
export function versionService({ version, revision }: VersionServiceOptions): GrpcService {
  return defineService(wireVersion.VersionDefinition, { version: () => ({ version, revision }) });
}
