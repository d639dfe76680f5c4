/** Reads what `strace -f -xx` wrote: which system calls were made, in which order they began and ended. */

/** A system call that succeeded. */
export interface SystemCall {
  readonly process: number;
  readonly name: string;
  /** As strace prints them, strings in hexadecimal. */
  readonly args: readonly string[];
  readonly result: number;
  /** When it began and when its end was seen, as numbers of lines; no two calls have one in common but for their own. */
  readonly begin: number;
  readonly end: number;
}

/** All calls that succeeded, in the order of their ends. */
export function* readTrace(lines: Iterable<string>): Generator<SystemCall> {
  const unfinished = new Map<number, { readonly begin: number; readonly text: string }>();
  let number = 0;
  for (const line of lines) {
    number += 1;
    const [, pid = '', rest = ''] = /^(\d+) +(.*)$/s.exec(line) ?? [];
    const process = Number(pid);
    const cut = rest.lastIndexOf(' <unfinished ...>');
    if (cut !== -1) {
      unfinished.set(process, { begin: number, text: rest.slice(0, cut) });
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>/.exec(rest)?.[0];
    const earlier = resumed === undefined ? undefined : unfinished.get(process);
    if (earlier !== undefined) unfinished.delete(process);
    const text = resumed === undefined ? rest : (earlier?.text ?? '') + rest.slice(resumed.length);
    const call = parseCall(text);
    if (call !== undefined) yield { process, ...call, begin: earlier?.begin ?? number, end: number };
  }
}

function parseCall(text: string): Pick<SystemCall, 'name' | 'args' | 'result'> | undefined {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(') ');
  const result = /^ *= (-?\d+|0x[\da-f]+)/.exec(text.slice(close + 1))?.[1];
  if (open === -1 || close < open || result === undefined || result.startsWith('-')) return undefined;
  return { name: text.slice(0, open), args: splitArgs(text.slice(open + 1, close)), result: Number(result) };
}

/** Splits at the commas that are in no brackets. Strings have none, as they are in hexadecimal. */
function splitArgs(text: string): string[] {
  const args: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = text.indexOf('"', at + 1);
    else if (character === '{' || character === '[' || character === '(') depth += 1;
    else if (character === '}' || character === ']' || character === ')') depth -= 1;
    else if (character === ',' && depth === 0) {
      args.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  args.push(text.slice(start).trim());
  return args;
}

/** The bytes of a string as strace prints it. @throws Error when it was cut off or is none. */
export function bytesOf(arg: string): Buffer {
  const bytes = Buffer.from(arg.slice(1, -1).replaceAll('\\x', ''), 'hex');
  // Four characters for each, between quotation marks.
  if (arg.length !== 4 * bytes.length + 2) throw new Error(`no string in hexadecimal: ${arg.slice(0, 80)}`);
  return bytes;
}

/** The bytes of all strings in an argument such as `[{iov_base="\x00", iov_len=1}, ...]`, one after the other. */
export function bytesOfVector(arg: string): Buffer {
  return Buffer.concat([...arg.matchAll(/iov_base=("[^"]*"(?:\.\.\.)?)/g)].map(([, text = '']) => bytesOf(text)));
}
