/**
 * containerd and Docker of another Debian than this, on Strata: trixie's, or with `npm run hosts -- sid` sid's. containerd is
 * configured with what `strata config containerd` prints for it.
 */
import assert from 'node:assert/strict';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Containerd } from '../support/containerd.js';
import { type DebianHost, debianHost, testedSuite } from '../support/hosts/debian-host.js';
import { Docker } from '../support/hosts/docker.js';
import { Registry } from '../support/hosts/registry.js';
import { buildImage, imageLayers, imageName, importArguments } from '../support/image.js';
import { strataCommand } from '../support/paths.js';
import { message } from '../support/protobuf.js';
import { frame, RawConnection } from '../support/raw-grpc.js';
import { mustRun, run } from '../support/run.js';
import { type Scenario, scenario } from '../support/scenario.js';
import { Strata } from '../support/strata.js';
import { until } from '../support/until.js';

const suite = testedSuite();
const needs = ['other hosts'] as const;
const snapshotter = ['--snapshotter', 'strata'] as const;

/** Ten of anything. */
const ten = Array.from({ length: 10 }, (_, index) => index);

/** The daemon, and a containerd that was told about it as an operator is told to. */
async function start(running: Scenario): Promise<{ host: DebianHost; strata: Strata; containerd: Containerd }> {
  const host = await debianHost(suite);
  const strata = await Strata.start(running, { proxy: true });
  const tables = await mustRun(strataCommand, ['config', 'containerd', '--address', strata.address], { env: host.env });
  const containerd = await Containerd.start(running, { tables, env: host.env });
  return { host, strata, containerd };
}

/** What the doctor finds about containerd. */
async function findings({ env }: DebianHost, strata: Strata, config: string): Promise<string[]> {
  const place = ['--address', strata.address, '--root', path.join(strata.directory, 'root')];
  const { stdout } = await run(strataCommand, ['doctor', '--json', '--containerd-config', config, ...place], { env });
  const diagnosis: { readonly findings: readonly { readonly code: string }[] } = JSON.parse(stdout);
  return diagnosis.findings.map(({ code }) => code).filter((code) => code.startsWith('containerd-'));
}

/** Calls CRI as kubelet does. @param request `PullImageRequest` and the like of runtime.v1. */
async function askImageService(containerd: Containerd, method: string, request: Buffer): Promise<Buffer> {
  await using connection = new RawConnection(containerd.address);
  const call = { path: `/runtime.v1.ImageService/${method}`, body: frame(request) };
  const { status, message: text, messages } = await connection.call(call);
  assert.equal(status, 0, text);
  return messages[0] ?? Buffer.alloc(0);
}

/** Waits until neither records nor files are left. */
async function untilEmpty(strata: Strata): Promise<void> {
  await until('nothing is recorded any more', async () => (await strata.must(['ls', '--json'])).trim() === '[]');
  await until('nothing lies on disk any more', async () => (await strata.onDisk()).length === 0);
}

