import { blockfile } from './blockfile.js';
import { btrfs } from './btrfs.js';
import { erofs } from './erofs.js';
import { native } from './native.js';
import { overlay } from './overlay.js';

export { ownPointsOf, pointsOf, type TorturedBackEnd } from './back-end.js';

/** All back ends that are tortured. A new one is an entry here. */
export const torturedBackEnds = [overlay, native, btrfs, blockfile, erofs] as const;
