/** Strata where something is missing: rights that only a user namespace gives, and the addon for system calls. */
import assert from 'node:assert/strict';
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkout, strataCommand } from '../support/paths.js';
import { run } from '../support/run.js';
import { scenario } from '../support/scenario.js';
import { addressIn, serveArguments } from '../support/strata.js';

const nobody = 65_534;

/** The arguments that have a command look at the daemon in a directory. */
function place(directory: string): string {
  return [...serveArguments(directory).slice(1), '--address', addressIn(directory)].join(' ');
}

/** A shell script with `strata` as a command for a daemon that it starts and ends. */
function script(directory: string, body: string): string {
  return `
    set -e
    strata() { ${JSON.stringify(strataCommand)} "$@"; }
    export STRATA_ADDRESS=${addressIn(directory)} STRATA_HINTS=0
    ${JSON.stringify(strataCommand)} serve ${place(directory)} > ${directory}/log 2>&1 &
    daemon=$!
    trap 'kill $daemon; wait $daemon || true; cat ${directory}/log >&2' EXIT
    for attempt in $(seq 600); do strata ls > /dev/null 2>&1 && break; sleep 0.1; done
    ${body}`;
}

scenario('a user without rights, in a user namespace', { needs: ['user-namespaces'] }, async (running) => {
  const directory = await running.directory();
  await chown(directory, nobody, nobody);
  const user = [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--inh-caps=-all', '--bounding-set=-all'];
  const namespace = ['unshare', '--user', '--map-root-user', '--mount', '--'];
  const inside = (body: string) =>
    run('setpriv', [...user, '--', ...namespace, 'sh', '-c', script(directory, body)], {
      env: { HOME: directory },
      cwd: checkout,
    });

  await running.step('mounts, writes, deletes and commits, and sees what it should', async () => {
    const { status, stdout, stderr } = await inside(`
      mkdir ${directory}/mnt; cd ${directory}
      strata prepare a; strata mount a mnt; mkdir mnt/dir; touch mnt/gone mnt/kept mnt/dir/below; strata umount mnt
      strata commit base a
      strata prepare b base; strata mounts b mnt; strata mount b mnt
      rm mnt/gone; rm -r mnt/dir; mkdir mnt/dir; touch mnt/dir/above; strata umount mnt
      strata commit top b
      strata view v top; strata mount v mnt; (cd mnt; find . | sort | tr '\\n' ' '); strata umount mnt
      strata rm v top base; strata plugins -d id==overlayfs`);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^mount -t overlay .*,userxattr,/m);
    assert.match(stdout, /^\. \.\/dir \.\/dir\/above \.\/kept /m);
    assert.match(stdout, /Capabilities: only-remap-ids\n/);
  });

  await running.step('is told by the doctor what it cannot have', async () => {
    const { status, stdout, stderr } = await inside(`strata doctor ${place(directory)}`);
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /Runs as: +root, in a user namespace, may mount/);
    assert.match(stdout, /overlayfs +works +the default: it works here\n.*mapped.*\n.*limited.*\n.*no rebase/);
    assert.match(stdout, /erofs +no +erofs cannot be mounted inside of a user namespace/);
  });
});

/** What `require` does on a platform that the addon is not built for. */
const withoutAddon = `
  const Module = require('node:module');
  const resolve = Module._resolveFilename;
  Module._resolveFilename = function (request, ...rest) {
    if (request !== 'koffi') return resolve.call(this, request, ...rest);
    throw Object.assign(new Error("Cannot find module 'koffi'"), { code: 'MODULE_NOT_FOUND' });
  };`;

scenario('a machine that the addon is not built for', {}, async (running) => {
  const directory = await running.directory();
  await chmod(directory, 0o700);
  const hook = path.join(directory, 'without-addon.cjs');
  await writeFile(hook, withoutAddon);
  const without = (body: string) =>
    run('sh', ['-c', script(directory, body)], { env: { NODE_OPTIONS: `--require ${hook}` }, cwd: checkout });

  await running.step('keeps snapshots, and says how to mount them', async () => {
    await mkdir(path.join(directory, 'mnt'));
    const { status, stdout, stderr } = await without(`
      strata prepare a; touch ${directory}/root/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs/file
      strata usage -b a; strata commit base a; strata prepare b base; strata mounts b /mnt
      strata mount b ${directory}/mnt 2>&1 || echo "status $?"
      strata rm b base; strata ls`);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^a +\d+ +2$/m);
    assert.match(stdout, /^mount -t overlay overlay \/mnt -o workdir=/m);
    assert.match(stdout, /^strata: not implemented: cannot load the addon for system calls\nstatus 1$/m);
    assert.match(stdout, /KEY {2}PARENT {2}KIND {2}CREATED\n$/);
  });

  await running.step('is told by the doctor', async () => {
    const { status, stdout } = await without(`strata doctor ${place(directory)}`);
    assert.equal(status, 1);
    assert.match(stdout, /error {2}The addon for system calls cannot be loaded.*addon-missing\n.*npm ci/);
  });
});
