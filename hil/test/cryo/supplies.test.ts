// Rails, clock, heaters and signal lines that are not as they should be.

import { describe, expect, test } from 'vitest';
import { ResetCause } from '../../../host/board/device.ts';
import { LogKind } from '../../../host/board/log.ts';
import { Actuator, openReading, Reading } from '../../../host/board/surroundings.ts';
import { HEATERS, OUTPUTS, RAILS } from '../../../protocol/generated/registers.ts';
import { Channel, Heater, Rail, railMillivolts } from '../../../protocol/plant/places.ts';
import { CryoError, SmpGroup } from '../../../protocol/smp/smp.ts';
import { Health } from '../../../protocol/telemetry/health.ts';
import { millisecond, second } from '../../rig/time.ts';
import { allGates, allRails, gates, PlantBench } from './plant-bench.ts';

const plate = [Channel.PLATE_4K, Channel.PLATE_4K_B];

describe('a rail', () => {
  test('that surges is off at once, and everything else within a millisecond', async () => {
    const plant = await PlantBench.up();
    plant.setReading(Reading.RAIL_VOLTAGE + Rail.DAC, railMillivolts[Rail.DAC] * 1300);
    expect(plant.timeUntil(() => plant.isSafe, second)).toBeLessThanOrEqual(millisecond);
    expect(plant.tripped).toEqual(['RAIL_OVER']);
    plant.setReading(Reading.RAIL_VOLTAGE + Rail.DAC, undefined);
    plant.device.board.runFor(second);
    expect(plant.isSafe).toBe(true);
    expect(plant.clear('RAIL_OVER')).toMatchObject({ tripped: 0 });
    plant.device.board.runFor(100 * millisecond);
    expect(plant.isUp).toBe(true);
  });

  test('that dips mutes the outputs until it is good again', async () => {
    const plant = await PlantBench.up();
    plant.setReading(Reading.RAIL_VOLTAGE + Rail.MULTIPLEXER, railMillivolts[Rail.MULTIPLEXER] * 850);
    plant.device.board.runFor(millisecond);
    expect(plant.tripped).toEqual(['RAIL_UNDER']);
    expect(plant.device.board.machine.outputEnabled(gates.DAC.mask)).toBe(false);
    plant.setReading(Reading.RAIL_VOLTAGE + Rail.MULTIPLEXER, undefined);
    plant.device.board.runFor(second);
    expect([plant.tripped, plant.isUp]).toEqual([[], true]);
  });

  test('of the core that dips resets the chip, and it comes up again by itself', async () => {
    const plant = await PlantBench.up();
    const { board, log } = plant.device;
    plant.setReading(Reading.RAIL_VOLTAGE + Rail.CORE, railMillivolts[Rail.CORE] * 700);
    board.runFor(millisecond);
    plant.setReading(Reading.RAIL_VOLTAGE + Rail.CORE, undefined);
    plant.device.waitFor(() => board.state === 'firmware');
    expect(log.filter(({ kind }) => kind === LogKind.RESET).at(-1)?.a).toBe(ResetCause.BROWN_OUT);
    board.runFor(second);
    expect([plant.tripped, plant.isUp]).toEqual([[], true]);
  });
});

describe('a clock reference', () => {
  const [both, onlySecondary, secondaryAndLocked, none] = [0b111, 0b010, 0b110, 0b000];

  test('that is lost is replaced by the other one within a millisecond', async () => {
    const plant = await PlantBench.up();
    plant.setReading(Reading.CLOCK, onlySecondary);
    plant.timeUntil(() => plant.surroundings.actuators[Actuator.REFERENCE] === 1, millisecond);
    plant.setReading(Reading.CLOCK, secondaryAndLocked);
    plant.device.board.runFor(2 * second);
    expect(plant.device.events('CLOCK_SWITCHED')).toMatchObject([{ argument0: 1, argument1: 0 }]);
    expect(plant.tripped).toEqual([]);
    expect(plant.device.statistics('heartbeat').health & Health.CLOCK).toBe(Health.CLOCK);
  });

  test('that drifts or jitters is replaced by one that does not, and by no other', async () => {
    for (const [place, value, why] of [
      [Reading.OFFSET, -700, 1],
      [Reading.JITTER, 5000, 2],
    ] as const) {
      const plant = await PlantBench.up();
      plant.setReading(place, value);
      plant.device.board.runFor(2 * second);
      expect(plant.device.events('CLOCK_SWITCHED')).toMatchObject([{ argument0: 1, argument1: why }]);
      plant.setReading(place + 1, value);
      plant.device.board.runFor(5 * second);
      expect(plant.device.events('CLOCK_SWITCHED')).toHaveLength(1);
    }
  });

  test('that is lost after the other one mutes the outputs, until one is back', async () => {
    const plant = await PlantBench.up();
    plant.setReading(Reading.CLOCK, none);
    plant.device.board.runFor(second);
    expect(plant.tripped).toEqual(['CLOCK_GONE']);
    expect(plant.device.board.machine.peek(OUTPUTS, 'STATE')).toBe(allGates & ~gates.DAC.mask);
    plant.setReading(Reading.CLOCK, both);
    plant.device.board.runFor(second);
    expect([plant.tripped, plant.isUp]).toEqual([[], true]);
  });
});

