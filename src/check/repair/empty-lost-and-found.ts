import { join } from 'node:path';
import { messageOf, systemErrorCode, throwIfAborted } from '../../errors/index.js';
import type { CallContext } from '../../snapshots/index.js';
import { namesInDirectory, removeTrees } from '../../trees/index.js';
import type { CheckAction, CheckSubject, RepairOptions } from '../findings/types.js';

interface Entry {
  readonly place: string;
  readonly name: string;
}

/**
 * Deletes for good what earlier repairs took away, of all snapshotters: gives each entry as a planned step first, and then how
 * its deletion fared. One that cannot be deleted does not keep the others.
 * @throws CanceledError or DeadlineExceededError when the call is aborted; a system error when a directory cannot be listed.
 */
export async function* emptyLostAndFound(
  subject: CheckSubject,
  { dryRun = false }: RepairOptions,
  call: CallContext,
): AsyncGenerator<CheckAction> {
  const entries = await entriesOf(subject);
  for (const entry of entries) yield actionOf(entry);
  if (dryRun) return;
  for (const entry of entries) yield { ...actionOf(entry), ...(await remove(entry, call)) };
}

function actionOf({ place, name }: Entry): CheckAction {
  return { remedy: 'delete', message: `deletes ${join(place, name)} for good`, state: 'planned' };
}

async function remove({ place, name }: Entry, { signal }: CallContext): Promise<Pick<CheckAction, 'state' | 'reason'>> {
  try {
    await removeTrees(place, [name], { signal });
    return { state: 'done' };
  } catch (error) {
    throwIfAborted(signal);
    return { state: 'failed', reason: messageOf(error) };
  }
}

async function entriesOf({ snapshotters, lostAndFound }: CheckSubject): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const place of new Set(snapshotters.map(({ name }) => lostAndFound(name)))) {
    for (const name of await namesIn(place)) entries.push({ place, name });
  }
  return entries;
}

async function namesIn(place: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(namesInDirectory(place))).sort();
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
