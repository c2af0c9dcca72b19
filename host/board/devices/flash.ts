// NOR flash controller: the only way the flash array changes while the chip runs.
//
//   COMMAND --> BUSY -----------------------> DONE   the array changes here, all at once
//                '-- power lost or chip reset: torn   units before the cut are done, one is torn, the rest is unchanged
//
// An operation is latched when it starts, so that the guest may fill BUFFER for the next one meanwhile. A read of the
// array while BUSY gives the contents before the operation. What must stay true: programming only ever clears bits; a protected
// partition never changes; while BUSY there is exactly one FLASH_DONE event in the queue.

import { FLASH } from '../../../protocol/generated/registers.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import type { Device, DeviceContext, Registers } from '../device.ts';
import { EventKind, FaultCause } from '../device.ts';
import type { FlashArray } from '../flash-array.ts';
import { hashOf, LogKind } from '../log.ts';
import { anyTearPattern, tearPatternNumber, tearPatterns } from './tear.ts';

const { SECTOR_SIZE, PAGE_SIZE, UNIT_SIZE, FLASH_SIZE } = MemoryMap;

// Typical values as in the data sheets of Winbond's W25Q class: 0.4 ms to program a page of 256 bytes, 45 ms to erase a
// sector, 20 mA meanwhile, at 3.3 V. They hold at room temperature: no data sheet goes down to 4 K.
/** Time to program one 8-byte unit: a 32nd of a page. */
export const unitProgramNs = 12_500;
export const sectorEraseNs = 45_000_000;
/** 20 mA at 3.3 V: 66 mW, which is 66 pJ a nanosecond. */
export const operationPicojoulesPerNs = 66;

/** Partitions PROTECT can lock. A slot's last sector holds the trailer and stays writable. */
const protectable = [
  {
    name: 'BOOT_LOG',
    mask: FLASH.registers.PROTECT.fields.BOOT_LOG.mask,
    start: MemoryMap.BOOT_LOG,
    size: MemoryMap.BOOT_LOG_SIZE,
  },
  { name: 'BOOT', mask: FLASH.registers.PROTECT.fields.BOOT.mask, start: MemoryMap.BOOT, size: MemoryMap.BOOT_SIZE },
  {
    name: 'SLOT_A',
    mask: FLASH.registers.PROTECT.fields.SLOT_A.mask,
    start: MemoryMap.SLOT_A,
    size: MemoryMap.IMAGE_SIZE_MAX,
  },
  {
    name: 'SLOT_B',
    mask: FLASH.registers.PROTECT.fields.SLOT_B.mask,
    start: MemoryMap.SLOT_B,
    size: MemoryMap.IMAGE_SIZE_MAX,
  },
];

const { BUSY, DONE, PROGRAM_ERROR } = FLASH.registers.STATUS.fields;
const operations = FLASH.registers.COMMAND.fields.OPERATION.values;
const operationMask = FLASH.registers.COMMAND.fields.OPERATION.mask;

/** Words of `latched` before the data. */
const latchedHeader = { operation: 0, address: 1, length: 2, tearChoice: 3 } as const;
const latchedHeaderWords = 4;
const nothing = new Uint8Array(0);

/** Totals of the operations since the board was made: energy in whole picojoules, and sectors or units begun. */
export interface FlashWork {
  erasePicojoules: number;
  programPicojoules: number;
  sectorsErased: number;
  unitsProgrammed: number;
}

export class Flash implements Device {
  readonly peripheral = FLASH;
  readonly eventKinds = [EventKind.FLASH_DONE];
  readonly onWrite = {
    COMMAND: (value: number) => this.start(value & operationMask),
    STATUS: () => this.updateLine(),
    INTERRUPT_ENABLE: () => this.updateLine(),
  };
  private readonly context: DeviceContext;
  private readonly array: FlashArray;
  private readonly registers: Registers<typeof FLASH>;
  /** The operation in progress: operation (0: none), address, length, chosen tear pattern + 1, then the data. */
  private readonly latched: Uint32Array;
  private readonly data: Uint8Array;
  /** [0] start of the operation, [1] pJ erasing, [2] pJ programming, [3] sectors erased, [4] units programmed. */
  private readonly counters: Float64Array;

