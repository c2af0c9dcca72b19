// What a boot leaves, without running it: what was there before, and over it what this known boot writes.

import type { BoardMode } from '../../../host/board/board-state.ts';
import type { FlashPicture } from '../../../host/board/flash-array.ts';
import { isSameWords, type Remains } from './cells.ts';

/** What a boot wrote: words of pages, and fuse words, with their last values. */
export interface Change {
  pages: readonly PageChange[];
  fuses: readonly { fuse: number; value: number }[];
}

export interface PageChange {
  page: number;
  /** Every word was written, so weak bits are gone as well. */
  whole: boolean;
  /** Which words, and what they hold. */
  places: Uint16Array;
  words: Int32Array;
  /** Results so far: the same page always gives the same page. */
  made?: WeakMap<Int32Array, Int32Array>;
}

/** A device as it is when a boot has come to rest. */
export interface Ending extends Remains {
  readonly state: BoardMode;
  /** Why it is halted, in words; undefined when it is not. */
  readonly haltReason: string | undefined;
}

/** `before`, with what the boot wrote. No page of `before` is written. */
export function changed(
  before: { flash: FlashPicture; fuses: Remains['fuses'] },
  change: Change,
  { state, haltReason }: Pick<Ending, 'state' | 'haltReason'>,
): Ending {
  const picture = change.pages.length === 0 ? before.flash : changedFlash(before.flash, change.pages);
  let { cells, weak } = before.fuses;
  if (change.fuses.length > 0) [cells, weak] = [cells.slice(), weak.slice()];
  for (const { fuse, value } of change.fuses) {
    cells[fuse] = value;
    weak[fuse] = 0;
  }
  return { state, haltReason, machine: { flash: { picture: () => picture } }, fuses: { cells, weak } };
}

function changedFlash(before: FlashPicture, changes: readonly PageChange[]): FlashPicture {
  const cells = before.cells.slice();
  let { weak, weakPages } = before;
  for (const change of changes) {
    const { page, whole } = change;
    cells[page] = changedPage(cells[page], change);
    if (!whole || weak[page] === undefined) continue;
    if (weak === before.weak) weak = weak.slice();
    (weak as (Int32Array | undefined)[])[page] = undefined;
    weakPages--;
  }
  return { cells, weak, weakPages };
}

function changedPage(page: Int32Array, change: PageChange): Int32Array {
  const { places, words } = change;
  // Most boots are seen once.
  change.made ??= new WeakMap();
  let after = change.made.get(page);
  if (after === undefined) {
    after = page.slice();
    for (let index = 0; index < places.length; index++) after[places[index]] = words[index];
    change.made.set(page, after);
  }
  return after;
}

/** Where two devices differ in the state that outlasts power; undefined when they are equal. */
export function differenceOf(one: Remains, other: Remains): string | undefined {
  const [picture, wanted] = [one.machine.flash.picture(), other.machine.flash.picture()];
  const isAnyWeak = picture.weakPages > 0 || wanted.weakPages > 0;
  for (let page = 0; page < picture.cells.length; page++) {
    if (!isSameWords(picture.cells[page], wanted.cells[page])) return `flash page ${page}`;
    if (isAnyWeak && !isSameWords(picture.weak[page] ?? none, wanted.weak[page] ?? none))
      return `unstable bits of flash page ${page}`;
  }
  if (!isSameWords(one.fuses.cells, other.fuses.cells)) return 'fuses';
  return isSameWords(one.fuses.weak, other.fuses.weak) ? undefined : 'unstable bits of fuses';
}

const none = new Int32Array(1024);
