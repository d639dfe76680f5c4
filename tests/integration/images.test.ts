/** Images that Strata imports, compared file by file with what a real containerd makes of the same archives. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { connect } from '../../src/index.js';
import { temporaryMount } from '../../src/linux/index.js';
import type { Mount } from '../../src/snapshots/index.js';
import { Containerd } from '../support/containerd.js';
import { buildImage, importArguments } from '../support/image.js';
import { archiveOf, dockerArchive, type MadeImage, ociLayout } from '../support/make-image.js';
import { entryBytes, type MadeEntry } from '../support/make-tar.js';
import { mustRun } from '../support/run.js';
import { type Scenario, scenario } from '../support/scenario.js';
import { Strata } from '../support/strata.js';
import { treeOf } from '../support/tree-of.js';

const needs = ['containers', 'umoci', 'skopeo', 'overlay'] as const;

const dir = (name: string, more: Partial<MadeEntry> = {}) => ({ name, type: '5', mode: 0o755, mtime: 1, ...more });
const file = (name: string, content: string, more: Partial<MadeEntry> = {}) => ({ name, content, mtime: 2, ...more });
const link = (name: string, to: string, type = '2') => ({ name, type, link: to, mode: 0o777, mtime: 3 });

const long = `${'a-long-name/'.repeat(12)}file`;

/** What programs write that nobody would write by hand, as far as containerd takes it. */
const odd: MadeImage = {
  name: 'strata.test/odd:v1',
  layers: [
    [
      dir('./'),
      dir('/absolute'),
      file('/absolute/file', 'absolute'),
      file('../../above', 'above'),
      dir('./dot/./'),
      file('dot/../dot/file', 'dot'),
      file('twice', 'first'),
      dir('twice', { mode: 0o700 }),
      file('twice/inside', 'second'),
      link('link', '/dot'),
      file('link/through', 'through'),
      link('way-out', '../../../dot'),
      file('way-out/caught', 'caught'),
      file('hard', 'hard', { mode: 0o4711 }),
      { ...link('harder', 'hard', '1'), mode: 0o4711 },
      file(Buffer.from([0x6e, 0xff, 0xfe]).toString('latin1'), 'latin'),
      { name: Buffer.from([0x6e, 0xff]), content: 'no UTF-8', mtime: 4 },
      file('owned', 'o', { pax: { uid: '4294967294', gid: '70000', mtime: '1700000000.123456789' } }),
      file('with-attribute', 'x', { pax: { 'SCHILY.xattr.user.bytes': Buffer.from([0, 255, 10]) } }),
      file('capable', 'x', {
        pax: { 'SCHILY.xattr.security.capability': Buffer.from('AQAAAgAgAAAAAAAAAAAAAAAAAAA=', 'base64') },
      }),
      file('trusted', 'x', { pax: { 'SCHILY.xattr.trusted.overlay.opaque': 'y' } }),
      { name: 'null', type: '3', major: 1, minor: 3, mode: 0o666, mtime: 1 },
      { name: 'fifo', type: '6', mode: 0o622, mtime: 1 },
      ...[
        '',
        ...long
          .split('/')
          .slice(0, -1)
          .map((_, index, all) => all.slice(0, index + 1).join('/')),
      ]
        .filter((name) => name !== '')
        .map((name) => ({ ...dir('x'), pax: { path: name } })),
      { ...file('x', 'long'), pax: { path: long } },
      dir('sticky', { mode: 0o1777 }),
      dir('usr'),
      dir('usr/lib'),
      file('usr/lib/below', 'below'),
      link('lib', 'usr/lib'),
      dir('gone'),
      file('gone/file', 'gone'),
      dir('hidden'),
      file('hidden/file', 'hidden'),
    ],
    [
      dir('hidden', { mode: 0o711 }),
      file('hidden/new', 'new'),
      { name: 'hidden/.wh..wh..opq' },
      { name: '.wh.gone' },
      { name: '/.wh.missing' },
      dir('lib', { mode: 0o750 }),
      file('lib/above', 'above'),
      dir('dot'),
      { name: 'dot/.wh.file' },
      file('twice', 'a file again'),
    ],
  ],
};

