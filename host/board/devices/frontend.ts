// Front end: attenuators, and for each signal line the measurements of pilot tone and converter.
//
// What must stay true: a peak is a value of the converter, so it is never above full scale.

import { FRONTEND } from '../../../protocol/generated/registers.ts';
import { Signal } from '../../../protocol/plant/places.ts';
import type { Device, DeviceContext, Registers } from '../device.ts';
import { Actuator, Reading } from '../surroundings.ts';

const fullScale = 1000;

export class FrontEnd implements Device {
  readonly peripheral = FRONTEND;
  readonly onRead = {
    LOSS: (line: number) => this.reading(Reading.LOSS + line),
    PEAK: (line: number) => Math.min(fullScale, this.reading(Reading.PEAK + line)),
  };
  readonly onWrite = {
    ATTENUATION: (value: number, line: number) =>
      this.context.surroundings.setActuator(Actuator.ATTENUATION + line, value),
  };
  private readonly context: DeviceContext;
  private readonly registers: Registers<typeof FRONTEND>;

  constructor(context: DeviceContext) {
    this.context = context;
    this.registers = context.registers(FRONTEND);
  }

  reset(): void {
    this.registers.reset();
    for (let line = 0; line < Signal.COUNT; line++)
      this.context.surroundings.setActuator(Actuator.ATTENUATION + line, 0);
  }

  private reading(place: number): number {
    this.context.surroundings.glance();
    return this.context.surroundings.readings[place];
  }
}