scenario(`containerd of ${suite}`, { needs }, async (running) => {
  const { host, strata, containerd } = await start(running);
  const isOld = / (?:v?1)\./.test(await mustRun('containerd', ['--version'], { env: host.env }));
  const archive = await buildImage(await running.directory());
  const shell = (id: string, command: string, ...flags: readonly string[]) =>
    containerd.runOnce(...snapshotter, ...flags, imageName, id, '/bin/sh', '-c', command);

  await running.step('is told all that the doctor asks for', async () => {
    assert.deepEqual(await findings(host, strata, containerd.config), []);
    const bare = path.join(await running.directory(), 'config.toml');
    const version = isOld ? 2 : 3;
    const proxy = `[proxy_plugins.strata]\ntype = "snapshot"\naddress = "${strata.address}"\n`;
    await writeFile(bare, `version = ${version}\n[grpc]\naddress = "${containerd.address}"\n${proxy}`);
    const capabilities = isOld ? [] : ['containerd-capabilities'];
    const others = ['containerd-cri', 'containerd-root', 'containerd-transfer'];
    assert.deepEqual((await findings(host, strata, bare)).sort(), [...capabilities, ...others].sort());
    const importing = path.join(path.dirname(bare), 'importing.toml');
    await writeFile(importing, `version = ${version}\nimports = [${JSON.stringify(containerd.config)}]\n`);
    assert.deepEqual(await findings(host, strata, importing), []);
  });

  await running.step('has kubelet measure the disk that has the files', async () => {
    const answer = await askImageService(containerd, 'ImageFsInfo', Buffer.alloc(0));
    assert.ok(answer.includes(path.dirname(strata.snapshots)), answer.toString());
  });

  await running.step('pulls an image for pods, and removes it', async () => {
    const registry = await Registry.start(running, host);
    const image = message([1, message([1, await registry.push(archive, 'layers:v1')])]);
    await askImageService(containerd, 'PullImage', image);
    assert.equal((await strata.onDisk()).length, imageLayers);
    await askImageService(containerd, 'RemoveImage', image);
    await untilEmpty(strata);
  });

  await running.step('imports an image, by the default of its environment', async () => {
    await containerd.must(['image', 'import', ...importArguments, archive], {
      env: { CONTAINERD_SNAPSHOTTER: 'strata' },
    });
    assert.equal((await strata.onDisk()).length, imageLayers);
  });

  await running.step('still unpacks where it did before', async () => {
    await containerd.must(['image', 'import', '--snapshotter', 'overlayfs', ...importArguments, archive]);
    const layers = (await containerd.must(['snapshots', '--snapshotter', 'overlayfs', 'ls']))
      .trim()
      .split('\n')
      .slice(1);
    assert.equal(layers.length, imageLayers);
  });

  await running.step('shows the layers on top of each other', async () => {
    const said = await shell(
      'layers',
      'cat /data/kept /data/replaced; ls -A /opaque; ls /data/deleted 2>&1 | grep -c No',
    );
    assert.equal(said, 'kept\nfrom above\nvisible\n1\n');
  });

  await running.step('runs ten containers at once', async () => {
    const said = await Promise.all(
      ten.map((n) => shell(`many-${n}`, `echo ${n} > /data/own; cat /data/own /data/kept`)),
    );
    assert.deepEqual(
      said,
      ten.map((n) => `${n}\nkept\n`),
    );
  });

  await running.step('runs a container in a user namespace', async () => {
    // containerd 1.7 cannot mount with mapped ids: it changes the owner of every file instead.
    const labels = isOld ? [] : ['--remap-labels'];
    const map = ['--uidmap', '0:100000:65536', '--gidmap', '0:100000:65536', ...labels];
    const command = 'cat /proc/self/uid_map; stat -c %u:%g /data/kept; touch /data/new; stat -c %u /data/new';
    const [ids = '', ...owners] = (await shell('user', command, ...map)).trim().split('\n');
    assert.deepEqual(
      [ids.trim().split(/\s+/), owners],
      [
        ['0', '100000', '65536'],
        ['0:0', '0'],
      ],
    );
  });

  await running.step('goes on when the daemon is killed under its containers', async () => {
    const ids = ['first', 'second'];
    for (const id of ids) await containerd.must(['run', '--detach', ...snapshotter, imageName, id, 'sleep', '600']);
    const inside = (id: string, command: string) => containerd.exec(id, '/bin/sh', '-c', command);
    await strata.kill();
    for (const id of ids) await inside(id, `echo ${id} > /data/own`);
    await strata.startAgain();
    await untilReached(containerd);
    for (const id of ids) assert.equal(await inside(id, 'cat /data/own /data/replaced'), `${id}\nfrom above\n`);
    assert.equal(await shell('third', 'cat /data/kept'), 'kept\n');
    for (const id of ids) {
      await containerd.must(['task', 'kill', '--signal', 'SIGKILL', id]);
      await containerd.must(['task', 'rm', '--force', id]);
      await containerd.must(['container', 'rm', id]);
    }
  });

  await running.step('leaves nothing when everything is removed', async () => {
    await containerd.must(['image', 'rm', '--sync', imageName]);
    await untilEmpty(strata);
  });
});

