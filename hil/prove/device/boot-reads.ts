// What one boot reads of the state that outlasts a loss of power, and what it writes to it. The board reports both to this witness.
//
//   look      cells of one page, a record of the boot log (logged.ts), a fuse word, or readings of the surroundings: the question. What they held when
//             the boot began: the answer.
//   change    what the boot itself wrote, at the time of asking; when it reads this again, it is not a look
//
// What must stay true: the list of looks of a firm boot is complete and in order. So a device that gives the same answers, one after the other, is
// asked the same next question, and has the same boot in the end. When a read depends on chance (an unstable bit), this is not so: such a boot is
// not `firm`, and its list ends there.

import type { Board } from '../../../host/board/board.ts';
import { type FlashPicture, pageBytes, pageCount } from '../../../host/board/flash-array.ts';
import type { CellsLook } from '../../../host/board/page-checks.ts';
import type { Witness } from '../../../host/board/witness.ts';
import type { Change } from './change.ts';
import { isPlaceOfLog, numberLogged } from './logged.ts';

const wordsPerPage = pageBytes / 4;
/** How much of a page has marks. */
const touches = { NONE: 0, SOME: 1, ALL: 2 } as const;

/** A place of the boot log that was read whole. */
export interface LoggedLook {
  logged: number;
  /** Of the boot in it, or that there is none. */
  number: number;
}

export interface FuseLook {
  fuse: number;
  value: number;
}

/** The surroundings, as they read so long after power-on under these actuators. */
export interface ReadingsLook {
  afterNs: number;
  actuators: Float64Array;
  readings: Float64Array;
  /** 0: the earlier readings were used; 1: read again, nothing new; 2: read again, new values. */
  looked: number;
}

export type Look = CellsLook | LoggedLook | FuseLook | ReadingsLook;

/** An operation as it was started. */
export interface StartedOperation {
  /** Since power-on. */
  atNs: number;
  flash?: { operation: number; address: number; data: Uint8Array };
  burn?: { index: number; ones: number };
}

export class BootReads implements Witness {
  readonly looks: Look[] = [];
  readonly operations: StartedOperation[] = [];
  /** It did not depend on chance, nor on a sum that rounding could change. */
  firm = true;
  /** How often the boot wrote something. */
  writes = 0;
  private readonly board: Board;
  /** A word of flash whose single reads are left out of the list on purpose: for the canary of the sharing. */
  private readonly blindTo: number | undefined;
  private readonly begunNs: number;
  private readonly before: FlashPicture;
  private readonly fuses: Uint32Array;
  /** By word: 1 where it was looked at, 2 where the boot wrote it; only good for pages that are `touched`, by a value of `touches`. */
  private readonly marks: Uint8Array;
  private readonly touched = new Uint8Array(pageCount);
  /** Pages the boot wrote to. */
  private readonly written = new Set<number>();
  /** Places of the boot log that were looked at. */
  private readonly logged = new Set<number>();
  private readonly fuseMarks: Uint8Array;
  /** The last look at the surroundings. */
  private last: ReadingsLook | undefined;

  /** Begins with a board whose power has just come. `room`: a byte for each word of flash, which nobody else uses meanwhile. */
  constructor(board: Board, room: Uint8Array, blindTo?: number) {
    this.board = board;
    this.marks = room;
    this.blindTo = blindTo;
    this.begunNs = board.now;
    this.before = board.machine.flash.picture();
    this.fuses = board.fuses.cells.slice();
    this.fuseMarks = new Uint8Array(this.fuses.length);
    board.machine.witness = this;
  }

  end(): void {
    this.board.machine.witness = undefined;
  }

  readFlash(address: number, length: number): void {
    // It cannot be shared any more.
    if (!this.firm) return;
    if (length === 4 && address === this.blindTo) return;
    const first = address >>> 2;
    const end = (address + length + 3) >>> 2;
    if (end === first + 1) {
      this.readWord(first);
      return;
    }
    if (isPlaceOfLog(address, length) && !this.isWritten(first, end)) {
      this.readLogged(address);
      return;
    }
    for (let from = first; from < end; ) {
      const to = Math.min(end, (Math.floor(from / wordsPerPage) + 1) * wordsPerPage);
      this.readWords(from, to);
      from = to;
    }
  }

