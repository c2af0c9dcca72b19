// Temperatures at which interlocks trip, thermometers whose readings must not be used, and what clears a trip.

import { describe, expect, test } from 'vitest';
import { openReading, Reading } from '../../../host/board/surroundings.ts';
import { Channel } from '../../../protocol/plant/places.ts';
import { SensorState } from '../../../protocol/plant/sensors.ts';
import { CryoError, SmpGroup } from '../../../protocol/smp/smp.ts';
import { Health } from '../../../protocol/telemetry/health.ts';
import { Beat } from '../../../protocol/telemetry/heartbeat.ts';
import { millisecond, second } from '../../rig/time.ts';
import { PlantBench } from './plant-bench.ts';

const plate = [Channel.PLATE_4K, Channel.PLATE_4K_B];

describe('a temperature', () => {
  test('too high for a second puts the controller into its safe state, and is recorded', async () => {
    const plant = await PlantBench.up();
    plant.heat(4.7, ...plate);
    expect(plant.timeUntil(() => plant.isSafe, 3 * second)).toBeLessThan(2.2 * second);
    expect(plant.tripped).toContain('PLATE_4K_RISE');
    plant.device.board.runFor(second);
    expect(plant.tripped).toEqual(['PLATE_4K_HOT', 'PLATE_4K_RISE']);
    expect(plant.register('VALUE')).toBeGreaterThan(1_000_000);
    expect(plant.device.events('INTERLOCK_TRIPPED')).toHaveLength(2);
    expect(plant.device.events('SAFE_STATE').length).toBeGreaterThan(0);
  });

  test('too high for half a second trips nothing', async () => {
    const plant = await PlantBench.up();
    plant.heat(4.7, ...plate);
    plant.device.board.runFor(600 * millisecond);
    for (const channel of plate) plant.surroundings.setReading(Reading.THERMOMETER + channel, undefined);
    plant.device.board.runFor(5 * second);
    expect([plant.tripped, plant.isUp]).toEqual([[], true]);
  });

  test('that creeps up by as much over an hour trips nothing either', async () => {
    const plant = await PlantBench.up();
    for (let minute = 0; minute < 60; minute++) {
      plant.heat(3.1 + minute * 0.003, ...plate);
      plant.device.board.runFor(60 * second);
    }
    expect([plant.tripped, plant.isUp]).toEqual([[], true]);
  });

  test('of every stage is watched', async () => {
    const stages: [number[], number, string][] = [
      [[Channel.PLATE_50K], 42.8, 'PLATE_50K_RISE'],
      [[Channel.STILL], 1.2, 'STILL_RISE'],
      [[Channel.CP], 0.13, 'CP_RISE'],
      [[Channel.MXC], 0.034, 'MXC_RISE'],
    ];
    for (const [channels, kelvin, interlock] of stages) {
      const plant = await PlantBench.up();
      plant.heat(kelvin, ...channels);
      plant.device.waitFor(() => plant.isSafe, 4 * second);
      expect(plant.tripped).toEqual([interlock]);
    }
  });
});

describe('a trip', () => {
  test('outlives a reset: the next firmware keeps everything off, and says why', async () => {
    const plant = await PlantBench.up();
    const { board } = plant.device;
    plant.heat(4.7, ...plate);
    plant.device.waitFor(() => plant.isSafe, 3 * second);
    const tripped = plant.register('TRIPPED');
    board.pullResetPin();
    plant.device.waitFor(() => board.state === 'firmware');
    board.runFor(5 * second);
    expect([plant.register('TRIPPED') & tripped, plant.isSafe]).toEqual([tripped, true]);
    expect(plant.device.statistics('heartbeat').health & Health.INTERLOCK).toBe(Health.INTERLOCK);
    expect(plant.device.cryo<{ words: number[] }>('HEARTBEAT').words[Beat.TRIPPED] & tripped).toBe(tripped);
  });

  test('is cleared by an operator, and only once its cause is gone; then everything comes up in order', async () => {
    const plant = await PlantBench.up();
    plant.heat(3.25, ...plate);
    plant.device.waitFor(() => plant.isSafe, 4 * second);
    expect(plant.tripped).toEqual(['PLATE_4K_RISE']);
    expect(plant.clear('PLATE_4K_RISE')).toEqual({ err: { group: SmpGroup.CRYO, rc: CryoError.CONDITION_HOLDS } });
    plant.heat(3.11, ...plate);
    plant.device.board.runFor(2 * second);
    expect(plant.isSafe).toBe(true);
    expect(plant.clear('PLATE_4K_RISE')).toMatchObject({ tripped: 0, trips: 1 });
    plant.device.board.runFor(100 * millisecond);
    expect([plant.tripped, plant.isUp]).toEqual([[], true]);
    expect(plant.device.statistics('heartbeat').health).toBe(0);
  });
});

describe('a thermometer', () => {
  test('that jumps alone is not trusted, and trips nothing: the other one of the plate does not see it', async () => {
    const plant = await PlantBench.up();
    plant.heat(5, Channel.PLATE_4K_B);
    plant.device.board.runFor(10 * second);
    const { channels } = plant.device.cryo<{ channels: { state: number }[] }>('TEMPERATURES');
    expect(channels[Channel.PLATE_4K_B].state).not.toBe(SensorState.TRUSTED);
    expect(plant.tripped).not.toContain('PLATE_4K_RISE');
  });

  test('that breaks is lost within three readings, and trusted again after it was good for a while', async () => {
    const plant = await PlantBench.up();
    plant.surroundings.setReading(Reading.THERMOMETER + Channel.MXC, openReading);
    plant.device.board.runFor(2 * second);
    expect(plant.device.events('SENSOR_LOST').at(-1)).toMatchObject({
      argument0: Channel.MXC,
      argument1: SensorState.OPEN,
    });
    expect(plant.device.statistics('heartbeat').health & Health.SENSOR).toBe(Health.SENSOR);
    plant.surroundings.setReading(Reading.THERMOMETER + Channel.MXC, undefined);
    plant.device.board.runFor(15 * second);
    expect(plant.device.statistics('heartbeat').health).toBe(0);
    expect(plant.isUp).toBe(true);
  });

  test('that reads the same again and again is stuck', async () => {
    const plant = await PlantBench.up();
    plant.heat(0.96, Channel.STILL);
    plant.device.board.runFor(15 * second);
    expect(plant.device.events('SENSOR_LOST').at(-1)).toMatchObject({
      argument0: Channel.STILL,
      argument1: SensorState.STUCK,
    });
  });

  test('lost twice on the same plate leaves the controller blind, and that is a trip', async () => {
    const plant = await PlantBench.up();
    for (const channel of plate) plant.surroundings.setReading(Reading.THERMOMETER + channel, openReading);
    expect(plant.timeUntil(() => plant.isSafe, 5 * second)).toBeLessThan(3 * second);
    expect(plant.tripped).toEqual(['BLIND']);
  });
});
