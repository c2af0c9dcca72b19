// A heater gives what its duty says, never more than its limit, and nothing behind a closed gate.

import { expect, test } from 'vitest';
import { HEATERS, OUTPUTS } from '../../../protocol/generated/registers.ts';
import { Heater, heaterFullScaleMicrowatts } from '../../../protocol/plant/places.ts';
import { Actuator, Reading } from '../surroundings.ts';
import { Heaters } from './heaters.ts';
import { Rig, refusal, SetSurroundings } from './rig.ts';

const gate = OUTPUTS.registers.STATE.fields.HEATERS.mask;

function heating() {
  const bench = new SetSurroundings();
  const rig = new Rig((machine) => new Heaters(machine), 1, bench);
  rig.machine.setOutputs(gate);
  return { bench, rig };
}

test('duty times full scale flows while the gate is open, and none of it once it closes', () => {
  const { bench, rig } = heating();
  rig.machine.poke(HEATERS, 'DUTY', 0xffff, Heater.STILL);
  rig.machine.poke(HEATERS, 'DUTY', 0x8000, Heater.MXC);
  expect(bench.actuators[Actuator.HEATER + Heater.STILL]).toBe(heaterFullScaleMicrowatts[Heater.STILL]);
  expect(bench.actuators[Actuator.HEATER + Heater.MXC]).toBe(250);
  rig.machine.setOutputs(0);
  expect([...bench.actuators.subarray(Actuator.HEATER, Actuator.HEATER + Heater.COUNT)]).toEqual([0, 0, 0]);
  rig.machine.setOutputs(gate);
  expect(bench.actuators[Actuator.HEATER + Heater.MXC]).toBe(250);
});

test('a reset and the loss of power stop every heater and forget its duty', () => {
  for (const stop of ['reset', 'cutPower'] as const) {
    const { bench, rig } = heating();
    rig.machine.poke(HEATERS, 'DUTY', 0xffff, Heater.STILL);
    rig[stop]();
    expect([
      stop,
      bench.actuators[Actuator.HEATER + Heater.STILL],
      rig.machine.peek(HEATERS, 'DUTY', Heater.STILL),
    ]).toEqual([stop, 0, 0]);
  }
});

test('a limit is never exceeded and never raised, and takes the duty down with it', () => {
  const { bench, rig } = heating();
  rig.machine.poke(HEATERS, 'DUTY', 0x4000, Heater.PLATE_4K);
  rig.machine.poke(HEATERS, 'LIMIT', 0x2000, Heater.PLATE_4K);
  expect(rig.machine.peek(HEATERS, 'DUTY', Heater.PLATE_4K)).toBe(0x2000);
  expect(bench.actuators[Actuator.HEATER + Heater.PLATE_4K]).toBe(25_000);
  expect(refusal(() => rig.machine.poke(HEATERS, 'DUTY', 0x2001, Heater.PLATE_4K))).toBe('BUS_STATE');
  expect(refusal(() => rig.machine.poke(HEATERS, 'LIMIT', 0x2001, Heater.PLATE_4K))).toBe('BUS_STATE');
  expect([rig.machine.peek(HEATERS, 'DUTY', 0), rig.machine.peek(HEATERS, 'LIMIT', 0)]).toEqual([0x2000, 0x2000]);
});

test('the current monitor shows what flows, not what was asked for', () => {
  const { bench, rig } = heating();
  bench.setReading(Reading.HEATER + Heater.STILL, 50_000);
  expect(rig.machine.peek(HEATERS, 'MEASURED', Heater.STILL)).toBe(50_000);
});
