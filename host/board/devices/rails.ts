// Supply rails: switches, monitors, and comparators that act without firmware.
//
//   off --ENABLE--> coming up (2 ms) --> good --below 90 %--> not good --> good
//    ^                                    |
//    '------- above 120 %: TRIPPED.OVER --'           CORE 20 % off either way: the chip resets, BROWN_OUT
//
// What must stay true: a rail that was too high is off before any instruction runs, and stays off until its OVER bit is cleared. CORE
// resets the chip once as it leaves its range; while it stays out, the chip that comes up again is not reset anew.

import { RAILS } from '../../../protocol/generated/registers.ts';
import { Rail, railMillivolts } from '../../../protocol/plant/places.ts';
import type { Device, DeviceContext, Registers } from '../device.ts';
import { FaultCause, ResetCause } from '../device.ts';
import { Actuator, Reading } from '../surroundings.ts';

const rampNs = 2_000_000;
const core = 1 << Rail.CORE;
const underShift = RAILS.registers.TRIPPED.fields.UNDER.shift;

export class Rails implements Device {
  readonly peripheral = RAILS;
  readonly onRead = {
    GOOD: () => this.good(),
    MILLIVOLTS: (rail: number) => Math.floor(this.reading(Reading.RAIL_VOLTAGE + rail) / 1000),
    MICROAMPERES: (rail: number) => this.reading(Reading.RAIL_CURRENT + rail),
  };
  readonly onWrite = {
    ENABLE: (value: number, _index: number, previous: number) => this.enable(value, previous),
    TRIPPED: () => this.drive(),
  };
  private readonly context: DeviceContext;
  private readonly registers: Registers<typeof RAILS>;
  /** Time at which each rail was switched on. */
  private readonly since: Float64Array;
  /** [0] 1 while CORE is out of its range. */
  private readonly coreOut: Uint32Array;

  constructor(context: DeviceContext) {
    this.context = context;
    this.registers = context.registers(RAILS);
    this.since = context.arena.isHistory(context.arena.floats(Rail.COUNT));
    this.coreOut = context.arena.words(1);
  }

  reset(): void {
    this.registers.reset();
    this.since.fill(this.context.now);
    this.context.surroundings.setActuator(Actuator.POWERED, 1);
    this.switched();
  }

  powerLost(): void {
    this.registers.words[this.registers.at.ENABLE] = 0;
    this.coreOut[0] = 0;
    this.switched();
    this.context.surroundings.setActuator(Actuator.POWERED, 0);
  }

  onReadings(): void {
    const { words, at } = this.registers;
    const on = words[at.ENABLE];
    for (let rail = 0; rail < Rail.COUNT; rail++) {
      if (((on >>> rail) & 1) === 0) continue;
      const share = this.share(rail);
      if (rail === Rail.CORE) this.watchCore(share < 0.8 || share > 1.2);
      else if (share > 1.2) this.trip(rail);
      else if (share < 0.9 && this.isUp(rail)) words[at.TRIPPED] |= 1 << (underShift + rail);
    }
    this.drive();
  }

  private watchCore(out: boolean): void {
    const was = this.coreOut[0] !== 0;
    this.coreOut[0] = out ? 1 : 0;
    if (out && !was) this.context.resetChip(ResetCause.BROWN_OUT);
  }

  private trip(rail: number): void {
    const { words, at } = this.registers;
    words[at.ENABLE] &= ~(1 << rail);
    words[at.TRIPPED] |= 1 << rail;
    this.switched();
  }

  private enable(value: number, previous: number): void {
    const { words, at } = this.registers;
    const rising = value & ~previous;
    if ((value & core) === 0) this.refuse(previous, 'CORE cannot be switched off: it is what writes this');
    if ((rising & words[at.TRIPPED]) !== 0)
      this.refuse(previous, 'a rail that was too high stays off until its OVER bit is cleared');
    for (let rail = 0; rail < Rail.COUNT; rail++)
      if (((rising >>> rail) & 1) !== 0) this.since[rail] = this.context.now;
    this.switched();
  }

  private refuse(previous: number, why: string): never {
    this.registers.words[this.registers.at.ENABLE] = previous;
    this.context.fault(FaultCause.BUS_STATE, `RAILS.ENABLE: ${why}`);
  }

  private switched(): void {
    this.context.surroundings.setActuator(Actuator.RAILS, this.registers.words[this.registers.at.ENABLE]);
  }

  private good(): number {
    this.context.surroundings.glance();
    let good = 0;
    for (let rail = 0; rail < Rail.COUNT; rail++) {
      const share = this.share(rail);
      if (this.isUp(rail) && share >= 0.9 && share <= 1.1) good |= 1 << rail;
    }
    return good;
  }

  private isUp(rail: number): boolean {
    const on = ((this.registers.words[this.registers.at.ENABLE] >>> rail) & 1) !== 0;
    return on && (rail === Rail.CORE || this.context.now - this.since[rail] >= rampNs);
  }

  /** Voltage as a fraction of the rail's nominal voltage. */
  private share(rail: number): number {
    return this.context.surroundings.readings[Reading.RAIL_VOLTAGE + rail] / (railMillivolts[rail] * 1000);
  }

  private reading(place: number): number {
    this.context.surroundings.glance();
    return this.context.surroundings.readings[place];
  }

  private drive(): void {
    this.context.setLine(RAILS.line, this.registers.words[this.registers.at.TRIPPED] !== 0);
  }
}
