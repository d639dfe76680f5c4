import { messageOf, throwIfAborted } from '../../../errors/index.js';
import type { FileProblem, FileReport } from '../../../snapshots/index.js';
import { type Comparison, compareFileList, type FileListRequest } from '../../../trees/index.js';

/** The content of a layer, for as long as it is looked at. */
export interface LayerContent extends AsyncDisposable {
  /** The directory to read. */
  readonly tree: string;
  /** Where the list of what is in it lies, if there is one. */
  readonly fileList: string;
}

/** A tree that can be read where it lies. */
export function contentAt(tree: string, fileList: string): LayerContent {
  return { tree, fileList, [Symbol.asyncDispose]: async () => undefined };
}

/**
 * Reads all of a layer and compares it with its file list. What cannot be read is a problem.
 * @param shown The path of the layer in what is told, since the tree may be mounted somewhere for a moment.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted.
 */
export async function compareContent(
  open: () => Promise<LayerContent>,
  shown: string,
  signal: AbortSignal | undefined,
): Promise<FileReport> {
  try {
    await using content = await open();
    const { tree, fileList } = content;
    const comparison = await compareFileList({ tree, fileList }, signal);
    return { problems: contentProblems(comparison, { tree: shown, fileList }), compared: comparison.compared };
  } catch (error) {
    throwIfAborted(signal);
    const problem: FileProblem = { kind: 'unreadable-file', path: shown, message: messageOf(error), repairable: false };
    return { problems: [problem], compared: false };
  }
}

const contentKinds = {
  missing: 'content-missing',
  added: 'content-added',
  differs: 'content-differs',
  unreadable: 'unreadable-file',
} as const;

function contentProblems(
  { badFileList, differences, more }: Comparison,
  { tree, fileList }: FileListRequest,
): FileProblem[] {
  const problems = differences.map(({ kind, path, detail }): FileProblem => {
    return {
      kind: contentKinds[kind],
      path: path === '' ? tree : `${tree}/${path}`,
      message: detail,
      repairable: false,
    };
  });
  if (badFileList !== undefined) {
    problems.push({ kind: 'unreadable-file-list', path: fileList, message: badFileList, repairable: false });
  }
  if (more > 0) {
    const message = `there are ${more} more differences in this layer`;
    problems.push({ kind: 'content-differs', path: tree, message, repairable: false });
  }
  return problems;
}
