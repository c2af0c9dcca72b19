// The firmware against what its thermometers, rails, clock and lines tell it, on a bench where a test says what they tell.

import { beforeAll, describe, expect, test } from 'vitest';
import { ResetCause } from '../../host/board/device.ts';
import { TestBench } from '../../host/board/devices/rig.ts';
import { LogKind } from '../../host/board/log.ts';
import { Act, Felt, openReading } from '../../host/board/surroundings.ts';
import { interlockNumber } from '../../protocol/cryo/interlocks.ts';
import { Channel, channelSensors, Heater, Rail, railMillivolts } from '../../protocol/cryo/places.ts';
import { SensorState } from '../../protocol/cryo/sensors.ts';
import { HEATERS, INTERLOCK, OUTPUTS, RAILS } from '../../protocol/generated/registers.ts';
import { curves } from '../../protocol/sensors/curves.ts';
import { CryoError, SmpGroup } from '../../protocol/smp/smp.ts';
import { Health } from '../../protocol/telemetry/health.ts';
import { Device, firmwareImage, millisecond, second } from '../device.ts';

let image: Uint8Array;
beforeAll(async () => {
  image = await firmwareImage('1.0.0');
});

const allRails = (1 << Rail.COUNT) - 1;
const safeRails = (1 << Rail.CORE) | (1 << Rail.SENSE);
const { HEATERS: heaterGate, DAC: dacGate, MULTIPLEXER: multiplexerGate } = OUTPUTS.registers.STATE.fields;
const allGates = heaterGate.mask | dacGate.mask | multiplexerGate.mask;

class Rigged {
  readonly bench = new TestBench();
  device!: Device;

  static async up(): Promise<Rigged> {
    const rigged = new Rigged();
    rigged.device = await Device.running(image, 1, () => rigged.bench);
    rigged.device.board.runFor(3 * second);
    expect(rigged.device.statistics('heartbeat').health).toBe(0);
    return rigged;
  }

  /** From the next scan on these channels are at this temperature. */
  heat(kelvin: number, ...channels: number[]): void {
    for (const channel of channels) {
      const curve = curves[channelSensors[channel]];
      this.bench.feel(Felt.READING + channel, Math.round(curve.readingOf(kelvin) * curve.stepsPerUnit));
    }
  }

  /** Something changes outside at this very moment, as the edge of a disturbance. */
  felt(place: number, value: number | undefined): void {
    this.bench.feel(place, value);
    const { board } = this.device;
    board.disturb({ kind: 7, place: 0, size: 0, startNs: board.now, endNs: Number.POSITIVE_INFINITY });
  }

  register(name: keyof typeof INTERLOCK.registers): number {
    return this.device.board.machine.peek(INTERLOCK, name);
  }

  get tripped(): string[] {
    const bits = this.register('TRIPPED');
    return Object.keys(interlockNumber).filter(
      (name) => name !== 'COUNT' && ((bits >>> interlockNumber[name]) & 1) === 1,
    );
  }

  get isSafe(): boolean {
    const { machine } = this.device.board;
    return !machine.outputEnabled(allGates) && machine.peek(RAILS, 'ENABLE') === safeRails;
  }

  get isUp(): boolean {
    const { machine } = this.device.board;
    return machine.peek(OUTPUTS, 'STATE') === allGates && machine.peek(RAILS, 'ENABLE') === allRails;
  }

  /** Virtual time until it is so. */
  timeUntil(isSo: () => boolean, withinNs: number): number {
    const { board } = this.device;
    const start = board.now;
    this.device.waitFor(isSo, withinNs);
    return board.now - start;
  }

  clear(interlock: string): unknown {
    return this.device.cryo('INTERLOCKS', { clear: interlockNumber[interlock] });
  }
}

const plate = [Channel.PLATE_4K, Channel.PLATE_4K_B];

