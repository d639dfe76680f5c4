import fc from 'fast-check';
import type { Profile } from './model.js';
import type { Operation } from './operation.js';

/** Few names, so that operations meet. */
const names = ['a', 'b', 'c', 'd', 'é', ''] as const;
const labelKeys = ['x', 'containerd.io/snapshot/x', 'containerd.io/gc.root'] as const;

const name = fc.constantFrom(...names);
const labels = fc.dictionary(fc.constantFrom(...labelKeys), fc.constantFrom('', '1', '2'), {
  maxKeys: 2,
  noNullPrototype: true,
});
const fieldpaths = fc.array(
  fc.constantFrom('labels', ...labelKeys.map((key) => `labels.${key}`), 'labels.', 'kind', 'parent'),
  { maxLength: 2 },
);
const filters = fc.constantFrom([], ['kind==active'], ['parent==a'], ['kind==committed', 'parent==b'], ['kind==']);

/** Operations as they come from clients that mind nothing, those that make and turn snapshots the most often. */
export function operations(profile: Profile): fc.Arbitrary<Operation> {
  const namespace = profile === 'local' ? fc.constant('one') : fc.constantFrom('one', 'two');
  const of = <T>(method: T) => fc.constant(method);
  const create = fc.record({ namespace, method: fc.constantFrom('prepare', 'view'), key: name, parent: name, labels });
  const commit = fc.record({ namespace, method: of('commit' as const), key: name, name, parent: name, labels });
  const rare = fc.oneof(
    fc.record({ namespace, method: fc.constantFrom('stat', 'usage', 'mounts'), key: name }),
    fc.record({ namespace, method: of('update' as const), key: name, labels, fieldpaths }),
    fc.record({ namespace, method: of('walk' as const), filters }),
    fc.record({ namespace, method: of('cleanup' as const) }),
  );
  return fc.oneof(
    { arbitrary: create, weight: 5 },
    { arbitrary: commit, weight: 4 },
    { arbitrary: fc.record({ namespace, method: of('remove' as const), key: name }), weight: 2 },
    { arbitrary: rare, weight: 3 },
  );
}
