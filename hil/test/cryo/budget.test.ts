// The power of a controller is estimated from its activity, and load is shed in order before the plate is too warm.

import { expect, test } from 'vitest';
import { openFridge } from '../../../host/tools/open-fridge.ts';
import { ACTIVITY, OUTPUTS } from '../../../protocol/generated/registers.ts';
import { Shed } from '../../../protocol/plant/budget.ts';
import { Activity } from '../../../protocol/plant/energies.ts';
import { Health } from '../../../protocol/telemetry/health.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { millisecond, second } from '../../rig/time.ts';
import { WiredCryostat } from '../../rig/wiring.ts';

const dacGate = OUTPUTS.registers.STATE.fields.DAC.mask;

async function inFridge() {
  const wired = new WiredCryostat(openFridge('uts'), { drift: false });
  const device = await DeviceUnderTest.running({ surroundings: () => wired });
  device.board.runFor(10 * second);
  /** The sequencers play so many events a second, whatever their duty. */
  const playFor = (seconds: number, eventsASecond: number) => {
    for (let tenth = 0; tenth < seconds * 10; tenth++) {
      device.board.machine.count(Activity.EVENTS, eventsASecond / 10);
      device.board.runFor(100 * millisecond);
    }
  };
  return { wired, device, playFor };
}

test('the estimate is the power that reaches the plate (energy times count), to a few percent', async () => {
  const { wired, device, playFor } = await inFridge();
  const [before, quiet] = [device.cryo('POWER').estimated_uw, wired.cryostat.temperatureKelvin('4K')];
  playFor(30, 1e8);
  const estimated = device.cryo('POWER').estimated_uw - before;
  expect(estimated).toBeGreaterThan(48_000);
  expect(estimated).toBeLessThan(52_000);
  // 1.75 mK/mW.
  const rise = wired.cryostat.temperatureKelvin('4K') - quiet;
  expect(rise / (estimated * 1e-6)).toBeGreaterThan(1.6);
  expect(rise / (estimated * 1e-6)).toBeLessThan(2.1);
});

test('over its budget it sheds half the duty, then more, then mutes; and restores in the opposite order', async () => {
  const { device, playFor } = await inFridge();
  const { machine } = device.board;
  const seen: number[][] = [];
  for (let turn = 0; turn < 7; turn++) {
    playFor(1, 3.3e8);
    const state = [machine.peek(ACTIVITY, 'DUTY'), machine.peek(OUTPUTS, 'STATE') & dacGate];
    if (String(seen.at(-1)) !== String(state)) seen.push(state);
  }
  expect(seen).toEqual([
    [100, dacGate],
    [50, dacGate],
    [25, dacGate],
    [0, 0],
  ]);
  expect(device.statistics('heartbeat').health & Health.SHEDDING).toBe(Health.SHEDDING);
  expect(device.cryo('INTERLOCKS').tripped).toBe(0);
  device.board.runFor(35 * second);
  expect([machine.peek(ACTIVITY, 'DUTY'), machine.peek(OUTPUTS, 'STATE') & dacGate]).toEqual([100, dacGate]);
  expect(device.events('LOAD_SHED').map(({ argument0 }) => argument0)).toEqual([
    ...[Shed.HALF_DUTY, Shed.QUARTER_DUTY, Shed.MUTED],
    ...[Shed.QUARTER_DUTY, Shed.HALF_DUTY, Shed.NOTHING],
  ]);
  expect(device.statistics('heartbeat').health).toBe(0);
});

test('when shedding is not enough, the interlock trips: a confirmed firmware goes to its safe state', async () => {
  const { device, playFor } = await inFridge();
  playFor(12, 3.3e8);
  expect(device.events('INTERLOCK_TRIPPED').length).toBeGreaterThan(0);
  expect(device.board.machine.peek(OUTPUTS, 'STATE')).toBe(0);
});

test('the 4 K plate is held at a temperature, against a load that comes and goes', async () => {
  const { wired, device, playFor } = await inFridge();
  expect(device.cryo('HEATER', { plate_setpoint_uk: 3_140_000 })).toEqual({ ok: true });
  device.board.runFor(120 * second);
  const off = () => Math.abs(wired.cryostat.temperatureKelvin('4K') - 3.14) * 1000;
  expect(off()).toBeLessThan(5);
  playFor(60, 2e7);
  expect(off()).toBeLessThan(5);
  device.board.runFor(60 * second);
  expect(off()).toBeLessThan(5);
  expect(device.cryo('INTERLOCKS').tripped).toBe(0);
});
