// Which slot a device erased when it was left to choose: its answer does not say it, so its lists of images from before and after are compared.
//
// While an image runs, a device erases the other slot. In safe mode none runs, and it erases the slot whose image is worth less: that image is
// gone from the list. Where the list stayed the same, a slot without an image was erased.

import type { ImageState } from './client.ts';

type Listed = Pick<ImageState, 'slot' | 'active'>;

/** Undefined where neither slot had an image: it is not known which one it was. */
export function erasedSlot(before: readonly Listed[], after: readonly Listed[]): number | undefined {
  const has = (images: readonly Listed[], slot: number) => images.some((image) => image.slot === slot);
  const gone = [0, 1].filter((slot) => has(before, slot) && !has(after, slot));
  if (gone.length === 1) return gone[0];
  const running = before.find(({ active }) => active);
  if (running) return 1 - running.slot;
  const empty = [0, 1].filter((slot) => !has(before, slot));
  return empty.length === 1 ? empty[0] : undefined;
}
