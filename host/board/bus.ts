// The bus: every access of the core, with its exact time, decoded or refused.
//
// An access first catches up with time (events due by now happen before the access sees a device), then counts down to a power cut
// at an access, if one is armed, and only then touches flash or a register. Reads and writes that need no device are one look-up
// in a flat table (register-file.ts); all else takes the slow road, where the refusals are. Nothing is allocated.
// What must stay true: an access either does what the register description says, or throws a Fault that says why not.

import type { Arena } from './arena.ts';
import { Clock, nsPerCycle } from './clock.ts';
import { FaultCause } from './device.ts';
import { Fault } from './fault.ts';
import { type FlashArray, flashSize } from './flash-array.ts';
import { firstWord, type RegisterFile, rotateAddress, wordCount } from './register-file.ts';

const flashWords = flashSize >>> 2;
const unmapped = 0;

/** What the bus asks of the machine around it. */
export interface BusOwner {
  /** Handles every event due by `time`, and sets the clock to it. */
  catchUp(time: number): void;
  /** The countdown of accesses reached zero. */
  accessCountdownEnded(): void;
  /** Something moved the end of the core's budget during this access. */
  rearm(): void;
}

export class Bus {
  /** [0] accesses until the owner is told; wraps. */
  readonly countdown: Int32Array;
  /** Set by the owner when a hook stalled the core or moved a deadline. */
  rearmNeeded = false;
  /** Address of the access a hook is handling. */
  address = 0;
  private readonly clock: Float64Array;
  private readonly due: Float64Array;
  private readonly registers: RegisterFile;
  private readonly words: Int32Array;
  private readonly flash: FlashArray;
  private readonly owner: BusOwner;

  constructor(
    arena: Arena,
    clock: Float64Array,
    due: Float64Array,
    registers: RegisterFile,
    flash: FlashArray,
    owner: BusOwner,
  ) {
    const countdown = arena.words(1);
    this.countdown = new Int32Array(countdown.buffer, countdown.byteOffset, 1);
    this.clock = clock;
    this.due = due;
    this.registers = registers;
    this.words = registers.signed;
    this.flash = flash;
    this.owner = owner;
  }

  /** `cyclesLeft`: what the core has left of its budget at this access, which says when it is. Result as a signed number. */
  read32(address: number, cyclesLeft: number): number {
    const now = this.clock[Clock.RUN_END] - cyclesLeft * nsPerCycle;
    if (now < this.due[0]) this.clock[Clock.NOW] = now;
    else this.catchUp(now);
    if (--this.countdown[0] === 0) this.owner.accessCountdownEnded();
    const word = rotateAddress(address);
    if (word >>> 0 < flashWords) return this.flash.readWord(address);
    const index = (word - firstWord) >>> 0;
    const slot = index < wordCount ? this.registers.plainRead[index] : unmapped;
    return slot !== unmapped ? this.words[slot] : this.readSlow(address);
  }

  write32(address: number, value: number, cyclesLeft: number): void {
    const now = this.clock[Clock.RUN_END] - cyclesLeft * nsPerCycle;
    if (now < this.due[0]) this.clock[Clock.NOW] = now;
    else this.catchUp(now);
    if (--this.countdown[0] === 0) this.owner.accessCountdownEnded();
    const index = (rotateAddress(address) - firstWord) >>> 0;
    const slot = index < wordCount ? this.registers.plainWrite[index] : unmapped;
    if (slot !== unmapped && (value & this.registers.reserved[slot]) === 0) this.words[slot] = value;
    else this.writeSlow(address, value);
  }

  /** A read that takes no time: for DMA, and for people poking registers. */
  peek(address: number): number {
    if (rotateAddress(address) >>> 0 < flashWords) return this.flash.readWord(address) >>> 0;
    return this.readSlow(address) >>> 0;
  }