describe('a temperature', () => {
  test('too high for a second puts the controller into its safe state, and is recorded', async () => {
    const rigged = await Rigged.up();
    rigged.heat(4.7, ...plate);
    expect(rigged.timeUntil(() => rigged.isSafe, 3 * second)).toBeLessThan(2.2 * second);
    expect(rigged.tripped).toContain('PLATE_4K_RISE');
    rigged.device.board.runFor(second);
    expect(rigged.tripped).toEqual(['PLATE_4K_HOT', 'PLATE_4K_RISE']);
    expect(rigged.register('VALUE')).toBeGreaterThan(1_000_000);
    expect(rigged.device.events('INTERLOCK_TRIPPED')).toHaveLength(2);
    expect(rigged.device.events('SAFE_STATE').length).toBeGreaterThan(0);
  });

  test('too high for half a second trips nothing', async () => {
    const rigged = await Rigged.up();
    rigged.heat(4.7, ...plate);
    rigged.device.board.runFor(600 * millisecond);
    for (const channel of plate) rigged.bench.feel(Felt.READING + channel, undefined);
    rigged.device.board.runFor(5 * second);
    expect([rigged.tripped, rigged.isUp]).toEqual([[], true]);
  });

  test('that creeps up by as much over an hour trips nothing either', async () => {
    const rigged = await Rigged.up();
    for (let minute = 0; minute < 60; minute++) {
      rigged.heat(3.1 + minute * 0.003, ...plate);
      rigged.device.board.runFor(60 * second);
    }
    expect([rigged.tripped, rigged.isUp]).toEqual([[], true]);
  });

  test('of every stage is watched', async () => {
    const stages: [number[], number, string][] = [
      [[Channel.PLATE_50K], 46, 'PLATE_50K_RISE'],
      [[Channel.STILL], 1.2, 'STILL_RISE'],
      [[Channel.CP], 0.13, 'CP_RISE'],
      [[Channel.MXC], 0.034, 'MXC_RISE'],
    ];
    for (const [channels, kelvin, interlock] of stages) {
      const rigged = await Rigged.up();
      rigged.heat(kelvin, ...channels);
      rigged.device.waitFor(() => rigged.isSafe, 4 * second);
      expect(rigged.tripped).toEqual([interlock]);
    }
  });
});

describe('a trip', () => {
  test('outlives a reset: the next firmware keeps everything off, and says why', async () => {
    const rigged = await Rigged.up();
    const { board } = rigged.device;
    rigged.heat(4.7, ...plate);
    rigged.device.waitFor(() => rigged.isSafe, 3 * second);
    const tripped = rigged.register('TRIPPED');
    board.pullResetPin();
    rigged.device.waitFor(() => board.state === 'firmware');
    board.runFor(5 * second);
    expect([rigged.register('TRIPPED') & tripped, rigged.isSafe]).toEqual([tripped, true]);
    expect(rigged.device.statistics('heartbeat').health & Health.INTERLOCK).toBe(Health.INTERLOCK);
    expect(rigged.device.cryo<{ words: number[] }>('HEARTBEAT').words[24] & tripped).toBe(tripped);
  });

  test('is taken back by an operator, and only once its cause is gone; then everything comes up in order', async () => {
    const rigged = await Rigged.up();
    rigged.heat(3.25, ...plate);
    rigged.device.waitFor(() => rigged.isSafe, 4 * second);
    expect(rigged.tripped).toEqual(['PLATE_4K_RISE']);
    expect(rigged.clear('PLATE_4K_RISE')).toEqual({ err: { group: SmpGroup.CRYO, rc: CryoError.CONDITION_HOLDS } });
    rigged.heat(3.11, ...plate);
    rigged.device.board.runFor(2 * second);
    expect(rigged.isSafe).toBe(true);
    expect(rigged.clear('PLATE_4K_RISE')).toMatchObject({ tripped: 0, trips: 1 });
    rigged.device.board.runFor(100 * millisecond);
    expect([rigged.tripped, rigged.isUp]).toEqual([[], true]);
    expect(rigged.device.statistics('heartbeat').health).toBe(0);
  });
});

