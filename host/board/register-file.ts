// All register words of the chip in one array in the arena, and flat tables by word index that say what each may do.
//
// Built once from the generated register table. A `slot` is a register word's place in `words`; slot 0 is "there is none".
//
//   address -> rotate right by 2 -> minus the first peripheral's -> readTable[...] -> the arena's words
//
// Rotating instead of shifting puts a misaligned address out of every table, so that one compare finds both mistakes.

import {
  type FieldEntry,
  type PeripheralEntry,
  peripheralTable,
  type RegisterEntry,
} from '../../protocol/generated/registers.ts';
import type { Arena } from './arena.ts';
import type { Device, ReadHook, Registers, WriteHook } from './device.ts';

const peripheralBytes = 4096;
const firstBase = peripheralTable[0].base;
const lastBase = Math.max(...peripheralTable.map(({ base }) => base));

/** Word index of the first peripheral, after the rotation. */
export const firstWord = firstBase >>> 2;
/** Words from the first peripheral to the end of the last; between peripherals there may be gaps, where nothing is mapped. */
export const wordCount = (lastBase + peripheralBytes - firstBase) / 4;

export const rotateAddress = (address: number) => (address >>> 2) | (address << 30);

interface Slot {
  peripheral: PeripheralEntry;
  register: RegisterEntry;
  index: number;
  /** Fields with a closed list of values, and that list. */
  closed: { name: string; field: FieldEntry; allowed: readonly number[] }[];
}

export class RegisterFile {
  readonly words: Uint32Array;
  /** The whole arena as signed words, which a wasm i32 takes without conversion; `words` begin at `firstArenaWord`. */
  readonly arenaWords: Int32Array;
  readonly firstArenaWord: number;
  readonly slots: (Slot | undefined)[] = [undefined];
  /** By word index: the register's slot. */
  readonly slotOf = new Uint16Array(wordCount);
  /** By word index: above 0, the arena word that is the answer; below 0, minus the slot whose hook answers; 0, no ordinary read. */
  readonly readTable = new Int32Array(wordCount);
  /** By word index: above 0, the arena word to replace; 0, no write that just replaces all 32 bits. */
  readonly writeTable = new Int32Array(wordCount);
  /** By slot: word number in a register array, and what devices do. */
  readonly indexOfSlot: number[] = [0];
  readonly readHooks: (ReadHook | undefined)[] = [undefined];
  readonly writeHooks: (WriteHook | undefined)[] = [undefined];
  private readonly firstSlot = new Map<string, number>();

  constructor(arena: Arena) {
    for (const peripheral of peripheralTable) {
      if (peripheral.base < firstBase || peripheral.base % peripheralBytes !== 0)
        throw new Error(
          `register file: ${peripheral.name} is not at a multiple of 4 KiB behind ${peripheralTable[0].name}`,
        );
      this.firstSlot.set(peripheral.name, this.slots.length);
      for (const register of Object.values(peripheral.registers as Record<string, RegisterEntry>))
        this.addRegister(peripheral, register);
    }
    this.words = arena.words(this.slots.length);
    this.arenaWords = new Int32Array(arena.buffer);
    this.firstArenaWord = this.words.byteOffset / 4;
    for (let word = 0; word < wordCount; word++) if (this.slotOf[word] !== 0) this.setTables(word, this.slotOf[word]);
  }

  registersOf<P extends PeripheralEntry>(peripheral: P): Registers<P> {
    const first = this.firstSlot.get(peripheral.name);
    if (first === undefined) throw new Error(`register file: the chip has no ${peripheral.name}`);
    const entries = Object.entries(peripheral.registers) as [keyof P['registers'], RegisterEntry][];
    const at = {} as Record<keyof P['registers'], number>;
    let count = 0;
    for (const [name, register] of entries) {
      at[name] = count;
      count += register.count;
    }
    const words = this.words.subarray(first, first + count);
    const initial = new Uint32Array(count);
    for (const [name, register] of entries) initial.fill(register.reset, at[name], at[name] + register.count);
    const reset = (except: readonly (keyof P['registers'])[] = []) => {
      if (except.length === 0) words.set(initial);
      else
        for (const [name, register] of entries)
          if (!except.includes(name)) words.fill(register.reset, at[name], at[name] + register.count);
    };
    return { words, at, reset };
  }

  /** Connects a device's hooks. */
  connect(device: Device): void {
    const registers = device.peripheral.registers as Record<string, RegisterEntry>;
    for (const name of [...Object.keys(device.onRead ?? {}), ...Object.keys(device.onWrite ?? {})])
      if (!registers[name]) throw new Error(`register file: ${device.peripheral.name} has no register ${name} to hook`);
    for (const register of Object.values(registers)) {
      const word = rotateAddress(device.peripheral.base + register.offset) - firstWord;
      for (let index = 0; index < register.count; index++) {
        const slot = this.slotOf[word + index];
        this.readHooks[slot] = device.onRead?.[register.name];
        this.writeHooks[slot] = device.onWrite?.[register.name];
        this.setTables(word + index, slot);
      }
    }
  }

  private addRegister(peripheral: PeripheralEntry, register: RegisterEntry): void {
    const closed = Object.entries(register.fields).flatMap(([name, field]) =>
      field.values === undefined ? [] : [{ name, field, allowed: Object.values(field.values) }],
    );
    for (let index = 0; index < register.count; index++) {
      const word = (peripheral.base - firstBase + register.offset) / 4 + index;
      const slot = this.slots.length;
      this.slots.push({ peripheral, register, index, closed });
      this.indexOfSlot.push(index);
      this.readHooks.push(undefined);
      this.writeHooks.push(undefined);
      this.slotOf[word] = slot;
    }
  }

  private setTables(word: number, slot: number): void {
    const register = this.slots[slot]?.register;
    if (!register) throw new Error(`register file: slot ${slot} is empty`);
    const arenaWord = this.firstArenaWord + slot;
    if (register.readable !== 0) this.readTable[word] = this.readHooks[slot] ? -slot : arenaWord;
    const { writable, readable, oneToClear, oneToSet, fields } = register;
    // A write that just replaces the word: nothing to keep, to clear or set by ones, to refuse, or to tell anyone.
    const replaces = writable === 0xffff_ffff && readable === writable && oneToClear === 0 && oneToSet === 0;
    const closed = Object.values(fields).some((field) => field.values !== undefined);
    this.writeTable[word] = replaces && !closed && !this.writeHooks[slot] ? arenaWord : 0;
  }
}
