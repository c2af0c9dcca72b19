// Output gates open with a key and close without; every way to lose control closes them.

import { expect, test } from 'vitest';
import { OUTPUTS, TIMER } from '../../../protocol/generated/registers.ts';
import { type Device, ResetCause } from '../device.ts';
import { LogKind } from '../log.ts';
import { Outputs } from './outputs.ts';
import { Rig, refusal } from './rig.ts';

const { HEATERS, DAC, MULTIPLEXER } = OUTPUTS.registers.STATE.fields;
const { KEY } = OUTPUTS.registers.ENABLE.fields;
const gates = [HEATERS.mask, DAC.mask, MULTIPLEXER.mask];
const all = HEATERS.mask | DAC.mask | MULTIPLEXER.mask;

const makeRig = () => new Rig((machine) => new Outputs(machine));
const enable = (rig: Rig<Outputs>, mask: number) =>
  rig.machine.poke(OUTPUTS, 'ENABLE', ((KEY.values.KEY << KEY.shift) | mask) >>> 0);
const disable = (rig: Rig<Outputs>, mask: number) => rig.machine.poke(OUTPUTS, 'DISABLE', mask);
const open = (rig: Rig<Outputs>) => gates.filter((gate) => rig.machine.outputEnabled(gate));

test('all gates are closed after power-on', () => {
  const rig = makeRig();
  expect([open(rig), rig.machine.peek(OUTPUTS, 'STATE')]).toEqual([[], 0]);
});

test('each gate opens and closes by itself, and STATE says what the devices behind them are told', () => {
  const rig = makeRig();
  enable(rig, HEATERS.mask);
  enable(rig, MULTIPLEXER.mask);
  expect([open(rig), rig.machine.peek(OUTPUTS, 'STATE')]).toEqual([[HEATERS.mask, MULTIPLEXER.mask], 5]);
  disable(rig, HEATERS.mask | DAC.mask);
  expect([open(rig), rig.machine.peek(OUTPUTS, 'STATE')]).toEqual([[MULTIPLEXER.mask], 4]);
});

test('opening takes the key, closing takes none, and no other bit is there', () => {
  const rig = makeRig();
  expect(refusal(() => rig.machine.poke(OUTPUTS, 'ENABLE', all))).toBe('BUS_RESERVED');
  expect(refusal(() => enable(rig, all + 1))).toBe('BUS_RESERVED');
  expect(refusal(() => rig.machine.poke(OUTPUTS, 'STATE', all))).toBe('BUS_ACCESS');
  expect(open(rig)).toEqual([]);
  enable(rig, all);
  expect(refusal(() => disable(rig, all + 1))).toBe('BUS_RESERVED');
  expect(open(rig)).toEqual(gates);
  expect(refusal(() => disable(rig, all))).toBe('accepted');
  expect(open(rig)).toEqual([]);
});

test('every reset closes all gates before any device is reset, and so does the loss of power', () => {
  const rig = makeRig();
  const seen: boolean[] = [];
  const witness: Device = {
    peripheral: TIMER,
    reset: () => seen.push(rig.machine.outputEnabled(all)),
    powerLost: () => seen.push(rig.machine.outputEnabled(all)),
  };
  rig.machine.devices.unshift(witness);
  for (const cause of Object.values(ResetCause)) {
    enable(rig, all);
    rig.reset(cause);
    expect([open(rig), rig.machine.peek(OUTPUTS, 'STATE')], `cause ${cause}`).toEqual([[], 0]);
  }
  enable(rig, all);
  rig.cutPower();
  expect(open(rig)).toEqual([]);
  expect(seen).toEqual(new Array(Object.values(ResetCause).length + 1).fill(false));
});

test('devices are told when a gate changes, and only then; the log says so too', () => {
  const rig = makeRig();
  const told: number[][] = [];
  rig.machine.devices.push({ peripheral: TIMER, reset: () => {}, outputsChanged: () => told.push(open(rig)) });
  enable(rig, DAC.mask);
  enable(rig, DAC.mask);
  disable(rig, HEATERS.mask);
  disable(rig, all);
  expect(told).toEqual([[DAC.mask], []]);
  expect(rig.records(LogKind.OUTPUTS).map(({ a, b }) => [a, b])).toEqual([
    [DAC.mask, 0],
    [0, DAC.mask],
  ]);
});

test('a snapshot holds the gates', () => {
  const rig = makeRig();
  enable(rig, DAC.mask);
  const restore = rig.snapshot();
  disable(rig, all);
  restore();
  expect([open(rig), rig.machine.peek(OUTPUTS, 'STATE')]).toEqual([[DAC.mask], DAC.mask]);
});