  constructor(context: DeviceContext, array: FlashArray) {
    this.context = context;
    this.array = array;
    this.registers = context.registers(FLASH);
    this.latched = context.arena.isHistory(context.arena.words(latchedHeaderWords + PAGE_SIZE / 4));
    this.data = new Uint8Array(this.latched.buffer, this.latched.byteOffset + latchedHeaderWords * 4, PAGE_SIZE);
    this.counters = context.arena.isHistory(context.arena.floats(5));
  }

  get work(): FlashWork {
    const [, erasePicojoules, programPicojoules, sectorsErased, unitsProgrammed] = this.counters;
    return { erasePicojoules, programPicojoules, sectorsErased, unitsProgrammed };
  }

  /** Decides how interrupted operations are torn: by a pattern of tear.ts, or at random from the seed (undefined). */
  chooseTear(name: string | undefined): void {
    this.latched[latchedHeader.tearChoice] = name === undefined ? 0 : tearPatternNumber(name) + 1;
  }

  /** A reset tears an operation like a power cut, because it also resets the array. */
  reset(): void {
    this.tear();
    this.context.cancel(EventKind.FLASH_DONE);
    this.registers.reset();
  }

  powerLost(): void {
    this.tear();
  }

  onEvent(): void {
    if (!this.busy) throw new Error('flash: an operation ended that never began');
    const { words, at } = this.registers;
    const address = this.latched[latchedHeader.address];
    const length = this.latched[latchedHeader.length];
    let status = (words[at.STATUS] & ~BUSY.mask) | DONE.mask;
    if (this.programming) {
      if (this.program(length)) status |= PROGRAM_ERROR.mask;
      this.context.log(LogKind.FLASH_DONE, address, hashOf(this.data.subarray(0, length)));
    } else {
      this.array.erasePage(address);
      this.context.log(LogKind.FLASH_DONE, address, 0);
    }
    this.settle(this.duration);
    words[at.STATUS] = status;
    this.updateLine();
  }

  private get busy(): boolean {
    return (this.registers.words[this.registers.at.STATUS] & BUSY.mask) !== 0;
  }

  private get programming(): boolean {
    return this.latched[latchedHeader.operation] === operations.PROGRAM;
  }

  private get duration(): number {
    return this.programming ? (this.latched[latchedHeader.length] / UNIT_SIZE) * unitProgramNs : sectorEraseNs;
  }

  private start(operation: number): void {
    if (this.busy) this.context.fault(FaultCause.BUS_STATE, 'flash: an operation is running; wait for STATUS.DONE');
    const { words, at } = this.registers;
    const address = words[at.ADDRESS];
    const length = operation === operations.PROGRAM ? words[at.LENGTH] : SECTOR_SIZE;
    this.checkPlace(operation, address, length);
    this.checkProtection(address);
    this.latched[latchedHeader.operation] = operation;
    this.latched[latchedHeader.address] = address;
    this.latched[latchedHeader.length] = length;
    this.latched.set(words.subarray(at.BUFFER, at.BUFFER + PAGE_SIZE / 4), latchedHeaderWords);
    this.counters[0] = this.context.now;
    words[at.STATUS] |= BUSY.mask;
    const data = operation === operations.PROGRAM ? this.data.subarray(0, length) : nothing;
    this.context.witness?.startedFlash(operation, address, data);
    this.context.log(LogKind.FLASH_START, operation, address);
    this.context.schedule(this.context.now + this.duration, EventKind.FLASH_DONE);
  }

  private checkPlace(operation: number, address: number, length: number): void {
    const program = operation === operations.PROGRAM;
    const alignment = program ? UNIT_SIZE : SECTOR_SIZE;
    const where = `0x${address.toString(16)}`;
    if (address % alignment !== 0)
      this.context.fault(FaultCause.BUS_MISALIGNED, `flash: ADDRESS ${where} is not a multiple of ${alignment}`);
    if (address + length > FLASH_SIZE)
      this.context.fault(FaultCause.BUS_UNMAPPED, `flash: ADDRESS ${where} is past the end of the array`);
    if (!program) return;
    if (length === 0 || length % UNIT_SIZE !== 0 || length > PAGE_SIZE)
      this.context.fault(FaultCause.BUS_MISALIGNED, `flash: LENGTH ${length} is not 8 to 256 in steps of ${UNIT_SIZE}`);
    if ((address % PAGE_SIZE) + length > PAGE_SIZE)
      this.context.fault(
        FaultCause.BUS_MISALIGNED,
        `flash: ${length} bytes at ${where} run past the end of a ${PAGE_SIZE}-byte page; split them`,
      );
  }

