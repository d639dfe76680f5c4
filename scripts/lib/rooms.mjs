// Reads the rooms from the table in ARCHITECTURE.md, which is the only place that has them.

/**
 * @typedef {object} Room
 * @property {readonly string[]} rooms What it may import beside itself.
 * @property {readonly string[]} packages The npm packages that it may import.
 */

const columns = ['folder', 'holds', 'may import', 'packages'];

/**
 * @param {string} markdown The text of ARCHITECTURE.md.
 * @returns {ReadonlyMap<string, Room>} By their names: `linux` for `src/linux`, `rpc/proto` for `src/rpc/proto`, `.` for
 *   `src/index.ts`, `tests` for `tests`.
 * @throws {SyntaxError} When there is no such table, or it names a room that it does not have.
 */
export function readRooms(markdown) {
  const lines = markdown.split('\n');
  const head = lines.findIndex((line) => cellsOf(line).join() === columns.join());
  if (head === -1) throw new SyntaxError(`ARCHITECTURE.md has no table with the columns ${columns.join(', ')}`);
  /** @type {Map<string, Room>} */
  const rooms = new Map();
  for (const line of lines.slice(head + 2)) {
    if (!line.startsWith('|')) break;
    const [folder = '', , imports = '', packages = ''] = cellsOf(line);
    const above = [...rooms.keys()];
    rooms.set(nameOf(folder), {
      rooms: imports === 'all above' ? above : quotedIn(imports),
      packages: quotedIn(packages),
    });
  }
  for (const [name, room] of rooms) {
    const unknown = room.rooms.find((each) => !rooms.has(each));
    if (unknown !== undefined)
      throw new SyntaxError(`ARCHITECTURE.md lets ${name} import ${unknown}, which it does not have`);
  }
  return rooms;
}

/** @param {string} line */
function cellsOf(line) {
  return line.startsWith('|')
    ? line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim())
    : [];
}

/** @param {string} cell */
function quotedIn(cell) {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => String(name));
}

/** @param {string} cell */
function nameOf(cell) {
  const [folder = ''] = quotedIn(cell);
  if (folder === 'src/index.ts') return '.';
  return folder.replace(/^src\//, '');
}
