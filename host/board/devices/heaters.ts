// Heater drivers: the power is duty times full scale while the output gate is open.
//
// What must stay true: a closed gate, a reset or the loss of power stops every heater at that moment, for any DUTY; DUTY is
// never above LIMIT.

import { HEATERS, OUTPUTS } from '../../../protocol/generated/registers.ts';
import { Heater, heaterFullScaleMicrowatts } from '../../../protocol/plant/places.ts';
import type { Device, DeviceContext, Registers } from '../device.ts';
import { FaultCause } from '../device.ts';
import { Actuator, Reading } from '../surroundings.ts';

const gate = OUTPUTS.registers.STATE.fields.HEATERS.mask;
const fullDuty = 0xffff;

export class Heaters implements Device {
  readonly peripheral = HEATERS;
  readonly onRead = { MEASURED: (heater: number) => this.measure(heater) };
  readonly onWrite = {
    DUTY: (value: number, heater: number, previous: number) => this.setDuty(value, heater, previous),
    LIMIT: (value: number, heater: number, previous: number) => this.setLimit(value, heater, previous),
  };
  private readonly context: DeviceContext;
  private readonly registers: Registers<typeof HEATERS>;

  constructor(context: DeviceContext) {
    this.context = context;
    this.registers = context.registers(HEATERS);
  }

  reset(): void {
    this.registers.reset();
    this.drive();
  }

  powerLost(): void {
    this.registers.reset();
    this.drive();
  }

  outputsChanged(): void {
    this.drive();
  }

  private setDuty(value: number, heater: number, previous: number): void {
    const { words, at } = this.registers;
    const limit = words[at.LIMIT + heater];
    if (value > limit) {
      words[at.DUTY + heater] = previous;
      this.context.fault(
        FaultCause.BUS_STATE,
        `HEATERS.DUTY[${heater}] of ${value} is above its LIMIT of ${limit}; the limit is raised by a reset only`,
      );
    }
    this.drive();
  }

  private setLimit(value: number, heater: number, previous: number): void {
    const { words, at } = this.registers;
    if (value > previous) {
      words[at.LIMIT + heater] = previous;
      this.context.fault(
        FaultCause.BUS_STATE,
        `HEATERS.LIMIT[${heater}] goes down only; it is ${previous} until the next reset`,
      );
    }
    words[at.DUTY + heater] = Math.min(words[at.DUTY + heater], value);
    this.drive();
  }

  private drive(): void {
    const { words, at } = this.registers;
    const { surroundings } = this.context;
    const open = this.context.outputEnabled(gate);
    for (let heater = 0; heater < Heater.COUNT; heater++) {
      const duty = open ? words[at.DUTY + heater] : 0;
      surroundings.setActuator(
        Actuator.HEATER + heater,
        Math.floor((heaterFullScaleMicrowatts[heater] * duty) / fullDuty),
      );
    }
  }

  private measure(heater: number): number {
    this.context.surroundings.glance();
    return this.context.surroundings.readings[Reading.HEATER + heater];
  }
}
