// A device on a bench where a test says what its thermometers, rails, clock and lines tell it, and looks at what it does about that.

import { expect } from 'vitest';
import { SetSurroundings } from '../../../host/board/devices/rig.ts';
import { Reading } from '../../../host/board/surroundings.ts';
import { INTERLOCK, OUTPUTS, RAILS } from '../../../protocol/generated/registers.ts';
import { interlockNumber } from '../../../protocol/plant/interlocks.ts';
import { channelSensors, Rail } from '../../../protocol/plant/places.ts';
import { curves } from '../../../protocol/sensors/curves.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { second } from '../../rig/time.ts';

export const allRails = (1 << Rail.COUNT) - 1;
const safeRails = (1 << Rail.CORE) | (1 << Rail.SENSE);
export const gates = OUTPUTS.registers.STATE.fields;
export const allGates = gates.HEATERS.mask | gates.DAC.mask | gates.MULTIPLEXER.mask;

export class PlantBench {
  readonly surroundings = new SetSurroundings();
  device!: DeviceUnderTest;

  /** With the firmware of this repository, or with a signed image of another one. */
  static async up(image?: Uint8Array): Promise<PlantBench> {
    const plant = new PlantBench();
    const slots = image && { A: image };
    plant.device = await DeviceUnderTest.running({ slots, surroundings: () => plant.surroundings });
    plant.device.board.runFor(3 * second);
    expect(plant.device.statistics('heartbeat').health).toBe(0);
    return plant;
  }

  /** From the next scan on these channels are at this temperature. */
  heat(kelvin: number, ...channels: number[]): void {
    for (const channel of channels) {
      const curve = curves[channelSensors[channel]];
      this.surroundings.setReading(
        Reading.THERMOMETER + channel,
        Math.round(curve.readingOf(kelvin) * curve.stepsPerUnit),
      );
    }
  }

  /** A reading changes at this very moment, as at the edge of a disturbance. */
  setReading(place: number, value: number | undefined): void {
    this.surroundings.setReading(place, value);
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
