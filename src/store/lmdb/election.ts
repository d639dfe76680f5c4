/**
 * How one candidate of several becomes the owner, when all they share is a set of numbers, of which each can be taken
 * once, and the sight of whether the holder of a number is alive.
 *
 * The owner holds the highest number; it stays behind, dead, when the owner ends. To become the owner: see that the
 * holder of the highest number is dead, take the next one, and see that no higher one appeared meanwhile. A number is
 * only taken by someone who has found the holder of the one before it dead, so that no two owners live at once; and
 * since the highest number is never removed, whoever acted on an old view notices it afterwards.
 */
export interface Numbers<Holder> {
  /** The highest number that is taken; 0 for none. */
  highest(): Promise<number>;
  /** Who holds it, if somebody living does. `gone`: nobody has it any more, so that there is a higher one. */
  holderOf(number: number): Promise<'dead' | 'gone' | Holder>;
  /** Takes a number unless it is taken. Whoever takes one must be seen as alive from that moment on. */
  take(number: number): Promise<boolean>;
  /** Removes the own number. */
  giveBack(number: number): Promise<void>;
  /** Removes all lower numbers; their holders are dead. */
  removeBelow(number: number): Promise<void>;
}

/** Makes the candidate the owner, or gives the holder that keeps it out. */
export async function elect<Holder extends object>(numbers: Numbers<Holder>): Promise<Holder | undefined> {
  for (;;) {
    const highest = await numbers.highest();
    const holder = highest === 0 ? 'dead' : await numbers.holderOf(highest);
    if (typeof holder === 'object') return holder;
    const mine = highest + 1;
    if (holder === 'gone' || !(await numbers.take(mine))) continue;
    if ((await numbers.highest()) === mine) {
      await numbers.removeBelow(mine);
      return undefined;
    }
    await numbers.giveBack(mine);
  }
}
