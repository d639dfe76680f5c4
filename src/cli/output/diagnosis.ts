/** A diagnosis for people: what was found, which back ends work, and what to do. */
import type { Diagnosis } from '../../doctor/index.js';
import { escapeText } from './escape.js';
import type { Colours, Style } from './style.js';
import { renderFields, renderTable } from './table.js';
import { formatBytes } from './units.js';
import { widthOf } from './width.js';
import { wrap } from './wrap.js';

type Finding = Diagnosis['findings'][number];
type Severity = Finding['severity'];

const marks: Readonly<Record<Severity, string>> = { error: '✗', warning: '!', notice: '·' };

function painter(colours: Colours, severity: Severity): (text: string) => string {
  return { error: colours.red, warning: colours.yellow, notice: colours.dim }[severity];
}

function machineFields({ facts }: Diagnosis): (readonly [string, string])[] {
  const { machine, node, daemon, containerd } = facts;
  const rights = machine.capabilities.includes('CAP_SYS_ADMIN') ? 'may mount' : 'may not mount';
  const who = machine.uid === 0 ? 'root' : `user ${machine.uid}`;
  const where = machine.inUserNamespace ? ', in a user namespace' : '';
  return [
    ['System', `${machine.platform} ${machine.kernel} on ${machine.architecture}, Node ${node}`],
    ['Runs as', `${who}${where}, ${rights}`],
    ['Daemon', daemon.state === 'running' ? `${daemon.version} on ${daemon.address}` : daemon.state],
    ['containerd', containerd.version ?? 'not installed'],
  ];
}

function abilities({ facts: { root, overlay } }: Diagnosis): string {
  const quota = { on: 'project quotas', off: 'project quotas (not switched on)', impossible: undefined };
  const able = [
    overlay.mounts === 'works' ? 'overlay' : undefined,
    overlay.mapsIds === 'works' ? 'mapped ids' : undefined,
    root.reflink === true ? 'reflinks' : undefined,
    quota[root.projectQuota],
  ].filter((ability) => ability !== undefined);
  return able.length === 0 ? 'nothing beyond files' : able.join(', ');
}

function rootFields(diagnosis: Diagnosis): (readonly [string, string])[] {
  const { root } = diagnosis.facts;
  const missing = root.nearest === root.path ? '' : ' (not made yet)';
  const inodes = root.inodes.total === 0 ? '' : `, ${root.inodes.free} inodes`;
  return [
    ['Root', `${root.path}${missing}`],
    ['File system', `${root.mount?.type ?? 'unknown'} at ${root.mount?.point ?? '?'}`],
    ['Free', `${formatBytes(root.bytes.free)} of ${formatBytes(root.bytes.total)}${inodes}`],
    ['Can do', abilities(diagnosis)],
  ];
}

function* renderBackEnds({ backEnds, defaultSnapshotter }: Diagnosis, style: Style): Generator<string> {
  const rows = backEnds.flatMap(({ name, usable, obstacles, limits }) => {
    const isDefault = name === defaultSnapshotter.name;
    const notes = [...(isDefault ? [`the default: ${defaultSnapshotter.reason}`] : []), ...obstacles, ...limits];
    const first = [name, usable ? 'works' : 'no', notes[0] ?? ''];
    return [first, ...notes.slice(1).map((note) => ['', '', note])];
  });
  yield* renderTable([{ title: 'BACK END' }, { title: 'HERE' }, { title: 'NOTES' }], rows, style);
}

/** One line for what is wrong and one for what to do, where they fit; several where they do not. */
function* renderFinding({ severity, code, sentence, remedy }: Finding, style: Style): Generator<string> {
  const { colours, columns = Number.POSITIVE_INFINITY } = style;
  const indented = { columns, indent: '  ' };
  const head = `${marks[severity]} ${severity}`;
  const painted = painter(colours, severity)(head);
  const shown = escapeText(sentence);
  if (widthOf(`${head}  ${shown}  ${code}`) <= columns) yield `${painted}  ${shown}  ${colours.dim(code)}`;
  else {
    yield `${painted}  ${colours.dim(code)}`;
    yield* wrap(shown, indented);
  }
  yield* wrap(escapeText(remedy), indented);
}

function verdict({ findings }: Diagnosis, colours: Colours): string {
  const count = findings.filter(({ severity }) => severity === 'error').length;
  if (count === 0) return colours.green('Nothing has to be fixed.');
  return colours.red(count === 1 ? 'One thing has to be fixed.' : `${count} things have to be fixed.`);
}

/** The lines of a diagnosis; the last one is the verdict. */
export function* renderDiagnosis(diagnosis: Diagnosis, style: Style): Generator<string> {
  const { findings } = diagnosis;
  yield* renderFields([...machineFields(diagnosis), ...rootFields(diagnosis)]);
  yield '';
  yield* renderBackEnds(diagnosis, style);
  yield '';
  for (const finding of findings) yield* renderFinding(finding, style);
  if (findings.length > 0) yield '';
  yield verdict(diagnosis, style.colours);
}
