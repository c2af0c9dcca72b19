// Every actuator has one owner: when every cause that kept something off is gone, the chip is as freshly booted, and says so only then.

import { beforeAll, describe, expect, test } from 'vitest';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import { Reading } from '../../../host/board/surroundings.ts';
import { compileFirmware } from '../../../host/tools/sequencer.ts';
import { ACTIVITY, OUTPUTS, RAILS } from '../../../protocol/generated/registers.ts';
import { Shed } from '../../../protocol/plant/budget.ts';
import { interlocks } from '../../../protocol/plant/interlocks.ts';
import { Heater, Rail, railMillivolts } from '../../../protocol/plant/places.ts';
import { Health } from '../../../protocol/telemetry/health.ts';
import { signed } from '../../rig/images.ts';
import { millisecond, second } from '../../rig/time.ts';
import { brokenOwners } from './broken-owners.ts';
import { allGates, allRails, gates, PlantBench } from './plant-bench.ts';
import { causes, goodClock, lostClock, overload, tripAndClear } from './trip-and-clear.ts';

let plant: PlantBench;
let settled: Snapshot;

/** Back to a controller that has never tripped, its heaters on. */
function anew(): PlantBench {
  plant.device.board.restore(settled);
  return plant;
}

beforeAll(async () => {
  plant = await atRest();
  settled = plant.device.board.snapshot();
});

/** A controller that has never tripped, two of its heaters on; with the firmware of this repository, or with a signed image of another one. */
async function atRest(image?: Uint8Array): Promise<PlantBench> {
  const bench = await PlantBench.up(image);
  expect(bench.device.cryo('HEATER', { heater: Heater.STILL, microwatts: 20_000 })).toEqual({ ok: true });
  expect(bench.device.cryo('HEATER', { heater: Heater.PLATE_4K, microwatts: 30_000 })).toEqual({ ok: true });
  bench.device.board.runFor(15 * second);
  return bench;
}

describe('every interlock', () => {
  test('has a cause in trip-and-clear.ts', () => {
    const causeless = interlocks.filter(({ name }) => causes[name] === undefined).map(({ name }) => name);
    expect(causeless, `add to causes in trip-and-clear.ts: ${causeless.join(', ')}`).toEqual([]);
    expect(Object.keys(causes)).toHaveLength(interlocks.length);
  });

  test.each(Object.keys(causes))('%s: tripped and cleared, the chip is as one that never tripped', (name) => {
    anew();
    const { before, during, after, stillTripped, untruths } = tripAndClear(plant, name);
    expect(before).not.toMatchObject(during.switches);
    expect(during.health & Health.INTERLOCK).toBe(Health.INTERLOCK);
    expect(stillTripped).toEqual([]);
    expect(after).toEqual(before);
    expect(plant.device.statistics('heartbeat').health).toBe(0);
    expect(untruths).toEqual([]);
    // Judging and acting stay within what the manifest allows, also in the run of the trip.
    expect(plant.device.statistics('tasks')).toMatchObject({ over_budget: 0, deadlines_missed: 0 });
  });
});

describe('an owner broken on purpose is seen', () => {
  test.each(brokenOwners)('$about', async ({ interlock, change, shows }) => {
    const payload = await compileFirmware('firmware/main.ts', { changes: [change] });
    const broken = await atRest(signed('1.0.0', { payload }));
    expect(shows(tripAndClear(broken, interlock))).toBe(true);
  });
});