describe('a heater', () => {
  test('is ramped to the requested power, and to zero when its plate’s temperature is lost', async () => {
    const plant = await PlantBench.up();
    expect(plant.device.cryo('HEATER', { heater: Heater.STILL, microwatts: 20_000 })).toEqual({ ok: true });
    const given = () => plant.surroundings.actuators[Actuator.HEATER + Heater.STILL];
    plant.device.board.runFor(1.2 * second);
    expect(given()).toBeGreaterThan(4000);
    expect(given()).toBeLessThan(11_000);
    plant.device.board.runFor(5 * second);
    expect(given()).toBeGreaterThan(19_990);
    plant.surroundings.setReading(Reading.THERMOMETER + Channel.STILL, openReading);
    plant.device.board.runFor(4 * second);
    expect(given()).toBe(0);
  });

  test('refuses a request for more than its limit, and any request while tripped', async () => {
    const plant = await PlantBench.up();
    const refused = (rc: number) => ({ err: { group: SmpGroup.CRYO, rc } });
    expect(plant.device.cryo('HEATER', { heater: Heater.MXC, microwatts: 451 })).toEqual(
      refused(CryoError.ABOVE_LIMIT),
    );
    expect(plant.device.cryo('HEATER', { heater: 3, microwatts: 1 })).toEqual(refused(CryoError.NO_SUCH_HEATER));
    plant.heat(4.7, ...plate);
    plant.device.waitFor(() => plant.isSafe, 3 * second);
    expect(plant.device.cryo('HEATER', { heater: Heater.MXC, microwatts: 1 })).toEqual(refused(CryoError.NOT_SAFE));
  });

  test('that gives more than was set loses its rail within a second', async () => {
    const plant = await PlantBench.up();
    plant.setReading(Reading.HEATER + Heater.STILL, 50_000);
    plant.device.waitFor(() => plant.tripped.length > 0, second);
    const { machine } = plant.device.board;
    expect(plant.tripped).toEqual(['HEATER_RUNAWAY']);
    expect(machine.peek(RAILS, 'ENABLE')).toBe(allRails & ~(1 << Rail.HEATER));
    expect(machine.peek(OUTPUTS, 'STATE')).toBe(allGates & ~gates.HEATERS.mask);
    expect(machine.peek(HEATERS, 'DUTY', Heater.STILL)).toBe(0);
  });
});

describe('a signal line', () => {
  test('that clips gets attenuation step by step, which is removed when the line is quiet', async () => {
    const plant = await PlantBench.up();
    plant.setReading(Reading.PEAK + 1, 2000);
    plant.device.board.runFor(2.5 * second);
    expect(plant.surroundings.actuators[Actuator.ATTENUATION + 1]).toBe(6);
    plant.setReading(Reading.PEAK + 1, 100);
    plant.device.board.runFor(12 * second);
    expect(plant.surroundings.actuators[Actuator.ATTENUATION + 1]).toBe(0);
  });

  test('that loses its pilot tone is reported, and when it is back', async () => {
    const plant = await PlantBench.up();
    plant.setReading(Reading.LOSS + 2, 6000);
    plant.device.board.runFor(4 * second);
    expect(plant.device.events('SIGNAL_LOST')).toMatchObject([{ argument0: 2, argument1: 6000 }]);
    expect(plant.device.statistics('heartbeat').health).toBe(Health.SIGNAL);
    plant.setReading(Reading.LOSS + 2, 200);
    plant.device.board.runFor(10 * second);
    expect(plant.device.events('SIGNAL_BACK')).toHaveLength(1);
    expect(plant.device.statistics('heartbeat').health).toBe(0);
  });
});
