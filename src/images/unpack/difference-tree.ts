import { makeNode, setAttribute } from '../../linux/index.js';
import { LayerTree } from './layer-tree.js';

/** The device that stands for something that is taken away; and the value of the attribute for a directory that hides all below. */
const WHITEOUT_TYPE = 0o020000;
const OPAQUE = Buffer.from('y');

/**
 * The upper directory of an overlay, empty at first, into which a layer is unpacked without those below it. What the layer
 * takes away is written in overlay's own words, so that it is gone whatever the layer is put upon later.
 */
export class DifferenceTree extends LayerTree {
  readonly #opaqueAttribute: string;
  #hidesRoot = false;

  /** @param opaqueAttribute What overlay calls the attribute, which depends on how it is mounted. */
  constructor(root: string, opaqueAttribute: string) {
    super(root);
    this.#opaqueAttribute = opaqueAttribute;
  }

  /** Whether the result is the same as over the layers below: they would give their attributes to directories that it does not list. */
  get standsAlone(): boolean {
    return this.listsDirectories && !this.#hidesRoot;
  }

  override whiteOut(path: string): void {
    this.noteDeleted(path);
    const found = this.stats(path);
    if (found === undefined) makeNode(this.at(path), WHITEOUT_TYPE, 0);
    else if (found.isDirectory()) this.hideBelow(path);
  }

  override hideBelow(directory: string): void {
    // Overlay asks its root for no such attribute.
    if (directory === '') this.#hidesRoot = true;
    else setAttribute(this.at(directory), this.#opaqueAttribute, OPAQUE);
  }

  override noteReplaced(path: string): void {
    this.hideBelow(path);
  }
}
