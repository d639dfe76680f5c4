import { readdir, readFile } from 'node:fs/promises';

/** The processes of a group that live; those that have ended and were not waited for are left out. */
export async function processesInGroup(group: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(async (pid) => ((await livesInGroup(pid, group)) ? [pid] : [])));
  return found.flat();
}

/** proc_pid_stat(5): the name stands in parentheses and may hold any character; state, parent and group follow. */
async function livesInGroup(pid: number, group: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [state, , itsGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(itsGroup) === group && state !== 'Z' && state !== 'X';
}
