// The vocabulary the chip is described in: CMSIS-SVD 1.3 terms, as TypeScript data.
//
// One file per peripheral holds one `Peripheral`. From these files, and from nothing else, come the guests' register
// constants, the host's register table, chip.svd and the register reference. What must stay true:
// every bit that no field claims is reserved (reads as zero; writing a one is a bus fault), fields of one register
// never overlap, registers never overlap, and reset values are zero in reserved bits. `checkPeripheral` holds that.

export type Access = 'read-only' | 'write-only' | 'read-write';

export interface EnumeratedValue {
  value: number;
  doc: string;
  /** Of a value that can be an alarm: its runbook, or NO_ALARM (protocol/constants.ts). */
  runbook?: string;
}

export interface Field {
  name: string;
  /** Most and least significant bit, both included. */
  bits: [number, number];
  /** Defaults to the register's access. */
  access?: Access;
  /** SVD modifiedWriteValues: writing a one clears the bit, or sets it (and nothing but a reset clears it). */
  modifiedWriteValues?: 'oneToClear' | 'oneToSet';
  /** The only values that may be written; any other is a bus fault. */
  values?: Record<string, EnumeratedValue>;
  doc: string;
}

export interface Register {
  name: string;
  /** Bytes from the peripheral's base, a multiple of 4; all registers are 32 bits wide. */
  offset: number;
  reset: number;
  access: Access;
  /** Number of consecutive words (SVD dim); absent for a single register. */
  count?: number;
  doc: string;
  /** Absent: one 32-bit field that bears the register's name. */
  fields?: Field[];
}

export interface Peripheral {
  name: string;
  base: number;
  /** Bytes that it takes on the bus, a multiple of 4 KiB; left out: 4 KiB. */
  size?: number;
  doc: string;
  /** Interrupt line, where the peripheral has one. */
  interrupt?: { line: number; doc: string };
  registers: Register[];
}

export const peripheralSize = 0x1000;

export function sizeOf(peripheral: Peripheral): number {
  return peripheral.size ?? peripheralSize;
}

export function fieldsOf(register: Register): Field[] {
  return register.fields ?? [{ name: register.name, bits: [31, 0], doc: register.doc }];
}

export function fieldMask(field: Field): number {
  const [high, low] = field.bits;
  const width = high - low + 1;
  const ones = width === 32 ? 0xffffffff : 2 ** width - 1;
  return (ones << low) >>> 0;
}

export function accessOf(field: Field, register: Register): Access {
  return field.access ?? register.access;
}

/** Throws with the peripheral, register and field named when the description contradicts itself. */
export function checkPeripheral(peripheral: Peripheral): void {
  const taken = new Map<number, string>();
  const size = sizeOf(peripheral);
  if (size % peripheralSize !== 0) throw new Error(`${peripheral.name}: its size ${size} is not a multiple of 4 KiB`);
  for (const register of peripheral.registers) {
    const where = `${peripheral.name}.${register.name}`;
    for (let word = 0; word < (register.count ?? 1); word++) {
      const offset = register.offset + word * 4;
      if (offset % 4 !== 0 || offset >= size)
        throw new Error(`${where}: offset ${offset} is not a word in ${size / 1024} KiB`);
      const other = taken.get(offset);
      if (other) throw new Error(`${where} and ${peripheral.name}.${other} share offset 0x${offset.toString(16)}`);
      taken.set(offset, register.name);
    }
    checkFields(where, register);
  }
}

function checkFields(where: string, register: Register): void {
  let used = 0;
  for (const field of fieldsOf(register)) {
    const [high, low] = field.bits;
    if (low < 0 || high > 31 || high < low)
      throw new Error(`${where}.${field.name}: bits [${high}:${low}] are not in a word`);
    const mask = fieldMask(field);
    if ((used & mask) !== 0) throw new Error(`${where}.${field.name} overlaps another field`);
    used = (used | mask) >>> 0;
    for (const [name, { value }] of Object.entries(field.values ?? {})) {
      if (value > mask >>> low) throw new Error(`${where}.${field.name}.${name}: ${value} does not fit the field`);
    }
  }
  if ((register.reset & ~used) !== 0) throw new Error(`${where}: the reset value sets reserved bits`);
}
