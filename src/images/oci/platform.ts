import { arch } from 'node:process';
import { InvalidArgumentError, NotFoundError } from '../../errors/index.js';
import type { Descriptor, Platform } from './documents.js';

/** What OCI, which took the names from Go, calls the processors that Node knows. */
const architectures: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: '386',
  arm64: 'arm64',
  arm: 'arm',
  ppc64: 'ppc64le',
  s390x: 's390x',
  riscv64: 'riscv64',
  loong64: 'loong64',
};

/** What this machine runs. */
export function thisPlatform(): Platform {
  return { os: 'linux', architecture: architectures[arch] ?? arch, variant: '' };
}

/**
 * Reads `linux/arm64` or `linux/arm/v7`.
 * @throws InvalidArgumentError when it is not of this form.
 */
export function parsePlatform(text: string): Platform {
  const [os = '', architecture = '', variant = '', ...more] = text.split('/');
  if (os === '' || architecture === '' || more.length > 0) {
    throw new InvalidArgumentError(`platform ${JSON.stringify(text)}: want <os>/<architecture>[/<variant>]`);
  }
  return { os, architecture, variant };
}

/** A platform as text. */
export function platformText({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter((part) => part !== '').join('/');
}

/** Whether a descriptor is of what was noted about another image (provenance, lists of packages), and not of one. */
export function isAttestation({ platform, annotations }: Descriptor): boolean {
  return annotations['vnd.docker.reference.type'] !== undefined || platform?.os === 'unknown';
}

/**
 * The manifest of an index for a platform; the first that fits, and one that states no platform where none does.
 * @throws NotFoundError, with what there is, when none is for this platform.
 */
export function chooseManifest(manifests: readonly Descriptor[], wanted: Platform): Descriptor {
  const images = manifests.filter((each) => !isAttestation(each));
  const found =
    images.find(({ platform }) => platform !== undefined && fits(platform, wanted)) ??
    images.find(({ platform }) => platform === undefined || platform.architecture === '');
  if (found !== undefined) return found;
  const there = images.map(({ platform }) => (platform === undefined ? '' : platformText(platform))).join(', ');
  throw new NotFoundError(`image for ${platformText(wanted)} (there is ${there === '' ? 'none' : there})`);
}

function fits(platform: Platform, wanted: Platform): boolean {
  return (
    platform.os === wanted.os &&
    platform.architecture === wanted.architecture &&
    (wanted.variant === '' || platform.variant === wanted.variant)
  );
}