  wroteFlash(address: number, length: number): void {
    this.writes++;
    if (!this.firm) return;
    for (let word = address >>> 2; word < (address + length + 3) >>> 2; word++) {
      const page = Math.floor(word / wordsPerPage);
      this.written.add(page);
      this.touch(page);
      this.marks[word] = 2;
    }
  }

  readFuse(fuse: number): void {
    if (this.fuseMarks[fuse] !== 0) return;
    this.fuseMarks[fuse] = 1;
    this.looks.push({ fuse, value: this.fuses[fuse] });
  }

  wroteFuse(fuse: number): void {
    this.writes++;
    this.fuseMarks[fuse] = 2;
  }

  drew(): void {
    this.firm = false;
  }

  readings(timeNs: number, actuators: Float64Array, readings: Float64Array, looked: number): void {
    // Whether the first look is left out depends on when the last one was, before this boot.
    const { last } = this;
    if (looked === 0 && last === undefined) this.firm = false;
    this.last = {
      afterNs: timeNs - this.begunNs,
      actuators: copied(actuators, last?.actuators),
      readings: copied(readings, last?.readings),
      looked,
    };
    this.looks.push(this.last);
  }

  counted(total: number): void {
    if (!Number.isInteger(total)) this.firm = false;
  }

  startedFlash(operation: number, address: number, data: Uint8Array): void {
    this.operations.push({ atNs: this.sinceNs, flash: { operation, address, data: data.slice() } });
  }

  startedBurn(index: number, ones: number): void {
    this.operations.push({ atNs: this.sinceNs, burn: { index, ones } });
  }

  /** What the boot changed so far. */
  change(): Change {
    const { cells } = this.board.machine.flash.picture();
    const pages: Change['pages'][number][] = [];
    for (const page of this.written) {
      const first = page * wordsPerPage;
      const written: number[] = [];
      for (let word = 0; word < wordsPerPage; word++) if (this.marks[first + word] === 2) written.push(word);
      const places = Uint16Array.from(written);
      const words = Int32Array.from(places, (word) => cells[page][word]);
      pages.push({ page, whole: written.length === wordsPerPage, places, words });
    }
    const fuses = [...this.fuseMarks.keys()].filter((fuse) => this.fuseMarks[fuse] === 2);
    return { pages, fuses: fuses.map((fuse) => ({ fuse, value: this.board.fuses.cells[fuse] })) };
  }

  private get sinceNs(): number {
    return this.board.now - this.begunNs;
  }

  private readLogged(address: number): void {
    if (this.logged.has(address)) return;
    this.logged.add(address);
    const at = address % pageBytes;
    this.looks.push({ logged: address, number: numberLogged(this.before.cells[(address - at) / pageBytes], at) });
  }

  private readWord(word: number): void {
    const page = Math.floor(word / wordsPerPage);
    this.touch(page);
    if (this.marks[word] === 0) this.note(page, word, word + 1);
  }

  /** Words of one page. */
  private readWords(from: number, to: number): void {
    const { marks } = this;
    const page = Math.floor(from / wordsPerPage);
    if (this.touched[page] === touches.ALL) return;
    if (this.touch(page)) {
      this.note(page, from, to);
      if (to - from === wordsPerPage) this.touched[page] = touches.ALL;
      return;
    }
    for (let first = from; first < to; first++) {
      if (marks[first] !== 0) continue;
      let end = first;
      while (end < to && marks[end] === 0) end++;
      this.note(page, first, end);
      first = end;
    }
  }

  /** Whether the boot itself wrote one of these words of a page. */
  private isWritten(from: number, to: number): boolean {
    return this.written.has(Math.floor(from / wordsPerPage)) && this.marks.subarray(from, to).includes(2);
  }

  /** Words that nobody looked at before. */
  private note(page: number, from: number, to: number): void {
    this.marks.fill(1, from, to);
    const first = page * wordsPerPage;
    this.looks.push({ page, from: from - first, to: to - first, seen: this.before.cells[page] });
  }

  /** Whether it is the first time that something is to be marked in this page. */
  private touch(page: number): boolean {
    if (this.touched[page] !== touches.NONE) return false;
    this.touched[page] = touches.SOME;
    this.marks.fill(0, page * wordsPerPage, (page + 1) * wordsPerPage);
    return true;
  }
}

/** A copy; the last one where nothing has changed since. */
function copied(values: Float64Array, last: Float64Array | undefined): Float64Array {
  if (last === undefined) return values.slice();
  for (let place = 0; place < values.length; place++) if (values[place] !== last[place]) return values.slice();
  return last;
}
