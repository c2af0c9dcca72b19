// What a device trusts according to its fuses, and the verdict of the host's own verification on an image in flash with these keys and counters.

import type { Board } from '../../../host/board/board.ts';
import { pageBytes } from '../../../host/board/flash-array.ts';
import { verifyImage } from '../../../host/tools/image/index.ts';
import { type DeviceTrust, fusesOfTrust, trustOfFuses } from '../../../host/tools/image/trust.ts';
import { FUSES } from '../../../protocol/generated/registers.ts';
import { Tlv } from '../../../protocol/image/format.ts';
import { Fuse, MemoryMap } from '../../../protocol/memory-map.ts';
import { isSameWords, readCells } from '../device/cells.ts';
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

/** Verifies the slots of one board, and keeps the results. */
export class ReferenceVerifier {
  private readonly board: Board;
  /** Written anew for each look. */
  private readonly cells = new Uint8Array(MemoryMap.SLOT_SIZE);
  private readonly seen = new WeakMap<Int32Array, Verdict>();
  /** The fuses of the board as they are, as they were at the first look, and as they were at the last. */
  private readonly words: Uint32Array;
  private first: Uint32Array | undefined;
  private last = new Uint32Array(Fuse.WORD_COUNT);
  private trust = trustOfFuses(this.last);

  constructor(board: Board) {
    this.board = board;
    this.words = fuseWords(board);
  }

  /** A specimen lies in one page, and a page of a picture is never written again: so a result about it stays true. */
  verdict(slot: Slot): Verdict {
    const usual = this.readFuses();
    const page = this.board.machine.flash.picture().cells[slotAddresses[slot] / pageBytes];
    const known = usual ? this.seen.get(page) : undefined;
    if (known) return known;
    const verdict = this.look(slot);
    const small = verdict.size > 0 && verdict.start - slotAddresses[slot] + verdict.size < pageBytes / 2;
    if (usual && small) this.seen.set(page, verdict);
    return verdict;
  }

  private look(slot: Slot): Verdict {
    const { keys, ...options } = this.trust;
    const cells = readCells(this.board, slotAddresses[slot], MemoryMap.SLOT_SIZE, this.cells);
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

  /** Whether the fuses are as they were when this board was first looked at. */
  private readFuses(): boolean {
    const { words } = this;
    this.first ??= words.slice();
    if (!isSameWords(words, this.last)) {
      this.last = words.slice();
      this.trust = trustOfFuses(words);
    }
    return isSameWords(words, this.first);
  }
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
