/**
 * The options of overlay mounts as single parameters, where every layer is one of its own
 * (Documentation/filesystems/overlayfs.rst: `lowerdir+` and `datadir+`, since Linux 6.5).
 */
import { type Parameter, parametersOf } from './mount-by-parameters.js';

/** An overlay mount to make. */
export interface OverlayMount {
  readonly source: string;
  readonly target: string;
  /** Flags of mount(2). */
  readonly flags: number;
  /** As {@link overlayParameters} makes them of mount options. */
  readonly parameters: readonly Parameter[];
}

/** The layers of a `lowerdir=` value, topmost first: those behind `::` hold data only. A backslash takes the next character as it is. */
function layersOf(value: string): Parameter[] {
  const layers: Parameter[] = [];
  let key = 'lowerdir+';
  for (const [layer] of value.matchAll(/(?:\\.|[^:\\])+|::/gs)) {
    if (layer === '::') key = 'datadir+';
    else layers.push({ key, value: layer.replace(/\\(.)/gs, '$1') });
  }
  return layers;
}

/** Whether a parameter names a layer below. */
export function isLayer({ key }: Parameter): boolean {
  return key === 'lowerdir+' || key === 'datadir+';
}

/** Mount options of overlay as single parameters, one for each layer. */
export function overlayParameters(data: readonly string[]): Parameter[] {
  return parametersOf(data).flatMap((parameter) => {
    return parameter.key === 'lowerdir' ? layersOf(String(parameter.value)) : [parameter];
  });
}

/** The characters that end a path in overlay's options. */
const SPECIAL = /[\\:,]/g;

/** The value of `lowerdir=` for layers, as {@link overlayParameters} takes it apart. */
export function lowerdirOf(layers: readonly Parameter[]): string {
  return layers.reduce((text, { key, value }) => {
    const separator = key === 'datadir+' ? '::' : ':';
    return `${text}${text === '' ? '' : separator}${String(value).replace(SPECIAL, '\\$&')}`;
  }, '');
}
