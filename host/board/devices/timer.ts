// 64-bit nanosecond timer with one alarm.
//
// The counter is the board's clock since reset, so it costs nothing while it is not read. What must stay true: an armed
// alarm is exactly one event in the queue, at the time that ALARM held when ARM was written; a later change of ALARM
// does not move it.

import { TIMER } from '../../../protocol/generated/registers.ts';
import type { Device, DeviceContext, Registers } from '../device.ts';
import { EventKind } from '../device.ts';

const wordSpan = 2 ** 32;
const arm = TIMER.registers.CONTROL.fields.ARM.mask;
const alarm = TIMER.registers.STATUS.fields.ALARM.mask;

export class Timer implements Device {
  readonly peripheral = TIMER;
  readonly eventKinds = [EventKind.TIMER_ALARM];
  readonly onRead = { NOW_LOW: () => this.latchNow() };
  readonly onWrite = {
    CONTROL: (value: number) => this.armOrDisarm(value),
    STATUS: () => this.updateLine(),
  };
  private readonly context: DeviceContext;
  private readonly registers: Registers<typeof TIMER>;

  constructor(context: DeviceContext) {
    this.context = context;
    this.registers = context.registers(TIMER);
  }

  reset(): void {
    this.context.cancel(EventKind.TIMER_ALARM);
    this.registers.reset();
  }

  onEvent(): void {
    const { words, at } = this.registers;
    if ((words[at.CONTROL] & arm) === 0) throw new Error('timer: an alarm fired that was not armed');
    this.fire();
  }

  private latchNow(): number {
    const { words, at } = this.registers;
    const elapsed = this.context.now - this.context.resetTime;
    words[at.NOW_HIGH] = elapsed / wordSpan;
    return elapsed | 0;
  }

  private armOrDisarm(value: number): void {
    const { words, at } = this.registers;
    this.context.cancel(EventKind.TIMER_ALARM);
    if ((value & arm) === 0) return;
    const time = this.context.resetTime + words[at.ALARM_HIGH] * wordSpan + words[at.ALARM_LOW];
    if (time <= this.context.now) this.fire();
    // Beyond 2^53 ns (104 days) the board's clock ends before the alarm: it is armed but never due.
    else if (Number.isSafeInteger(time)) this.context.schedule(time, EventKind.TIMER_ALARM);
  }

  private fire(): void {
    const { words, at } = this.registers;
    words[at.CONTROL] &= ~arm;
    words[at.STATUS] |= alarm;
    this.updateLine();
  }

  private updateLine(): void {
    const { words, at } = this.registers;
    this.context.setLine(TIMER.line, (words[at.STATUS] & alarm) !== 0);
  }
}