  private checkProtection(address: number): void {
    const protect = this.registers.words[this.registers.at.PROTECT];
    for (const { name, mask, start, size } of protectable) {
      if ((protect & mask) !== 0 && address >= start && address < start + size)
        this.context.fault(
          FaultCause.BUS_PROTECTED,
          `flash: ADDRESS 0x${address.toString(16)} lies in ${name}, which PROTECT locks until the next reset`,
        );
    }
  }

  /** Programs the first bytes of the latched data, which are whole units; true when a zero bit should have become one. */
  private program(length: number): boolean {
    const address = this.latched[latchedHeader.address];
    let error = false;
    for (let offset = 0; offset < length; offset += 4) {
      const wanted = this.latched[latchedHeaderWords + offset / 4];
      const old = this.array.readWord(address + offset);
      if ((wanted & ~old) !== 0) error = true;
      if ((old & wanted) !== old) this.array.writeWord(address + offset, old & wanted);
      // A weak bit that is programmed to zero reads as zero from now on; one that is not programmed stays weak.
      const weak = this.array.weakBits(address + offset);
      if ((weak & ~wanted) !== 0) this.array.setWeak(address + offset, weak & wanted);
    }
    return error;
  }

  /** Ends an operation before its time: units before the cut are done, the one in progress is torn, the rest did not begin. */
  private tear(): void {
    if (!this.busy) return;
    const elapsed = this.context.now - this.counters[0];
    if (elapsed < 0 || elapsed > this.duration)
      throw new Error(`flash: an operation of ${this.duration} ns is torn after ${elapsed} ns`);
    const random = () => this.context.random();
    const choice = this.latched[latchedHeader.tearChoice];
    const pattern = choice === 0 ? anyTearPattern(this.programming, random) : choice - 1;
    const address = this.latched[latchedHeader.address];
    let hash = 0;
    if (!this.programming) {
      hash = this.tearPiece(pattern, address, new Uint8Array(SECTOR_SIZE).fill(0xff));
    } else {
      const done = Math.min(this.latched[latchedHeader.length], Math.floor(elapsed / unitProgramNs) * UNIT_SIZE);
      this.program(done);
      if (done < this.latched[latchedHeader.length])
        hash = this.tearPiece(pattern, address + done, this.data.subarray(done, done + UNIT_SIZE));
    }
    this.context.log(LogKind.FLASH_TORN, (pattern << 24) | address, hash);
    this.settle(elapsed);
    this.registers.words[this.registers.at.STATUS] &= ~BUSY.mask;
  }

  /** `wanted`: the contents after a complete erase, or the data to program. Returns a hash of the contents now. */
  private tearPiece(pattern: number, address: number, wanted: Uint8Array): number {
    const cells = new Uint8Array(wanted.length);
    this.array.readBytes(address, cells);
    const target = this.programming ? wanted.map((byte, i) => byte & cells[i]) : wanted;
    const weak = new Uint8Array(wanted.length);
    tearPatterns[pattern].tear(cells, target, weak, () => this.context.random());
    this.array.writeBytes(address, cells);
    const weakWords = new Int32Array(weak.buffer);
    for (let word = 0; word < weakWords.length; word++) {
      const old = this.array.weakBits(address + word * 4);
      if ((weakWords[word] | old) !== old) this.array.setWeak(address + word * 4, weakWords[word] | old);
    }
    return hashOf(cells);
  }

  /** Adds the work to the totals and clears the operation. */
  private settle(elapsed: number): void {
    const energy = elapsed * operationPicojoulesPerNs;
    if (this.programming) {
      this.counters[2] += energy;
      this.counters[4] += Math.min(
        Math.floor(elapsed / unitProgramNs) + 1,
        this.latched[latchedHeader.length] / UNIT_SIZE,
      );
    } else {
      this.counters[1] += energy;
      this.counters[3] += 1;
    }
    this.latched[latchedHeader.operation] = 0;
  }

  private updateLine(): void {
    const { words, at } = this.registers;
    this.context.setLine(FLASH.line, (words[at.STATUS] & words[at.INTERRUPT_ENABLE] & DONE.mask) !== 0);
  }
}
