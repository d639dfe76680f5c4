import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineOf } from './locate.js';

const text = `# comment with grpc.mode = 1
root = "/a"
grpc.uid = 5
[proxy] # table
enabled = true
snapshotter = """
enabled = no key
"""
[plugins."io.containerd.snapshotter.v1.overlayfs"]
root_path = "a = b"
"mount_options" = [
  "x",
]
inline = { inner = 1 }
[[list]]
`;

const overlayfs = ['plugins', 'io.containerd.snapshotter.v1.overlayfs'];

const cases: readonly (readonly [path: readonly string[], line: number | undefined])[] = [
  [['root'], 2],
  [['grpc', 'uid'], 3],
  [['grpc'], 3],
  [['proxy'], 4],
  [['proxy', 'enabled'], 5],
  [['plugins'], 9],
  [[...overlayfs, 'root_path'], 10],
  [[...overlayfs, 'mount_options'], 11],
  [[...overlayfs, 'inline', 'inner'], undefined],
  [['absent'], undefined],
];

for (const [path, line] of cases) {
  test(`${path.join(' > ')} is found ${line === undefined ? 'nowhere' : `on line ${line}`}`, () => {
    assert.equal(lineOf(text, path), line);
  });
}
