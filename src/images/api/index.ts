/** The interface of images and its types, for importers that must load neither the store nor native code. */
import type { CallContext } from '../../snapshots/api/index.js';

/** An image: a name for a chain of committed snapshots, with the documents that came with it. */
export interface Image {
  readonly name: string;
  /** Which snapshotter has its layers. */
  readonly snapshotter: string;
  /** The digest of its manifest. */
  readonly digest: string;
  /** Such as `linux/amd64`. */
  readonly platform: string;
  /** How many layers it has. */
  readonly layers: number;
  /** The name of the snapshot that is its top layer, to be the parent of others; empty without layers. */
  readonly snapshot: string;
  /** What its layers take on disk, in bytes; those that other images share as well. */
  readonly size: number;
  readonly created: Date;
  /** When it was last imported. */
  readonly updated: Date;
}

/** Everything that is known of an image. */
export interface ImageDetails extends Image {
  /** The names of its snapshots, the lowest first. */
  readonly chain: readonly string[];
  /** The media type of the manifest. */
  readonly mediaType: string;
  /** The manifest and the configuration as they came: JSON. */
  readonly manifest: string;
  readonly config: string;
}

/** How far the import of a layer is. */
export interface ImportProgress {
  /** The diff ID of the layer, or the source where it has none. */
  readonly layer: string;
  /** Which of the image's layers, from 1 on. */
  readonly position: number;
  readonly layers: number;
  /** `exists`: it was there already. `done`: it is a committed snapshot. */
  readonly state: 'unpacking' | 'done' | 'exists';
  /** How many bytes have been read, and how many there are. */
  readonly bytes: number;
  readonly total: number;
}

/** What to import. */
export interface ImportRequest {
  /** An absolute path, on the machine of the daemon. */
  readonly source: string;
  /**
   * `image`: an OCI layout or what `docker save` writes, as a directory or an archive. `rootfs`: a directory or an archive of files,
   * which becomes an image of one layer. Default: `image`.
   */
  readonly type?: 'image' | 'rootfs';
  /** What to call it. Default: what the source calls it, else the digest of its manifest. */
  readonly name?: string;
  /** Of an image that is there for several: `<os>/<architecture>[/<variant>]`. Default: that of the machine. */
  readonly platform?: string;
  /** Which snapshotter gets the layers. Default: the default one. */
  readonly snapshotter?: string;
  /** Told of each layer when it begins and ends, and ten times a second between. */
  readonly onProgress?: (progress: ImportProgress) => void;
}

/** Images in a namespace. Each call needs one: its own or that of the client. */
export interface Images {
  /**
   * Imports the images of a source: each layer becomes a committed snapshot that is named by its chain ID, as containerd names it;
   * those that are there already are not read. An image of the same name is replaced. When this resolves, records and files
   * are on disk as the durability says. Layers come under the lease of the call, if it names one. When it rejects, no image has changed, and layers that were complete stay.
   * @throws NotFoundError for a missing source, or nothing for the platform. InvalidArgumentError for a source that is no image,
   * a damaged archive, a name for several images, an unknown snapshotter. FailedPreconditionError when something is not what its digest
   * says. ResourceExhaustedError when a layer is larger than the limits, or the disk is full. CanceledError or
   * DeadlineExceededError when the signal is aborted.
   */
  import(request: ImportRequest, call?: CallContext): Promise<readonly Image[]>;
  /** The images of the namespace, in the byte order of their names. */
  list(call?: CallContext): Promise<readonly Image[]>;
  /**
   * One image, by its name, or by what people write for it: `busybox` finds `docker.io/library/busybox:latest`.
   * @throws NotFoundError when there is none.
   */
  inspect(name: string, call?: CallContext): Promise<ImageDetails>;
  /**
   * Removes an image, and those of its layers that came with an import and that nothing else is based on.
   * @throws NotFoundError when there is none.
   */
  remove(name: string, call?: CallContext): Promise<void>;
}
