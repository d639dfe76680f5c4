/** What the checkers of all drivers have in common. */
export { compareContent, contentAt, type LayerContent } from './content.js';
export { type CheckedLayout, layoutChecker } from './layout-checker.js';
export type { Measured } from './usage.js';
export type { Wanted } from './wanted.js';
