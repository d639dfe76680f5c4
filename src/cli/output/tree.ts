/** Snapshots as a tree: each below its parent, drawn with box characters. */
import type { Info, Kind } from '../../snapshots/index.js';
import { escapeText } from './escape.js';
import { shortName } from './short-name.js';
import type { Style } from './style.js';
import { formatBytes } from './units.js';

/** A snapshot in the tree. */
export interface TreeNode {
  readonly info: Info;
  /** What it takes, in bytes; absent shows no size. */
  readonly size?: number;
}

/** How the tree looks. */
export interface TreeOptions {
  readonly style: Style;
  /** Whether digests are shown in full. */
  readonly fullNames: boolean;
}

const marks: Readonly<Record<Kind, string>> = { committed: '●', active: '○', view: '◐' };
const kinds = ['committed', 'active', 'view'] as const;

/**
 * How many levels are drawn in front of a snapshot, at most. Deeper ones show their depth and the last levels only, since
 * the text in front of a chain of n would otherwise grow with the square of n.
 */
const MAX_LEVELS = 40;

/** How many are drawn on the narrowest terminal. */
const MIN_LEVELS = 1;

const LEVEL_WIDTH = 3;

/** The room that is left on a terminal for a depth, a mark, a short digest, a kind and a size. */
const NAME_WIDTH = 46;

function shownLevels({ columns }: Style): number {
  if (columns === undefined) return MAX_LEVELS;
  return Math.max(MIN_LEVELS, Math.min(MAX_LEVELS, Math.floor((columns - NAME_WIDTH) / LEVEL_WIDTH)));
}

interface Place {
  readonly node: TreeNode;
  readonly depth: number;
  readonly isLast: boolean;
}

/**
 * The lines of the tree, and a last one that counts. Parents come before children, siblings in the order given. A
 * snapshot whose parent is not in the list stands at the root and names the parent that is missing. Time and memory
 * grow with the number of snapshots, whatever the depth.
 */
export function* renderTree(nodes: readonly TreeNode[], options: TreeOptions): Generator<string> {
  const { roots, children } = arrange(nodes);
  const limit = shownLevels(options.style);
  const levels: boolean[] = [];
  const stack: Place[] = places(roots, 0);
  for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
    levels.length = Math.max(0, place.depth - 1);
    if (place.depth > 0) levels.push(place.isLast);
    yield renderPrefix(levels, limit) + renderNode(place, options);
    for (const child of places(children.get(place.node.info.name) ?? [], place.depth + 1)) stack.push(child);
  }
  yield options.style.colours.dim(renderCounts(nodes));
}

interface Forest {
  readonly roots: readonly TreeNode[];
  readonly children: ReadonlyMap<string, TreeNode[]>;
}

function arrange(nodes: readonly TreeNode[]): Forest {
  const names = new Set(nodes.map(({ info }) => info.name));
  const roots: TreeNode[] = [];
  const children = new Map<string, TreeNode[]>();
  for (const node of nodes) {
    const { parent } = node.info;
    const siblings = children.get(parent);
    if (!names.has(parent)) roots.push(node);
    else if (siblings === undefined) children.set(parent, [node]);
    else siblings.push(node);
  }
  return { roots, children };
}

/** In reverse, so that the first is taken off the stack first. */
function places(nodes: readonly TreeNode[], depth: number): Place[] {
  const last = nodes.length - 1;
  return nodes.map((node, index) => ({ node, depth, isLast: index === last })).reverse();
}

function renderPrefix(levels: readonly boolean[], limit: number): string {
  const shown = levels.slice(-limit);
  const last = shown.pop();
  const lead = levels.length > limit ? `⋯${levels.length} ` : '';
  if (last === undefined) return lead;
  return `${lead}${shown.map((isLast) => (isLast ? '   ' : '│  ')).join('')}${last ? '└─ ' : '├─ '}`;
}

function renderNode({ node: { info, size }, depth }: Place, { style, fullNames }: TreeOptions): string {
  const { colours } = style;
  const shown = (name: string) => escapeText(fullNames ? name : shortName(name));
  const paint = { committed: colours.blue, active: colours.green, view: colours.yellow }[info.kind];
  const parts = [`${paint(marks[info.kind])} ${shown(info.name)}`];
  if (info.kind !== 'committed') parts.push(colours.dim(info.kind));
  if (size !== undefined) parts.push(colours.dim(formatBytes(size)));
  if (depth === 0 && info.parent !== '') parts.push(colours.red(`parent ${shown(info.parent)} is missing`));
  return parts.join('  ');
}

function renderCounts(nodes: readonly TreeNode[]): string {
  const count = (kind: Kind) => nodes.filter(({ info }) => info.kind === kind).length;
  return kinds.map((kind) => `${marks[kind]} ${count(kind)} ${kind}`).join('  ');
}
