// Loads modules from flash: reads the bytes out of the array and has them checked, metered and compiled.
//
// The bytes in flash are the bytes that run, at every boot; so each load compares flash with what was loaded before. Comparing is
// cheap because pages are copied when written: the same page object is the same content. What must stay true: a page this
// cache has seen is never written in place (`sharePages` sees to that).

import type { BoardOptions } from './board-options.ts';
import { type PreparedImage, type PrepareOptions, prepareImage } from './cpu/cpu.ts';
import type { FlashArray } from './flash-array.ts';

export interface LoadedImage {
  readonly prepared: PreparedImage;
  /** The module as it was in flash. */
  readonly bytes: Uint8Array;
}

interface Entry {
  address: number;
  length: number;
  pages: readonly Int32Array[];
  image: LoadedImage;
}

/** The bootloader and both slots, and one more of each for an update. */
const entriesMax = 6;

export class ImageLoader {
  private readonly flash: FlashArray;
  private readonly options: Pick<PrepareOptions, 'countBlocks' | 'traceCalls' | 'sharedCalls'>;
  /** The instructions of a module that are told of. */
  private readonly stepsOf: ((module: Uint8Array) => readonly number[]) | undefined;
  private entries: Entry[] = [];
  private readonly owned = new WeakMap<LoadedImage, LoadedImage>();

  constructor(
    flash: FlashArray,
    { countBlocks, calls, sharedCalls }: Pick<BoardOptions, 'countBlocks' | 'calls' | 'sharedCalls'>,
  ) {
    this.flash = flash;
    this.options = { countBlocks, traceCalls: calls !== undefined, sharedCalls };
    this.stepsOf = calls && 'stepsOf' in calls ? (module) => calls.stepsOf(module) : undefined;
  }

  /** Loads `length` bytes at a flash address. Throws ImageRefused. */
  load(address: number, length: number): LoadedImage {
    this.flash.look(address, length);
    const known = this.entries.find(
      (entry) => entry.address === address && entry.length === length && this.flash.hasPages(address, entry.pages),
    );
    if (known) return known.image;
    const bytes = new Uint8Array(length);
    this.flash.readBytes(address, bytes);
    const image = { prepared: this.prepare(bytes), bytes };
    const pages = this.flash.sharePages(address, length);
    if (pages) this.entries = [{ address, length, pages, image }, ...this.entries].slice(0, entriesMax);
    return image;
  }

  /** The same for bytes that were loaded before, from a stored snapshot. */
  prepare(bytes: Uint8Array): PreparedImage {
    return prepareImage(bytes, { ...this.options, steps: this.stepsOf?.(bytes) });
  }

  /** The image as this board prepares it: one in a snapshot may come from a board that counts less, or more. */
  own(image: LoadedImage): LoadedImage {
    const { countBlocks = false, traceCalls = false, sharedCalls } = this.options;
    const { blocks, tracesCalls, tracesSteps } = image.prepared;
    const isOwn = (blocks !== undefined) === countBlocks && tracesCalls === traceCalls;
    if (isOwn && !tracesSteps && this.stepsOf === undefined && image.prepared.sharedCalls === sharedCalls) return image;
    const own = this.owned.get(image) ?? { prepared: this.prepare(image.bytes), bytes: image.bytes };
    this.owned.set(image, own);
    return own;
  }
}
