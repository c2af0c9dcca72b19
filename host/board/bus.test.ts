// The bus does to every register exactly what the register table says, and refuses the rest. Devices' own refusals are in their tests.

import { describe, expect, it } from 'vitest';
import { type PeripheralEntry, peripheralTable, type RegisterEntry } from '../../protocol/generated/registers.ts';
import { FaultCause } from './device.ts';
import { Fault } from './fault.ts';
import { Machine } from './machine.ts';

/** Machines without devices: every register just stores. While devices may be added every access is looked up, later hardly any. */
const machines: [string, Machine][] = [
  ['while devices may be added', new Machine()],
  ['once it is sealed', new Machine()],
];
machines[1][1].seal();

function causeOf(access: () => unknown): number {
  try {
    access();
    return FaultCause.NONE;
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    return fault.faultCause;
  }
}

const registers = peripheralTable.flatMap((peripheral: PeripheralEntry) =>
  Object.values(peripheral.registers).map((register: RegisterEntry) => ({
    name: `${peripheral.name}.${register.name}`,
    register,
    address: peripheral.base + register.offset,
  })),
);
const closedFields = (register: RegisterEntry) =>
  Object.values(register.fields).filter(({ values }) => values !== undefined);
const open = registers.filter(({ register }) => closedFields(register).length === 0 && register.writable !== 0);
/** A value that every closed list of the register allows. */
const allowed = (register: RegisterEntry) =>
  closedFields(register).reduce(
    (value, { shift, values }) => (value | (Object.values(values ?? {})[0] << shift)) >>> 0,
    0,
  );
const bits = Array.from({ length: 32 }, (_, bit) => 2 ** bit);

describe.each(machines)('for every register of the chip, the bus, %s,', (_, machine) => {
  const { bus } = machine;

  it('refuses a one in each bit that cannot be written, with BUS_RESERVED', () => {
    for (const { name, register, address } of registers.filter(({ register }) => register.writable !== 0)) {
      for (const bit of bits.filter((bit) => (register.writable & bit) === 0))
        expect(
          causeOf(() => bus.poke(address, (allowed(register) | bit) >>> 0)),
          `${name} bit ${bit}`,
        ).toBe(FaultCause.BUS_RESERVED);
    }
  });

  it('refuses a value outside a closed list, with BUS_RESERVED, whichever of its fields it is in', () => {
    for (const { name, register, address } of registers.filter(({ register }) => register.writable !== 0)) {
      for (const { mask, shift, values } of closedFields(register)) {
        expect(
          causeOf(() => bus.poke(address, allowed(register))),
          name,
        ).toBe(FaultCause.NONE);
        const limit = Math.min(mask >>> shift, 64);
        for (let value = 0; value <= limit; value++) {
          const expected = Object.values(values ?? {}).includes(value) ? FaultCause.NONE : FaultCause.BUS_RESERVED;
          const written = ((allowed(register) & ~mask) | (value << shift)) >>> 0;
          expect(
            causeOf(() => bus.poke(address, written)),
            `${name} = ${written}`,
          ).toBe(expected);
        }
      }
    }
  });

  it('refuses reads of write-only and writes of read-only registers, with BUS_ACCESS', () => {
    for (const { name, register, address } of registers) {
      const readCause = register.readable === 0 ? FaultCause.BUS_ACCESS : FaultCause.NONE;
      expect(
        causeOf(() => bus.peek(address)),
        name,
      ).toBe(readCause);
      if (register.writable === 0)
        expect(
          causeOf(() => bus.poke(address, 0)),
          name,
        ).toBe(FaultCause.BUS_ACCESS);
    }
  });

  it('stores what is written, lets ones clear or set where the table says so, and keeps read-only bits', () => {
    for (const { name, register, address } of open.filter(({ register }) => register.readable !== 0)) {
      const { writable, oneToClear, oneToSet, mask } = register;
      const place = machine.registerFile.words;
      const slot = machine.registerFile.slotOf[((address >>> 2) - 0x1000_0000) >>> 0];
      for (const old of [0, mask]) {
        for (const written of [0, writable, ...bits.filter((bit) => writable & bit)]) {
          place[slot] = old;
          bus.poke(address, written);
          const plain = writable & ~oneToClear & ~oneToSet;
          const expected =
            ((((old & ~plain) | (written & plain)) & ~(written & oneToClear)) | (written & oneToSet)) >>> 0;
          expect(bus.peek(address), `${name}: ${old} then ${written}`).toBe(expected);
        }
      }
    }
  });
});

describe.each(machines)('an address, %s,', (_, machine) => {
  const { bus } = machine;

  it('that no register has is refused with BUS_UNMAPPED, throughout every peripheral', () => {
    const known = new Set(
      registers.flatMap(({ address, register }) => Array.from({ length: register.count }, (_, i) => address + 4 * i)),
    );
    for (let address = 0x4000_0000; address < 0x4000_b000; address += 4) {
      const cause = causeOf(() => bus.peek(address));
      expect(cause === FaultCause.BUS_UNMAPPED, address.toString(16)).toBe(!known.has(address));
    }
    for (const address of [0x20_0000, 0x3fff_fffc, 0x4001_6000, 0x8000_0000, 0xffff_fffc]) {
      expect(causeOf(() => bus.peek(address))).toBe(FaultCause.BUS_UNMAPPED);
      expect(causeOf(() => bus.poke(address, 0))).toBe(FaultCause.BUS_UNMAPPED);
    }
  });

  it('that is no multiple of 4 is refused with BUS_MISALIGNED, wherever it is', () => {
    for (const base of [0, 0x1f_fffc, 0x4000_0000, 0x4000_9008, 0x7000_0000])
      for (const odd of [1, 2, 3]) {
        expect(causeOf(() => bus.peek(base + odd))).toBe(FaultCause.BUS_MISALIGNED);
        expect(causeOf(() => bus.poke(base + odd, 0))).toBe(FaultCause.BUS_MISALIGNED);
      }
  });

  it('in flash can be read, and not written', () => {
    machine.flash.writeWord(0x1f_fffc, 0x1234_5678);
    expect(bus.peek(0x1f_fffc)).toBe(0x1234_5678);
    expect(causeOf(() => bus.poke(0x1f_fffc, 0))).toBe(FaultCause.BUS_ACCESS);
  });

  it('reads the same with its time as without', () => {
    for (const { address, register } of registers.filter(({ register }) => register.readable !== 0))
      expect(bus.read32(address, 0) >>> 0, register.name).toBe(bus.peek(address));
    expect(bus.read32(0x1f_fffc, 0)).toBe(0x1234_5678);
    // As the core gives it: signed.
    expect(causeOf(() => bus.read32(0xffff_fffc | 0, 0))).toBe(FaultCause.BUS_UNMAPPED);
  });
});

it('a device that comes once it is sealed is refused', () => {
  const late = { peripheral: peripheralTable[0], reset: () => {} };
  expect(() => machines[1][1].add(late)).toThrow('FLASH comes after the register file was sealed');
});

it('a device that hooks a register the chip does not have is refused', () => {
  const nonsense = { peripheral: peripheralTable[0], onRead: { NONSENSE: () => 0 }, reset: () => {} };
  expect(() => new Machine().add(nonsense)).toThrow('FLASH has no register NONSENSE');
});
