// All register words of the chip in one array in the arena, and flat tables by word index that say which accesses each allows.
//
// A `slot` is the index of a register word in `words`; slot 0 means "no register". What follows from the generated register table alone is made
// once and shared by all boards. So are the tables that also depend on which registers have hooks. Each board adds only its words and hooks.
//
//   address -> rotate right by 2 -> minus the first peripheral's -> readTable[...] -> the arena's words
//
// Rotation instead of a shift moves a misaligned address outside every table, so that one comparison finds both errors.

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

/** What is the same for every chip. */
interface Layout {
  readonly slots: readonly (Slot | undefined)[];
  /** By word index: the register's slot. */
  readonly slotOf: Uint16Array;
  /** By slot: word number in a register array. */
  readonly indexOfSlot: readonly number[];
  /** By slot: the number of its register; hooks are kept by it, for a register array of thousands of words has one. */
  readonly registerOfSlot: Uint16Array;
  readonly registerCount: number;
  readonly firstSlot: ReadonlyMap<string, number>;
}

/** Accesses that need no check and no device, by word index. */
export interface FastTables {
  /** Above 0, the arena word that is the answer; below 0, minus the slot whose hook answers; 0, no ordinary read. */
  readonly read: Int32Array;
  /** Above 0, the arena word to replace; 0, no write that just replaces all 32 bits. */
  readonly write: Int32Array;
}

const layout = layoutOf(peripheralTable);
/** Tables without such accesses: every access is looked up by its slot, with the same result in more time. */
const noTables: FastTables = { read: new Int32Array(wordCount), write: new Int32Array(wordCount) };
/** One for each set of hooks; there are one or two kinds of boards. */
const knownTables = new Map<string, FastTables>();

export class RegisterFile {
  readonly words: Uint32Array;
  /** The whole arena as signed words, which a wasm i32 takes without conversion; `words` begin at `firstArenaWord`. */
  readonly arenaWords: Int32Array;
  readonly firstArenaWord: number;
  readonly slots = layout.slots;
  readonly slotOf = layout.slotOf;
  readonly indexOfSlot = layout.indexOfSlot;
  readonly registerOfSlot = layout.registerOfSlot;
  /** Shared with other boards: never written. */
  tables = noTables;
  /** The hooks of devices, by the number of the register. */
  readonly readHooks: (ReadHook | undefined)[] = new Array(layout.registerCount).fill(undefined);
  readonly writeHooks: (WriteHook | undefined)[] = new Array(layout.registerCount).fill(undefined);
  /** Registers with hooks, in the order in which their devices were connected; until the file is sealed. */
  private hooked: string[] = [];
  /** What was asked for before, by peripheral. */
  private readonly known = new Map<string, Registers>();

  constructor(arena: Arena) {
    this.words = arena.words(this.slots.length);
    this.arenaWords = new Int32Array(arena.buffer);
    this.firstArenaWord = this.words.byteOffset / 4;
  }

  registersOf<P extends PeripheralEntry>(peripheral: P): Registers<P> {
    const known = this.known.get(peripheral.name) ?? this.makeRegisters(peripheral);
    this.known.set(peripheral.name, known);
    return known as Registers<P>;
  }

  private makeRegisters<P extends PeripheralEntry>(peripheral: P): Registers<P> {
    const first = layout.firstSlot.get(peripheral.name);
    if (first === undefined) throw new Error(`register file: the chip has no ${peripheral.name}`);
    const entries = Object.entries(peripheral.registers) as [keyof P['registers'], RegisterEntry][];
    const { at, initial } = shapeOf(peripheral);
    const words = this.words.subarray(first, first + initial.length);
    const reset = (except: readonly (keyof P['registers'])[] = []) => {
      if (except.length === 0) words.set(initial);
      else
        for (const [name, register] of entries)
          if (!except.includes(name)) words.fill(register.reset, at[name], at[name] + register.count);
    };
    return { words, at, reset };
  }