describe('a thermometer', () => {
  test('that jumps alone is not believed, and trips nothing: the other one of the plate does not see it', async () => {
    const rigged = await Rigged.up();
    rigged.heat(5, Channel.PLATE_4K_B);
    rigged.device.board.runFor(10 * second);
    const { channels } = rigged.device.cryo<{ channels: { state: number }[] }>('TEMPERATURES');
    expect(channels[Channel.PLATE_4K_B].state).not.toBe(SensorState.BELIEVED);
    expect(rigged.tripped).not.toContain('PLATE_4K_RISE');
  });

  test('that breaks is lost within three readings, and believed again after it was good for a while', async () => {
    const rigged = await Rigged.up();
    rigged.bench.feel(Felt.READING + Channel.MXC, openReading);
    rigged.device.board.runFor(2 * second);
    expect(rigged.device.events('SENSOR_LOST').at(-1)).toMatchObject({
      argument0: Channel.MXC,
      argument1: SensorState.OPEN,
    });
    expect(rigged.device.statistics('heartbeat').health & Health.SENSOR).toBe(Health.SENSOR);
    rigged.bench.feel(Felt.READING + Channel.MXC, undefined);
    rigged.device.board.runFor(15 * second);
    expect(rigged.device.statistics('heartbeat').health).toBe(0);
    expect(rigged.isUp).toBe(true);
  });

  test('that reads the same again and again is stuck', async () => {
    const rigged = await Rigged.up();
    rigged.heat(0.96, Channel.STILL);
    rigged.device.board.runFor(15 * second);
    expect(rigged.device.events('SENSOR_LOST').at(-1)).toMatchObject({
      argument0: Channel.STILL,
      argument1: SensorState.STUCK,
    });
  });

  test('lost twice on the same plate leaves the controller blind, and that is a trip', async () => {
    const rigged = await Rigged.up();
    for (const channel of plate) rigged.bench.feel(Felt.READING + channel, openReading);
    expect(rigged.timeUntil(() => rigged.isSafe, 5 * second)).toBeLessThan(3 * second);
    expect(rigged.tripped).toEqual(['BLIND']);
  });
});

describe('a rail', () => {
  test('that surges is off at once, and everything else within a millisecond', async () => {
    const rigged = await Rigged.up();
    rigged.felt(Felt.RAIL_VOLTAGE + Rail.DAC, railMillivolts[Rail.DAC] * 1300);
    expect(rigged.timeUntil(() => rigged.isSafe, second)).toBeLessThanOrEqual(millisecond);
    expect(rigged.tripped).toEqual(['RAIL_OVER']);
    rigged.felt(Felt.RAIL_VOLTAGE + Rail.DAC, undefined);
    rigged.device.board.runFor(second);
    expect(rigged.isSafe).toBe(true);
    expect(rigged.clear('RAIL_OVER')).toMatchObject({ tripped: 0 });
    rigged.device.board.runFor(100 * millisecond);
    expect(rigged.isUp).toBe(true);
  });

  test('of the core that dips resets the chip, and it comes up again by itself', async () => {
    const rigged = await Rigged.up();
    const { board, log } = rigged.device;
    rigged.felt(Felt.RAIL_VOLTAGE + Rail.CORE, railMillivolts[Rail.CORE] * 700);
    board.runFor(millisecond);
    rigged.felt(Felt.RAIL_VOLTAGE + Rail.CORE, undefined);
    rigged.device.waitFor(() => board.state === 'firmware');
    expect(log.filter(({ kind }) => kind === LogKind.RESET).at(-1)?.a).toBe(ResetCause.BROWN_OUT);
    board.runFor(second);
    expect([rigged.tripped, rigged.isUp]).toEqual([[], true]);
  });
});

describe('a clock reference', () => {
  const [both, onlySecondary, secondaryAndLocked, none] = [0b111, 0b010, 0b110, 0b000];

  test('that goes is left within a millisecond for the other one', async () => {
    const rigged = await Rigged.up();
    rigged.felt(Felt.CLOCK, onlySecondary);
    rigged.timeUntil(() => rigged.bench.acts[Act.REFERENCE] === 1, millisecond);
    rigged.felt(Felt.CLOCK, secondaryAndLocked);
    rigged.device.board.runFor(2 * second);
    expect(rigged.device.events('CLOCK_SWITCHED')).toMatchObject([{ argument0: 1, argument1: 0 }]);
    expect(rigged.tripped).toEqual([]);
    expect(rigged.device.statistics('heartbeat').health & Health.CLOCK).toBe(Health.CLOCK);
  });

  test('that drifts or jitters is left for one that does not, and for no other', async () => {
    for (const [place, value, why] of [
      [Felt.OFFSET, -700, 1],
      [Felt.JITTER, 5000, 2],
    ] as const) {
      const rigged = await Rigged.up();
      rigged.felt(place, value);
      rigged.device.board.runFor(2 * second);
      expect(rigged.device.events('CLOCK_SWITCHED')).toMatchObject([{ argument0: 1, argument1: why }]);
      rigged.felt(place + 1, value);
      rigged.device.board.runFor(5 * second);
      expect(rigged.device.events('CLOCK_SWITCHED')).toHaveLength(1);
    }
  });

  test('and the other one gone mutes the outputs, until there is one again', async () => {
    const rigged = await Rigged.up();
    rigged.felt(Felt.CLOCK, none);
    rigged.device.board.runFor(second);
    expect(rigged.tripped).toEqual(['CLOCK_GONE']);
    expect(rigged.device.board.machine.peek(OUTPUTS, 'STATE')).toBe(allGates & ~dacGate.mask);
    rigged.felt(Felt.CLOCK, both);
    rigged.device.board.runFor(second);
    expect([rigged.tripped, rigged.isUp]).toEqual([[], true]);
  });
});

