// Thermometry scanner: reads all thermometers that have an excitation once per period, without the core.
//
//   ENABLE --PERIOD--> scan done: readings, SEQUENCE, line --PERIOD--> scan done ...
//
// What must stay true: the readings are those at the end of the scan, SEQUENCE counts only scans, and the VALID bit of a channel that was
// not read is zero.

import { THERMOMETRY } from '../../../protocol/generated/registers.ts';
import { Activity } from '../../../protocol/plant/energies.ts';
import { Channel, Rail } from '../../../protocol/plant/places.ts';
import type { Device, DeviceContext, Registers } from '../device.ts';
import { EventKind, FaultCause } from '../device.ts';
import { Actuator, openReading, Reading } from '../surroundings.ts';

const nanosecondsPerMillisecond = 1_000_000;
const periodMinimumMs = 10;
const { ENABLE, INTERRUPT } = THERMOMETRY.registers.CONTROL.fields;
const { DONE } = THERMOMETRY.registers.STATUS.fields;
const { VALID, OPEN, SHORT } = THERMOMETRY.registers.FLAGS.fields;

export class Thermometry implements Device {
  readonly peripheral = THERMOMETRY;
  readonly eventKinds = [EventKind.SCAN_DONE];
  readonly onWrite = {
    CONTROL: (value: number, _index: number, previous: number) => this.control(value, previous),
    STATUS: () => this.drive(),
    PERIOD: (value: number, _index: number, previous: number) => this.setPeriod(value, previous),
    EXCITATION: (value: number, index: number) =>
      this.context.surroundings.setActuator(Actuator.EXCITATION + index, value),
  };
  private readonly context: DeviceContext;
  private readonly registers: Registers<typeof THERMOMETRY>;

  constructor(context: DeviceContext) {
    this.context = context;
    this.registers = context.registers(THERMOMETRY);
  }

  reset(): void {
    this.context.cancel(EventKind.SCAN_DONE);
    this.registers.reset();
    this.currentsOff();
  }

  powerLost(): void {
    this.currentsOff();
  }

  onEvent(): void {
    const { words, at } = this.registers;
    const { surroundings } = this.context;
    this.scheduleNext();
    surroundings.look();
    let read = 0;
    for (let channel = 0; channel < Channel.COUNT; channel++) {
      const reads = words[at.EXCITATION + channel] !== 0;
      const reading = reads && this.isSupplied ? surroundings.readings[Reading.THERMOMETER + channel] : 0;
      words[at.READING + channel] = reading;
      words[at.FLAGS + channel] = reads ? flagsOf(reading) : 0;
      if (reads) read++;
    }
    words[at.SEQUENCE]++;
    words[at.STATUS] |= DONE.mask;
    this.context.count(Activity.CONVERSIONS, read);
    this.drive();
  }

  private get isSupplied(): boolean {
    return ((this.context.surroundings.actuators[Actuator.RAILS] >>> Rail.SENSE) & 1) !== 0;
  }

  private control(value: number, previous: number): void {
    if (((value ^ previous) & ENABLE.mask) !== 0) {
      this.context.cancel(EventKind.SCAN_DONE);
      if ((value & ENABLE.mask) !== 0) this.scheduleNext();
    }
    this.drive();
  }

  private setPeriod(milliseconds: number, previous: number): void {
    if (milliseconds >= periodMinimumMs) return;
    this.registers.words[this.registers.at.PERIOD] = previous;
    this.context.fault(
      FaultCause.BUS_STATE,
      `THERMOMETRY.PERIOD of ${milliseconds} ms: six channels take ${periodMinimumMs} ms to settle and read`,
    );
  }

  private scheduleNext(): void {
    const { words, at } = this.registers;
    const time = this.context.now + words[at.PERIOD] * nanosecondsPerMillisecond;
    this.context.schedule(time, EventKind.SCAN_DONE);
  }

  private drive(): void {
    const { words, at } = this.registers;
    const raised = (words[at.STATUS] & DONE.mask) !== 0 && (words[at.CONTROL] & INTERRUPT.mask) !== 0;
    this.context.setLine(THERMOMETRY.line, raised);
  }

  private currentsOff(): void {
    for (let channel = 0; channel < Channel.COUNT; channel++)
      this.context.surroundings.setActuator(Actuator.EXCITATION + channel, 0);
  }
}

function flagsOf(reading: number): number {
  if (reading === openReading) return OPEN.mask;
  return reading === 0 ? SHORT.mask : VALID.mask;
}