  /** Connects a device's hooks; before `seal`. */
  connect(device: Device): void {
    const registers = device.peripheral.registers as Record<string, RegisterEntry>;
    if (this.tables !== noTables)
      throw new Error(`register file: ${device.peripheral.name} comes after the register file was sealed`);
    for (const name of [...Object.keys(device.onRead ?? {}), ...Object.keys(device.onWrite ?? {})])
      if (!registers[name]) throw new Error(`register file: ${device.peripheral.name} has no register ${name} to hook`);
    for (const register of Object.values(registers)) {
      const [onRead, onWrite] = [device.onRead?.[register.name], device.onWrite?.[register.name]];
      if (!onRead && !onWrite) continue;
      this.hooked.push(`${device.peripheral.name}.${register.name} ${onRead ? 'r' : ''}${onWrite ? 'w' : ''}`);
      const word = rotateAddress(device.peripheral.base + register.offset) - firstWord;
      const number = this.registerOfSlot[this.slotOf[word]];
      this.readHooks[number] = onRead;
      this.writeHooks[number] = onWrite;
    }
  }

  /** Call when all devices are connected: selects the tables for their hooks. */
  seal(): void {
    const key = [this.firstArenaWord, ...this.hooked].join(';');
    const tables = knownTables.get(key) ?? this.makeTables();
    knownTables.set(key, tables);
    this.tables = tables;
    this.hooked = [];
  }

  private makeTables(): FastTables {
    const [read, write] = [new Int32Array(wordCount), new Int32Array(wordCount)];
    for (const [word, slot] of this.slotOf.entries()) {
      const register = this.slots[slot]?.register;
      if (!register) continue;
      const arenaWord = this.firstArenaWord + slot;
      if (register.readable !== 0) read[word] = this.readHooks[this.registerOfSlot[slot]] ? -slot : arenaWord;
      const { writable, readable, oneToClear, oneToSet, fields } = register;
      // A write that only replaces the word: no bit to keep, none to clear or set by ones, nothing to refuse, and no hook.
      const replaces = writable === 0xffff_ffff && readable === writable && oneToClear === 0 && oneToSet === 0;
      const closed = Object.values(fields).some((field) => field.values !== undefined);
      if (replaces && !closed && !this.writeHooks[this.registerOfSlot[slot]]) write[word] = arenaWord;
    }
    return { read, write };
  }
}

interface Shape<P extends PeripheralEntry> {
  /** Where each register begins. */
  at: Record<keyof P['registers'], number>;
  /** All words as a reset leaves them. */
  initial: Uint32Array;
}

const shapes = new Map<PeripheralEntry, Shape<PeripheralEntry>>();

/** The same for all boards. */
function shapeOf<P extends PeripheralEntry>(peripheral: P): Shape<P> {
  const known = shapes.get(peripheral) as Shape<P> | undefined;
  if (known !== undefined) return known;
  const entries = Object.entries(peripheral.registers) as [keyof P['registers'], RegisterEntry][];
  const at = {} as Shape<P>['at'];
  let count = 0;
  for (const [name, register] of entries) {
    at[name] = count;
    count += register.count;
  }
  const initial = new Uint32Array(count);
  for (const [name, register] of entries) initial.fill(register.reset, at[name], at[name] + register.count);
  const shape = { at, initial };
  shapes.set(peripheral, shape as Shape<PeripheralEntry>);
  return shape;
}

function layoutOf(peripherals: readonly PeripheralEntry[]): Layout {
  const slots: (Slot | undefined)[] = [undefined];
  const indexOfSlot = [0];
  const registerOfSlot = [0];
  let registerCount = 1;
  const slotOf = new Uint16Array(wordCount);
  const firstSlot = new Map<string, number>();
  for (const peripheral of peripherals) {
    if (peripheral.base < firstBase || peripheral.base % peripheralBytes !== 0)
      throw new Error(
        `register file: ${peripheral.name} is not at a multiple of 4 KiB behind ${peripheralTable[0].name}`,
      );
    firstSlot.set(peripheral.name, slots.length);
    for (const register of Object.values(peripheral.registers as Record<string, RegisterEntry>)) {
      const closed = Object.entries(register.fields).flatMap(([name, field]) =>
        field.values === undefined ? [] : [{ name, field, allowed: Object.values(field.values) }],
      );
      for (let index = 0; index < register.count; index++) {
        slotOf[(peripheral.base - firstBase + register.offset) / 4 + index] = slots.length;
        slots.push({ peripheral, register, index, closed });
        indexOfSlot.push(index);
        registerOfSlot.push(registerCount);
      }
      registerCount++;
    }
  }
  return { slots, slotOf, indexOfSlot, registerOfSlot: Uint16Array.from(registerOfSlot), registerCount, firstSlot };
}
