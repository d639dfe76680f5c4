// Circles in a directed graph.

/**
 * Finds circles: at least one in every set of nodes that reach each other.
 * @param {ReadonlyMap<string, readonly string[]>} edges
 * @returns {string[][]} Each as the way from a node back to itself.
 */
export function findCircles(edges) {
  /** @type {string[][]} */
  const circles = [];
  /** @type {Map<string, 'open' | 'done'>} */
  const state = new Map();
  /** @type {string[]} */
  const way = [];

  /** @param {string} node */
  function visit(node) {
    if (state.get(node) === 'done') return;
    if (state.get(node) === 'open') {
      circles.push([...way.slice(way.indexOf(node)), node]);
      return;
    }
    state.set(node, 'open');
    way.push(node);
    for (const next of edges.get(node) ?? []) visit(next);
    way.pop();
    state.set(node, 'done');
  }

  for (const node of edges.keys()) visit(node);
  return circles;
}