interface Hosts {
  readonly strata: Strata;
  readonly containerd: Containerd;
}

/** What Strata and what containerd show of an image. */
async function both({ strata, containerd }: Hosts, archive: string): Promise<readonly [string[], string[]]> {
  await containerd.must(['images', 'import', '--snapshotter', 'overlayfs', ...importArguments, archive]);
  const imported: readonly { readonly snapshot: string }[] = JSON.parse(
    await strata.must(['import', archive, '--name', 'image', '--json']),
  );
  const [{ snapshot }] = imported as [{ readonly snapshot: string }];
  await using client = connect({ address: strata.address, namespace: 'default' });
  const snapshotter = client.snapshotter('auto');
  const ours = await look(await snapshotter.view({ key: 'look', parent: snapshot }));
  await snapshotter.remove('look');
  const printed = await containerd.must(['snapshots', 'view', '--mounts', 'look', snapshot]);
  const mounts: readonly { readonly Type: string; readonly Source: string; readonly Options: readonly string[] }[] =
    JSON.parse(printed);
  const theirs = await look(
    mounts.map(({ Type, Source, Options }) => ({ type: Type, source: Source, target: '', options: Options })),
  );
  await containerd.must(['snapshots', 'rm', 'look']);
  return [ours, theirs];
}

/** The time of the root is that of the import. */
async function look(mounts: readonly Mount[]): Promise<string[]> {
  await using mount = await temporaryMount(mounts);
  return treeOf(mount.path).filter((line) => !line.startsWith('. '));
}

/**
 * Without the times of directories: one that a layer has entries in but does not list has that of the import with containerd, and
 * that of the layer below with Strata. umoci lists none that it only deletes from.
 */
function withoutTimes(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/^(\S+ 40000 \d+ \d+ \d+) -?\d+/, '$1'));
}

async function archiveAt(running: Scenario, bytes: Buffer): Promise<string> {
  const archive = path.join(await running.directory(), 'image.tar');
  await writeFile(archive, bytes);
  return archive;
}

scenario('images, compared with what containerd makes of them', { needs }, async (running) => {
  const hosts = { strata: await Strata.start(running), containerd: await Containerd.start(running) };
  const built = await buildImage(await running.directory());

  await running.step('one that umoci has made', async () => {
    const [ours, theirs] = await both(hosts, built);
    assert.deepEqual(withoutTimes(ours), withoutTimes(theirs));
    assert.ok(ours.some((line) => line.startsWith('data/setuid ')));
  });

  await running.step('the same as skopeo writes it for docker', async () => {
    const directory = await running.directory();
    await mustRun('tar', ['--extract', '--file', built, '--directory', directory]);
    const archive = path.join(directory, 'docker.tar');
    await mustRun('skopeo', ['copy', `oci:${directory}:v1`, `docker-archive:${archive}:strata.test/docker:v1`]);
    const [ours, theirs] = await both(hosts, archive);
    assert.deepEqual(withoutTimes(ours), withoutTimes(theirs));
  });

  for (const compression of ['none', 'gzip'] as const) {
    await running.step(`one with odd names and entries, packed as ${compression}`, async () => {
      const archive = await archiveAt(running, archiveOf(ociLayout([{ ...odd, compression }])));
      const [ours, theirs] = await both(hosts, archive);
      assert.deepEqual(ours, theirs);
      assert.ok(
        ours.some((line) => line.startsWith('lib/above ')) && !ours.some((line) => line.includes('usr/lib/above')),
      );
    });
  }

  await running.step('one of docker with a global header and without the end of its layer', async () => {
    const global = entryBytes({ name: 'pax_global_header', type: 'g', content: '20 comment=of a tag\n' });
    const files = dockerArchive([{ layers: [[file('a', 'a')]], name: 'strata.test/global:v1' }]);
    const archive = await archiveAt(running, Buffer.concat([global, archiveOf(files)]));
    const [ours, theirs] = await both(hosts, archive);
    assert.deepEqual(ours, theirs);
  });
});