  /** A write that takes no time. */
  poke(address: number, value: number): void {
    const index = (rotateAddress(address) - firstWord) >>> 0;
    const slot = index < wordCount ? this.registers.plainWrite[index] : unmapped;
    if (slot !== unmapped && (value & this.registers.reserved[slot]) === 0) this.words[slot] = value;
    else this.writeSlow(address, value);
  }

  private catchUp(now: number): void {
    this.owner.catchUp(now);
    if (this.rearmNeeded) this.owner.rearm();
  }

  private readSlow(address: number): number {
    const slot = this.slotAt(address, 'read');
    const entry = this.registers.slots[slot];
    if (!entry) throw unmappedFault(address, 'read');
    const { register, peripheral, index } = entry;
    if (register.readable === 0)
      throw new Fault(
        FaultCause.BUS_ACCESS,
        address,
        `read of ${peripheral.name}.${register.name}, which is write-only`,
      );
    const hook = this.registers.readHooks[slot];
    if (hook === undefined) return this.words[slot];
    this.address = address;
    return hook(index);
  }

  private writeSlow(address: number, value: number): void {
    const slot = this.slotAt(address, 'write');
    const entry = this.registers.slots[slot];
    if (!entry) throw unmappedFault(address, 'write');
    const { register, index } = entry;
    if (register.writable === 0 || (value & ~register.writable) !== 0 || entry.closed.length !== 0)
      this.refuseForbidden(address, slot, value);
    const previous = this.words[slot];
    if (register.readable !== 0) this.words[slot] = merge(previous, value, register);
    const hook = this.registers.writeHooks[slot];
    if (hook === undefined) return;
    this.address = address;
    hook(value >>> 0, index, previous >>> 0);
    if (this.rearmNeeded) this.owner.rearm();
  }

  private slotAt(address: number, direction: string): number {
    if ((address & 3) !== 0)
      throw new Fault(
        FaultCause.BUS_MISALIGNED,
        address,
        `${direction} at ${hex(address)}: accesses are 32 bits, aligned`,
      );
    const index = (rotateAddress(address) - firstWord) >>> 0;
    if (index < wordCount) return this.registers.slotOf[index];
    if (address >>> 0 < flashSize)
      throw new Fault(
        FaultCause.BUS_ACCESS,
        address,
        `write at ${hex(address)}: flash is mapped for reading; it changes only through the FLASH registers`,
      );
    return unmapped;
  }

  /** Throws when the value may not be written here; the register table says what may. */
  private refuseForbidden(address: number, slot: number, value: number): void {
    const entry = this.registers.slots[slot];
    if (!entry) throw unmappedFault(address, 'write');
    const name = `${entry.peripheral.name}.${entry.register.name}`;
    if (entry.register.writable === 0)
      throw new Fault(FaultCause.BUS_ACCESS, address, `write of ${name}, which is read-only`);
    const reserved = value & ~entry.register.writable;
    if (reserved !== 0)
      throw new Fault(
        FaultCause.BUS_RESERVED,
        address,
        `write of ${hex(value)} to ${name}: the bits ${hex(reserved)} are not writable`,
      );
    for (const [field, { mask, shift, values }] of entry.closed) {
      const given = (value & mask) >>> shift;
      if (Object.values(values ?? {}).includes(given)) continue;
      throw new Fault(
        FaultCause.BUS_RESERVED,
        address,
        `write of ${hex(value)} to ${name}: ${field} has no value ${given} (it has ${Object.keys(values ?? {}).join(', ')})`,
      );
    }
  }
}

function merge(
  previous: number,
  value: number,
  register: { writable: number; oneToClear: number; oneToSet: number },
): number {
  const { writable, oneToClear, oneToSet } = register;
  const replaced = writable & ~oneToClear & ~oneToSet;
  const kept = (previous & ~replaced) | (value & replaced);
  return (kept & ~(value & oneToClear)) | (value & oneToSet);
}

function unmappedFault(address: number, direction: string): Fault {
  return new Fault(FaultCause.BUS_UNMAPPED, address, `${direction} at ${hex(address)}: no device or register is there`);
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, '0')}`;
}