describe('what is muted', () => {
  const duty = () => plant.device.board.machine.peek(ACTIVITY, 'DUTY');

  test('plays again once the clock is back by itself, and the health word says what was off meanwhile', () => {
    anew();
    plant.setReading(Reading.CLOCK, lostClock);
    plant.device.board.runFor(2 * second);
    expect([duty(), plant.tripped]).toEqual([0, ['CLOCK_GONE']]);
    const off = Health.INTERLOCK | Health.CLOCK | Health.WAVEFORMS_OFF;
    expect(plant.device.statistics('heartbeat').health & off).toBe(off);
    plant.setReading(Reading.CLOCK, goodClock);
    plant.device.board.runFor(2 * second);
    expect([duty(), plant.tripped, plant.isUp]).toEqual([100, [], true]);
    expect(plant.device.statistics('heartbeat').health).toBe(0);
  });

  test('plays again once an operator has cleared the trip and the rails are up', () => {
    anew();
    causes.PLATE_4K_RISE.happens(plant);
    plant.device.waitFor(() => plant.isSafe, 4 * second);
    causes.PLATE_4K_RISE.ends(plant);
    plant.device.board.runFor(2 * second);
    expect([duty(), plant.clear('PLATE_4K_RISE')]).toMatchObject([0, { tripped: 0 }]);
    plant.device.board.runFor(100 * millisecond);
    expect([duty(), plant.isUp]).toEqual([100, true]);
  });

  test('is muted after a reset too, while the trip is in the latch; and plays once it is cleared', () => {
    anew();
    const { board } = plant.device;
    plant.setReading(Reading.CLOCK, lostClock);
    board.runFor(second);
    board.pullResetPin();
    plant.device.waitFor(() => board.state === 'firmware');
    board.runFor(300 * millisecond);
    expect([plant.tripped, duty(), board.machine.outputEnabled(gates.DAC.mask)]).toEqual([['CLOCK_GONE'], 0, false]);
    plant.setReading(Reading.CLOCK, goodClock);
    board.runFor(2 * second);
    expect([plant.tripped, duty(), plant.isUp]).toEqual([[], 100, true]);
  });

  test('stays muted while load is shed: no step of the budget raises the duty', () => {
    anew();
    plant.setReading(Reading.CLOCK, lostClock);
    plant.device.board.runFor(second);
    overload(plant, 5);
    expect(plant.device.events('LOAD_SHED').map(({ argument0 }) => argument0)).toEqual([
      Shed.HALF_DUTY,
      Shed.QUARTER_DUTY,
    ]);
    expect([duty(), plant.tripped]).toEqual([0, ['CLOCK_GONE']]);
    plant.setReading(Reading.CLOCK, goodClock);
    plant.device.board.runFor(2 * second);
    // What is shed stays shed: the clock is back, the load is not yet trusted.
    expect([duty(), plant.device.statistics('heartbeat').health & Health.DUTY_REDUCED]).toEqual([
      25,
      Health.DUTY_REDUCED,
    ]);
    plant.device.board.runFor(30 * second);
    expect([duty(), plant.isUp, plant.device.statistics('heartbeat').health]).toEqual([100, true, 0]);
  });
});

describe('an output gate', () => {
  const state = () => plant.device.board.machine.peek(OUTPUTS, 'STATE');

  test('stays closed while its rail is not good, also when shed load is restored', () => {
    anew();
    const { board } = plant.device;
    // Fifteen percent too high: not good, and not enough for the comparator.
    plant.setReading(Reading.RAIL_VOLTAGE + Rail.DAC, railMillivolts[Rail.DAC] * 1150);
    board.pullResetPin();
    plant.device.waitFor(() => board.state === 'firmware');
    overload(plant, 7);
    board.runFor(25 * second);
    expect(plant.device.events('LOAD_SHED').at(-1)).toMatchObject({ argument0: Shed.HALF_DUTY });
    expect([plant.tripped, state()]).toEqual([[], 0]);
    expect(plant.device.statistics('heartbeat').health & Health.RAILS).toBe(Health.RAILS);
    plant.setReading(Reading.RAIL_VOLTAGE + Rail.DAC, undefined);
    board.runFor(30 * second);
    expect([state(), board.machine.peek(RAILS, 'ENABLE')]).toEqual([allGates, allRails]);
    expect(plant.device.statistics('heartbeat').health).toBe(0);
  });

  test('closes within a tenth of a second when its rail stops being good, and opens when it is good again', () => {
    anew();
    plant.setReading(Reading.RAIL_VOLTAGE + Rail.DAC, railMillivolts[Rail.DAC] * 1150);
    plant.device.board.runFor(101 * millisecond);
    expect([plant.tripped, state()]).toEqual([[], allGates & ~gates.DAC.mask]);
    const { RAILS: rails, WAVEFORMS_OFF } = Health;
    expect(plant.device.statistics('heartbeat').health).toBe(rails | WAVEFORMS_OFF);
    plant.setReading(Reading.RAIL_VOLTAGE + Rail.DAC, undefined);
    plant.device.board.runFor(101 * millisecond);
    expect([state(), plant.device.statistics('heartbeat').health]).toEqual([allGates, 0]);
  });
});
