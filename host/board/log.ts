// The log of a run: records {timeNs, kind, a, b}, and a hash over all of them so far.
//
// A run is a function of images, seed and inputs, and the log is its result. The hash (two 32-bit lanes) and the number of records are in
// the arena, so that a restore resets them too. Listeners receive each record; nothing here stores records.
// What must stay true: everything that decides what happens next is a record, inputs and faults too, so two runs with equal
// hashes were the same run. A kind keeps its number: hashes are compared between versions.

import type { Arena } from './arena.ts';

export const LogKind = {
  /** Input: power was applied. a, b: 0. */
  POWER_ON: 1,
  /** Power was lost. a: 1 when that ended a step of the board (a run, an event), 0 when it was switched off between steps. b: 0. */
  POWER_CUT: 2,
  /** The chip came out of reset. a: cause (RESET.CAUSE), b: resets since power-on. */
  RESET: 3,
  /** The mask ROM started the bootloader. a: its length, b: its CRC-32. */
  BOOT_ROM: 4,
  /** The core loaded the firmware. a: flash address, b: length. */
  HANDOVER: 5,
  /** The core ran. a: lines it was called with (0 for reset()), b: cycles it took. */
  RUN: 6,
  /** The core faulted. a: cause (RESET.FAULT_CAUSE), b: bus address. */
  FAULT: 7,
  /** The board halted. a: reason (HaltReason), b: cause in the fault record. */
  HALT: 8,
  /** A scheduled event was handled. a: kind (EventKind), b: first argument. */
  EVENT: 9,
  /** Input: bytes put on a serial line. a: line << 24 | length, b: hash of the bytes. */
  INPUT: 10,
  /** Bytes left the chip. a: line << 24 | length, b: hash of the bytes. */
  OUTPUT: 11,
  /** Input: reset pin pulled. a, b: 0. */
  RESET_PIN: 12,
  /** Input: supply dipped. a, b: 0. */
  BROWN_OUT: 13,
  /** Flash operation started. a: operation (FLASH.COMMAND), b: address. */
  FLASH_START: 14,
  /** Flash operation ended. a: address, b: hash of the bytes programmed (0 for an erase). */
  FLASH_DONE: 15,
  /** Flash operation torn by loss of power or a reset. a: tear pattern << 24 | address, b: hash of what the torn piece now holds. */
  FLASH_TORN: 16,
  /** Fuse word burnt. a: index, b: word afterwards. */
  FUSE: 17,
  /** Recorder event. a: low half of the second argument << 16 | kind, b: first argument; listeners get all of the second (`argument1`). */
  RECORDER: 18,
  /** Input: factory or host set flash and fuses. a: CRC-32 of the flash, b: hash of the fuse words. */
  PROVISION: 19,
  /** Input: power is to be cut at a bus access. a: which from now, b: 0. */
  CUT_AT_ACCESS: 20,
  /** Input: power is to be cut at a time. a: nanoseconds, low word, b: high word. */
  CUT_AT_TIME: 21,
  /** Output gates were opened or closed by the core. a: gates open from now on (OUTPUTS.STATE), b: those open before. */
  OUTPUTS: 22,
  /** Input: readings of the surroundings are new. a: hash of all of them, b: 0. */
  READINGS: 23,
  /** Input: a disturbance. a: kind << 24 | place << 16 | hash of its times (16 bits), b: size. */
  DISTURBANCE: 24,
  /** An interrupted burn left weak bits in a fuse word. a: index, b: which. */
  FUSE_WEAK: 25,
  /** A burn started. a: index, b: ones. */
  FUSE_START: 26,
  /** A sequence was loaded. a: sequencer << 24 | length, b: its CRC-32. */
  SEQUENCER_LOAD: 32,
  /** Sequencers were started. a: which, one bit each; b: those busy afterwards. */
  SEQUENCER_START: 33,
  /** A sequencer has stopped. a: which, b: its flags. */
  SEQUENCER_STOPPED: 34,
  /** a: bytes, b: outcome (MuxLoad). */
  MUX_LOAD: 35,
  /** a: command, b: 1 when it was refused. */
  MUX_COMMAND: 36,
  /** A new value for a cell. a: cell, b: code. */
  MUX_CODE: 37,
  /** Cells have missed their deadline. a: how often so far, b: the last one. */
  CELLS_LATE: 38,
  /** A window was integrated. a: sequencer << 8 | readout channel, b: hash of its sums. */
  READOUT_WINDOW: 39,
  /** a: command and line (READOUT.COMMAND), b: samples in the scope memory afterwards. */
  READOUT_COMMAND: 40,
} as const;

const kindsMost = Math.max(...Object.values(LogKind)) + 1;

export interface LogRecord {
  timeNs: number;
  kind: number;
  a: number;
  b: number;
  /** Of a recorder event: its whole second argument. It is for those who read the log; the hash is over the other fields. */
  argument1?: number;
}

export class Log {
  listener: ((record: LogRecord) => void) | undefined;
  /** By kind, 1 for those that the listener is told; undefined: all. A record is an object, and an idle board makes thirty of them a second. */
  wanted: Uint8Array | undefined;
  private readonly lanes: Uint32Array;
  private readonly counter: Float64Array;

  constructor(arena: Arena) {
    this.lanes = arena.isHistory(arena.words(2));
    this.counter = arena.isHistory(arena.floats(1));
    this.lanes[0] = 0x6a09e667;
    this.lanes[1] = 0xbb67ae85;
  }

  /** In place of `Board.onLog`: the listener is told records of these kinds only, or all. */
  listenTo(kinds: readonly number[] | undefined, listener: ((record: LogRecord) => void) | undefined): void {
    this.listener = listener;
    this.wanted = kinds && new Uint8Array(kindsMost);
    for (const kind of kinds ?? []) if (this.wanted) this.wanted[kind] = 1;
  }

  /** Records so far. */
  get length(): number {
    return this.counter[0];
  }

  /** 16 hexadecimal digits. */
  get hash(): string {
    const [high, low] = this.lanes;
    return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
  }

  add(timeNs: number, kind: number, a: number, b: number, argument1?: number): void {
    this.counter[0]++;
    this.mix(timeNs | 0);
    this.mix((timeNs / 2 ** 32) | 0);
    this.mix(kind);
    this.mix(a);
    this.mix(b);
    if (this.listener !== undefined && (this.wanted === undefined || this.wanted[kind] === 1))
      this.listener({ timeNs, kind, a: a >>> 0, b: b >>> 0, argument1 });
  }

  /** Each lane depends on the word and on the other lane, so that neither is a function of 32 bits only. */
  private mix(word: number): void {
    const { lanes } = this;
    const second = lanes[1] | 0;
    const first = Math.imul((lanes[0] | 0) ^ word, 0x85ebca6b) ^ (second >>> 13);
    lanes[0] = first;
    lanes[1] = Math.imul((second + (first ^ (first >>> 15))) | 0, 0xc2b2ae35) ^ word;
  }
}

/** 32-bit hash of some bytes, for records that hold a hash in place of the bytes (FNV-1a, then mixed). */
export function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
