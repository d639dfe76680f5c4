import type { Platform } from './plugin.js';

const architectures: Readonly<Partial<Record<NodeJS.Architecture, Platform>>> = {
  x64: { os: 'linux', architecture: 'amd64' },
  arm64: { os: 'linux', architecture: 'arm64', variant: 'v8' },
  arm: { os: 'linux', architecture: 'arm', variant: 'v7' },
  ia32: { os: 'linux', architecture: '386' },
};

/** This machine, as the OCI image specification names platforms. */
export function hostPlatform(architecture: NodeJS.Architecture = process.arch): Platform {
  return architectures[architecture] ?? { os: 'linux', architecture };
}
