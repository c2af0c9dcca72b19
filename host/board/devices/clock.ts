// Clock: which reference the loop follows, whether it is locked, and the counters' measurements of both references.
//
// What must stay true: LOST.LOCK is set only when LOCKED goes from one to zero, and each time; it stays until firmware clears it.

import { CLOCK } from '../../../protocol/generated/registers.ts';
import { Reference } from '../../../protocol/plant/places.ts';
import type { Device, DeviceContext, Registers } from '../device.ts';
import { Actuator, Reading } from '../surroundings.ts';

const { LOCKED } = CLOCK.registers.STATUS.fields;

export class ClockDevice implements Device {
  readonly peripheral = CLOCK;
  readonly onRead = {
    STATUS: () => this.reading(Reading.CLOCK),
    OFFSET: (reference: number) => this.reading(Reading.OFFSET + reference),
    JITTER: (reference: number) => this.reading(Reading.JITTER + reference),
  };
  readonly onWrite = {
    SELECT: (value: number) => this.context.surroundings.setActuator(Actuator.REFERENCE, value),
    LOST: () => this.drive(),
  };
  private readonly context: DeviceContext;
  private readonly registers: Registers<typeof CLOCK>;
  /** [0] 1 while the loop was locked at the last look. */
  private readonly locked: Uint32Array;

  constructor(context: DeviceContext) {
    this.context = context;
    this.registers = context.registers(CLOCK);
    this.locked = context.arena.words(1);
  }

  reset(): void {
    this.registers.reset();
    this.locked[0] = 0;
    this.context.surroundings.setActuator(Actuator.REFERENCE, Reference.PRIMARY);
  }

  onReadings(): void {
    const locked = (this.context.surroundings.readings[Reading.CLOCK] & LOCKED.mask) !== 0;
    if (!locked && this.locked[0] !== 0) this.registers.words[this.registers.at.LOST] = 1;
    this.locked[0] = locked ? 1 : 0;
    this.drive();
  }

  private reading(place: number): number {
    this.context.surroundings.glance();
    return this.context.surroundings.readings[place];
  }

  private drive(): void {
    this.context.setLine(CLOCK.line, this.registers.words[this.registers.at.LOST] !== 0);
  }
}
