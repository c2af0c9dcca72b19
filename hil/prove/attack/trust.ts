// What a device trusts according to its fuses, and the verdict of the host's own verification on an image in flash with these keys and counters.

import type { Board } from '../../../host/board/board.ts';
import { pageBytes } from '../../../host/board/flash-array.ts';
import { verifyImage } from '../../../host/tools/image/index.ts';
import { type DeviceTrust, fusesOfTrust, trustOfFuses } from '../../../host/tools/image/trust.ts';
import { FUSES } from '../../../protocol/generated/registers.ts';
import { Tlv } from '../../../protocol/image/format.ts';
import { Fuse, MemoryMap } from '../../../protocol/memory-map.ts';
import { bytesOfPage, isSameWords, nameOfBytes } from '../device/cells.ts';
import { payload } from './specimens.ts';

export type Slot = 0 | 1;
export const slotAddresses = [MemoryMap.SLOT_A, MemoryMap.SLOT_B] as const;

export interface Verdict {
  /** Why it may not be run; undefined where it may. */
  refusal: string | undefined;
  /** The reason's number; 0 where there is none. */
  code: number;
  /** Where the payload is, and how long. */
  start: number;
  size: number;
  /** Whether it is a module that the core accepts. */
  runnable: boolean;
  /** The version without the build number, which does not count when images are compared. */
  version: number;
  /** The hash TLV. */
  hash: Uint8Array | undefined;
  /** 0 where it has none. */
  securityCounter: number;
  /** It lists keys to revoke. */
  revokes: boolean;
}

/** Sets the fuses of a board to exactly this, with or without power. */
export function burnTrust(board: Board, trust: DeviceTrust): void {
  fuseWords(board).set(fusesOfTrust(trust));
}

function fuseWords(board: Board): Uint32Array {
  const { words, at } = board.machine.registers(FUSES);
  return words.subarray(at.WORD, at.WORD + Fuse.WORD_COUNT);
}

/** Slots that begin alike are looked at one after the other: those with other trailers, for instance. */
const keptOfPage = 4;

/** A verdict, and what it is about: under this trust, a slot of these pages. */
interface Known {
  trust: DeviceTrust;
  pages: readonly Int32Array[];
  verdict: Verdict;
}

/** Verifies the slots of one board, and keeps the results: each case is looked at before, in, and after its boot. */
export class ReferenceVerifier {
  private readonly board: Board;
  /** The bytes of the slot that was looked at last, and the pages they are of: from one case to the next, most are the same. */
  private readonly cells = new Uint8Array(MemoryMap.SLOT_SIZE);
  private readonly cellsOf: Int32Array[] = [];
  /** By the first page of the slot. */
  private readonly seen = new WeakMap<Int32Array, Known[]>();
  /** The fuses of the board as they are, and as they were at the last look. */
  private readonly words: Uint32Array;
  private last = new Uint32Array(Fuse.WORD_COUNT);
  private trust = trustOfFuses(this.last);
  /** What fuses say, by their words. */
  private readonly trusts = new Map<string, DeviceTrust>();

  constructor(board: Board) {
    this.board = board;
    this.words = fuseWords(board);
  }

  /** A page of a picture is never written again, so a result about the same pages stays true. */
  verdict(slot: Slot): Verdict {
    this.readFuses();
    const { trust } = this;
    const { cells } = this.board.machine.flash.picture();
    const first = slotAddresses[slot] / pageBytes;
    const known = this.seen.get(cells[first]) ?? [];
    const found = known.find((each) => each.trust === trust && isAt(each.pages, cells, first));
    if (found) return found.verdict;
    const pages = cells.slice(first, first + MemoryMap.SLOT_SIZE / pageBytes);
    const verdict = this.look(slot, pages);
    this.seen.set(cells[first], [{ trust, pages, verdict }, ...known].slice(0, keptOfPage));
    return verdict;
  }

  private look(slot: Slot, pages: readonly Int32Array[]): Verdict {
    const { keys, ...options } = this.trust;
    const cells = this.bytesOf(pages);
    const { ok, code, message, image } = withoutStack(() => verifyImage(cells, keys, options));
    const { headerSize = 0, imageSize = 0, version = { major: 0, minor: 0, revision: 0 } } = image?.header ?? {};
    return {
      refusal: ok ? undefined : message,
      code,
      start: slotAddresses[slot] + headerSize,
      size: imageSize,
      runnable: ok && Buffer.compare(cells.subarray(headerSize, headerSize + imageSize), payload) === 0,
      version: version.major * 2 ** 24 + version.minor * 2 ** 16 + version.revision,
      hash: image?.hash?.slice(),
      securityCounter: image?.securityCounter ?? 0,
      revokes: image?.tlvs.some(({ type }) => type === Tlv.KEY_REVOKE) ?? false,
    };
  }

  private bytesOf(pages: readonly Int32Array[]): Uint8Array {
    const { cells, cellsOf } = this;
    for (const [number, page] of pages.entries()) {
      if (cellsOf[number] === page) continue;
      cellsOf[number] = page;
      cells.set(bytesOfPage(page), number * pageBytes);
    }
    return cells;
  }

  private readFuses(): void {
    const { words, trusts } = this;
    if (isSameWords(words, this.last)) return;
    this.last = words.slice();
    const name = nameOfBytes(words);
    this.trust = trusts.get(name) ?? trustOfFuses(words);
    trusts.set(name, this.trust);
  }
}

function isAt(pages: readonly Int32Array[], cells: readonly Int32Array[], first: number): boolean {
  for (let page = 0; page < pages.length; page++) if (cells[first + page] !== pages[page]) return false;
  return true;
}

/** A refusal is an error that was thrown, and to note where takes longer than to verify. */
function withoutStack<Result>(work: () => Result): Result {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