scenario(`Docker of ${suite}`, { needs }, async (running) => {
  const { host, strata, containerd } = await start(running);
  const docker = await Docker.start(running, { host, containerd });
  const context = await buildContext(await running.directory());
  const none = ['--network', 'none'] as const;
  const shell = (image: string, command: string) => docker.must(['run', '--rm', ...none, image, 'sh', '-c', command]);

  await running.step('keeps its images in Strata', async () => {
    assert.equal((await docker.must(['info', '--format', '{{.Driver}}'])).trim(), 'strata');
  });

  await running.step('builds an image of several steps', async () => {
    await docker.must(['build', ...none, '--tag', 'built', context]);
    assert.equal(await shell('built', 'ls /data; cat /data/two'), 'three\ntwo\ntwo, changed\n');
  });

  await running.step('builds another one of the same layers', async () => {
    await writeFile(
      path.join(context, 'Dockerfile'),
      `${dockerfile}RUN rm -r /data && mkdir /data && echo four > /data/four\n`,
    );
    await docker.must(['build', ...none, '--tag', 'rebuilt', context]);
    assert.equal(await shell('rebuilt', 'ls /data'), 'four\n');
  });

  await running.step('runs ten containers at once', async () => {
    const said = await Promise.all(ten.map((n) => shell('built', `echo ${n} > /data/own; cat /data/own; ls /data`)));
    assert.deepEqual(
      said,
      ten.map((n) => `${n}\nown\nthree\ntwo\n`),
    );
  });

  await running.step('commits what a container changed', async () => {
    await docker.must(['run', '--detach', ...none, '--name', 'changed', 'built', 'sleep', '600']);
    await docker.must(['exec', 'changed', 'sh', '-c', 'rm /data/two; echo new > /data/new']);
    const changes = (await docker.must(['diff', 'changed'])).trim().split('\n');
    assert.deepEqual(changes.sort(), ['A /data/new', 'C /data', 'D /data/two']);
    await docker.must(['commit', 'changed', 'committed']);
    assert.equal(await shell('committed', 'ls /data'), 'new\nthree\n');
  });

  await running.step('goes on when the daemon is killed under its containers', async () => {
    await strata.kill();
    await docker.must(['exec', 'changed', 'sh', '-c', 'echo later > /data/later']);
    assert.notEqual((await docker.run(['run', '--rm', ...none, 'built', 'true'])).status, 0);
    await strata.startAgain();
    await untilReached(containerd);
    assert.equal(await docker.must(['exec', 'changed', 'cat', '/data/later']), 'later\n');
    await docker.must(['commit', 'changed', 'after']);
    assert.equal(await shell('after', 'ls /data'), 'later\nnew\nthree\n');
  });

  await running.step('leaves nothing after a prune', async () => {
    await docker.must(['rm', '--force', 'changed']);
    await docker.must(['system', 'prune', '--all', '--force', '--volumes']);
    assert.equal((await docker.must(['images', '--all', '--quiet'])).trim(), '');
    await untilEmpty(strata);
  });
});

const dockerfile = `FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN mkdir /data && echo one > /data/one && echo two > /data/two
RUN rm /data/one && echo three > /data/three && echo "two, changed" > /data/two
CMD ["/bin/sh"]
`;

async function buildContext(directory: string): Promise<string> {
  const context = path.join(directory, 'context');
  await mkdir(context);
  await copyFile('/bin/busybox', path.join(context, 'busybox'));
  await writeFile(path.join(context, 'Dockerfile'), dockerfile);
  return context;
}

/** A containerd whose proxy is gone tries again a while later. What is in its own records alone does not tell. */
async function untilReached(containerd: Containerd): Promise<void> {
  await until('containerd has found the daemon again', async () => {
    return (await containerd.run(['snapshots', ...snapshotter, 'prepare', 'probe'])).status === 0;
  });
  await containerd.must(['snapshots', ...snapshotter, 'rm', 'probe']);
}
