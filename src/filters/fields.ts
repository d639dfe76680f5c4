import type { FieldReader } from './filter.js';

/**
 * Reads fields as containerd does for leases, containers, images and plugins: top-level fields by name and labels by
 * `labels.<key>`, where an empty value counts as absent (containerd: core/metadata/adaptors.go). What follows the name
 * of a top-level field is not looked at, there as here.
 */
export function recordFields(
  fields: Readonly<Record<string, string>>,
  labels?: ReadonlyMap<string, string>,
): FieldReader {
  return ([first = '', ...rest]) => {
    if (first === 'labels') return labels?.get(rest.join('.')) || undefined;
    return (Object.hasOwn(fields, first) && fields[first]) || undefined;
  };
}
