import type { FieldReader } from '../../filters/index.js';
import type { Info } from './types.js';

/**
 * The fields that filters see of a snapshot: `name`, `parent`, `kind` and `labels.<key>`
 * (containerd: core/snapshots/storage/bolt.go, adaptSnapshot). `name` and `parent` are always present.
 */
export function infoFields(info: Info): FieldReader {
  return (fieldpath) => {
    switch (fieldpath[0]) {
      case 'name':
        return info.name;
      case 'parent':
        return info.parent;
      case 'kind':
        return info.kind;
      case 'labels':
        return info.labels.get(fieldpath.slice(1).join('.'));
      default:
        return undefined;
    }
  };
}