describe('a heater', () => {
  test('is ramped to what was asked for, and to nothing when its plate’s temperature is lost', async () => {
    const rigged = await Rigged.up();
    expect(rigged.device.cryo('HEATER', { heater: Heater.STILL, microwatts: 20_000 })).toEqual({ ok: true });
    const given = () => rigged.bench.acts[Act.HEATER + Heater.STILL];
    rigged.device.board.runFor(1.2 * second);
    expect(given()).toBeGreaterThan(4000);
    expect(given()).toBeLessThan(11_000);
    rigged.device.board.runFor(5 * second);
    expect(given()).toBeGreaterThan(19_990);
    rigged.bench.feel(Felt.READING + Channel.STILL, openReading);
    rigged.device.board.runFor(4 * second);
    expect(given()).toBe(0);
  });

  test('is not asked for more than its limit, nor for anything while tripped', async () => {
    const rigged = await Rigged.up();
    const refused = (rc: number) => ({ err: { group: SmpGroup.CRYO, rc } });
    expect(rigged.device.cryo('HEATER', { heater: Heater.MXC, microwatts: 451 })).toEqual(
      refused(CryoError.ABOVE_LIMIT),
    );
    expect(rigged.device.cryo('HEATER', { heater: 3, microwatts: 1 })).toEqual(refused(CryoError.NO_SUCH_HEATER));
    rigged.heat(4.7, ...plate);
    rigged.device.waitFor(() => rigged.isSafe, 3 * second);
    expect(rigged.device.cryo('HEATER', { heater: Heater.MXC, microwatts: 1 })).toEqual(refused(CryoError.NOT_SAFE));
  });

  test('that gives more than it is told loses its rail within a second', async () => {
    const rigged = await Rigged.up();
    rigged.felt(Felt.HEATER + Heater.STILL, 50_000);
    rigged.device.waitFor(() => rigged.tripped.length > 0, second);
    const { machine } = rigged.device.board;
    expect(rigged.tripped).toEqual(['HEATER_RUNAWAY']);
    expect(machine.peek(RAILS, 'ENABLE')).toBe(allRails & ~(1 << Rail.HEATER));
    expect(machine.peek(OUTPUTS, 'STATE')).toBe(allGates & ~heaterGate.mask);
    expect(machine.peek(HEATERS, 'DUTY', Heater.STILL)).toBe(0);
  });
});

describe('a signal line', () => {
  test('that clips gets attenuation step by step, and gives it back when it is quiet', async () => {
    const rigged = await Rigged.up();
    rigged.felt(Felt.PEAK + 1, 2000);
    rigged.device.board.runFor(2.5 * second);
    expect(rigged.bench.acts[Act.ATTENUATION + 1]).toBe(6);
    rigged.felt(Felt.PEAK + 1, 100);
    rigged.device.board.runFor(12 * second);
    expect(rigged.bench.acts[Act.ATTENUATION + 1]).toBe(0);
  });

  test('that loses its pilot tone is reported, and when it is back', async () => {
    const rigged = await Rigged.up();
    rigged.felt(Felt.LOSS + 3, 6000);
    rigged.device.board.runFor(4 * second);
    expect(rigged.device.events('SIGNAL_LOST')).toMatchObject([{ argument0: 3, argument1: 6000 }]);
    expect(rigged.device.statistics('heartbeat').health).toBe(Health.SIGNAL);
    rigged.felt(Felt.LOSS + 3, 200);
    rigged.device.board.runFor(2 * second);
    expect(rigged.device.events('SIGNAL_BACK')).toHaveLength(1);
    expect(rigged.device.statistics('heartbeat').health).toBe(0);
  });
});
