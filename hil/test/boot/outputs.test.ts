// Outputs are in the safe state from the first access of a boot on, and stay there until firmware opens them.

import { expect, test } from 'vitest';
import { OUTPUTS } from '../../../protocol/generated/registers.ts';
import { image, ObedientDevice } from './obedient.ts';

const { HEATERS, DAC, MULTIPLEXER } = OUTPUTS.registers.STATE.fields;
const all = HEATERS.mask | DAC.mask | MULTIPLEXER.mask;

test('the bootloader’s first access to the bus closes all output gates', async () => {
  const bench = await ObedientDevice.make();
  const { bus } = bench.board.machine;
  const accesses: string[] = [];
  const { read32, write32 } = bus;
  bus.read32 = (address, cyclesLeft) => {
    accesses.push(`read ${address >>> 0}`);
    return read32.call(bus, address, cyclesLeft);
  };
  bus.write32 = (address, value, cyclesLeft) => {
    accesses.push(`write ${address >>> 0} ${value}`);
    write32.call(bus, address, value, cyclesLeft);
  };
  bench.powerOn();
  expect(accesses[0]).toBe(`write ${OUTPUTS.base + OUTPUTS.registers.DISABLE.offset} ${all}`);
  expect(accesses.length).toBeGreaterThan(10);
});

test.each([
  ['safe mode', undefined],
  ['a firmware that drives nothing', '1.0.0'],
])('gates that a faulty chip left open are closed under %s', async (_what, version) => {
  const bench = await ObedientDevice.make({ slots: { A: version === undefined ? undefined : await image(version) } });
  bench.board.powerOn();
  bench.board.machine.setOutputs(all);
  expect(bench.settle().slot).toBe(version === undefined ? undefined : 'A');
  expect(bench.board.machine.outputEnabled(all)).toBe(false);
});
