// The bus: decodes every access of the core at its exact time, or refuses it.
//
// An access first compares its time with the one number that says whether anything is due: earlier events are handled before
// a device sees the access, and so is a power cut armed for it. Then one look-up in a flat table (register-file.ts) finds
// the word. An access that needs a device, or must be refused, takes the slow path. Nothing is allocated.
// What must stay true: an access either does what the register description says, or throws a Fault that says why not.

import { Clock, nsPerCycle } from './clock.ts';
import { FaultCause } from './device.ts';
import { Fault } from './fault.ts';
import { type FlashArray, flashSize } from './flash-array.ts';
import { firstWord, type RegisterFile, rotateAddress, wordCount } from './register-file.ts';

const flashWords = flashSize >>> 2;
const unmapped = 0;

/** What the bus needs from the machine. */
export interface BusOwner {
  /** An access is made at `time`, at which something may be due: handles it, and sets the clock to `time`. */
  lookUp(time: number): void;
  /** The end of the core's budget was moved during the access made at `time`. */
  rearm(time: number): void;
}

export class Bus {
  /** Set by the owner when a hook stalled the core or moved a deadline. */
  rearmNeeded = false;
  /** Address of the access a hook is handling. */
  address = 0;
  private readonly clock: Float64Array;
  private readonly words: Int32Array;
  private readonly readTable: Int32Array;
  private readonly writeTable: Int32Array;
  private readonly registers: RegisterFile;
  private readonly flash: FlashArray;
  private readonly owner: BusOwner;

  constructor(clock: Float64Array, registers: RegisterFile, flash: FlashArray, owner: BusOwner) {
    this.clock = clock;
    this.words = registers.arenaWords;
    this.readTable = registers.tables.read;
    this.writeTable = registers.tables.write;
    this.registers = registers;
    this.flash = flash;
    this.owner = owner;
  }

  /** `cyclesLeft`: what the core has left of its budget at this access, which says when it is. Result as a signed number. */
  read32(address: number, cyclesLeft: number): number {
    const clock = this.clock;
    const now = clock[Clock.RUN_END] - cyclesLeft * nsPerCycle;
    if (now < clock[Clock.DUE]) clock[Clock.NOW] = now;
    else this.lookUp(now);
    const index = (rotateAddress(address) - firstWord) >>> 0;
    if (index < wordCount) {
      const place = this.readTable[index];
      if (place > 0) return this.words[place];
      if (place < 0) return this.readHook(address, -place);
    }
    return this.readOther(address);
  }

  write32(address: number, value: number, cyclesLeft: number): void {
    const clock = this.clock;
    const now = clock[Clock.RUN_END] - cyclesLeft * nsPerCycle;
    if (now < clock[Clock.DUE]) clock[Clock.NOW] = now;
    else this.lookUp(now);
    this.poke(address, value);
    if (this.rearmNeeded) this.owner.rearm(now);
  }

  /** A read that takes no time: for DMA, and for tests and debuggers. */
  peek(address: number): number {
    const index = (rotateAddress(address) - firstWord) >>> 0;
    const place = index < wordCount ? this.readTable[index] : 0;
    if (place > 0) return this.words[place] >>> 0;
    const slot = rotateAddress(address) >>> 0 < flashWords ? unmapped : this.readableSlot(address);
    return (slot === unmapped ? this.flash.readWord(address) : this.readHook(address, slot)) >>> 0;
  }

  /** A write that takes no time. */
  poke(address: number, value: number): void {
    const index = (rotateAddress(address) - firstWord) >>> 0;
    const place = index < wordCount ? this.writeTable[index] : 0;
    if (place !== 0) this.words[place] = value;
    else this.writeSlow(address, value);
  }

  /** `peek` of so many words that follow each other, into `target` from `first` on. */
  peekWords(address: number, target: Int32Array, first: number, count: number): void {
    const index = (rotateAddress(address) - firstWord) >>> 0;
    for (let word = 0; word < count; word++) {
      const place = index + word < wordCount ? this.readTable[index + word] : 0;
      target[first + word] = place > 0 ? this.words[place] : this.peek(address + 4 * word);
    }
  }

  /** `poke` of so many words that follow each other. */
  pokeWords(address: number, source: Int32Array, first: number, count: number): void {
    const index = (rotateAddress(address) - firstWord) >>> 0;
    for (let word = 0; word < count; word++) {
      const place = index + word < wordCount ? this.writeTable[index + word] : 0;
      if (place !== 0) this.words[place] = source[first + word];
      else this.poke(address + 4 * word, source[first + word]);
    }
  }

  private lookUp(now: number): void {
    this.owner.lookUp(now);
    if (this.rearmNeeded) this.owner.rearm(now);
  }

  private readHook(address: number, slot: number): number {
    const { registers } = this;
    const hook = registers.readHooks[registers.registerOfSlot[slot]];
    if (hook === undefined) return registers.words[slot];
    this.address = address;
    return hook(registers.indexOfSlot[slot]);
  }

  /** Reads flash, or refuses the access. */
  private readOther(address: number): number {
    if (rotateAddress(address) >>> 0 < flashWords) return this.flash.readWord(address);
    return this.readHook(address, this.readableSlot(address));
  }

  private readableSlot(address: number): number {
    const slot = this.slotAt(address, 'read');
    const entry = this.registers.slots[slot];
    if (!entry) throw unmappedFault(address, 'read');
    if (entry.register.readable === 0)
      throw new Fault(
        FaultCause.BUS_ACCESS,
        address,
        `read of ${entry.peripheral.name}.${entry.register.name}, which is write-only`,
      );
    return slot;
  }

  private writeSlow(address: number, value: number): void {
    const slot = this.slotAt(address, 'write');
    const entry = this.registers.slots[slot];
    if (!entry) throw unmappedFault(address, 'write');
    const { register, index } = entry;
    if (register.writable === 0 || (value & ~register.writable) !== 0 || entry.closed.length !== 0)
      this.refuseForbidden(address, slot, value);
    const { words, writeHooks, registerOfSlot } = this.registers;
    const previous = words[slot];
    if (register.readable !== 0) words[slot] = merge(previous, value, register);
    const hook = writeHooks[registerOfSlot[slot]];
    if (hook === undefined) return;
    this.address = address;
    hook(value >>> 0, index, previous);
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
    // A name is put together only where it is told: a register with closed fields comes here at each write.
    if (entry.register.writable === 0)
      throw new Fault(FaultCause.BUS_ACCESS, address, `write of ${nameOf(entry)}, which is read-only`);
    const reserved = value & ~entry.register.writable;
    if (reserved !== 0)
      throw new Fault(
        FaultCause.BUS_RESERVED,
        address,
        `write of ${hex(value)} to ${nameOf(entry)}: the bits ${hex(reserved)} are not writable`,
      );
    const { closed } = entry;
    for (let i = 0; i < closed.length; i++) {
      const { name: fieldName, field, allowed } = closed[i];
      const given = (value & field.mask) >>> field.shift;
      if (isIn(allowed, given)) continue;
      throw new Fault(
        FaultCause.BUS_RESERVED,
        address,
        `write of ${hex(value)} to ${nameOf(entry)}: ${fieldName} has no value ${given} (it has ${Object.keys(field.values ?? {}).join(', ')})`,
      );
    }
  }
}

/** As `includes`, which is not compiled into its caller. */
function isIn(values: readonly number[], value: number): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] === value) return true;
  return false;
}

function nameOf({ peripheral, register }: { peripheral: { name: string }; register: { name: string } }): string {
  return `${peripheral.name}.${register.name}`;
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
