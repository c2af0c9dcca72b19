// Window watchdog: resets the chip when it is fed too late or too early.
//
//   feed         window                 timeout
//    |---too early--|------ in time ------|  reset
//    '-> reset      '-> starts again
//
// What must stay true: while enabled there is exactly one expiry event in the queue, at `deadline`. The board
// bounds the core's budget by it, so that a hung core is reset at the exact cycle.

import { WATCHDOG } from '../../../protocol/generated/registers.ts';
import type { Device, DeviceContext, Registers } from '../device.ts';
import { EventKind, FaultCause, ResetCause } from '../device.ts';

const nanosecondsPerMicrosecond = 1000;
const enable = WATCHDOG.registers.CONTROL.fields.ENABLE.mask;

export class Watchdog implements Device {
  readonly peripheral = WATCHDOG;
  readonly eventKinds = [EventKind.WATCHDOG_EXPIRED];
  readonly onRead = { REMAINING: () => this.remaining() };
  readonly onWrite = {
    CONTROL: (_value: number, _index: number, previous: number) => this.start(previous),
    TIMEOUT: (_value: number, _index: number, previous: number) => this.refuseWhileEnabled('TIMEOUT', previous),
    WINDOW: (_value: number, _index: number, previous: number) => this.refuseWhileEnabled('WINDOW', previous),
    FEED: () => this.feed(),
  };
  private readonly context: DeviceContext;
  private readonly registers: Registers<typeof WATCHDOG>;
  /** [0] time of the last feed, or of the start. */
  private readonly fed: Float64Array;

  constructor(context: DeviceContext) {
    this.context = context;
    this.registers = context.registers(WATCHDOG);
    this.fed = context.arena.floats(1);
  }

  /** Time at which the chip is reset if it is not fed before; Infinity while not enabled. */
  get deadline(): number {
    const { words, at } = this.registers;
    if (!this.enabled) return Number.POSITIVE_INFINITY;
    return this.fed[0] + words[at.TIMEOUT] * nanosecondsPerMicrosecond;
  }

  reset(): void {
    this.context.cancel(EventKind.WATCHDOG_EXPIRED);
    this.registers.reset();
    this.fed[0] = 0;
  }

  onEvent(): void {
    if (this.context.now !== this.deadline)
      throw new Error(`watchdog: expired at ${this.context.now} ns, but its deadline is ${this.deadline} ns`);
    this.context.resetChip(ResetCause.WATCHDOG);
  }

  private get enabled(): boolean {
    return (this.registers.words[this.registers.at.CONTROL] & enable) !== 0;
  }

  private start(previous: number): void {
    // A second enable must not count as a feed, because it would be a feed without the key.
    if ((previous & enable) !== 0 || !this.enabled) return;
    const { words, at } = this.registers;
    if (words[at.WINDOW] < words[at.TIMEOUT]) {
      this.countFromNow();
      return;
    }
    words[at.CONTROL] = previous;
    this.context.fault(
      FaultCause.BUS_STATE,
      `watchdog: WINDOW ${words[at.WINDOW]} us must be below TIMEOUT ${words[at.TIMEOUT]} us, or no feed is in time`,
    );
  }

  private feed(): void {
    if (!this.enabled) return;
    const { words, at } = this.registers;
    if (this.context.now - this.fed[0] < words[at.WINDOW] * nanosecondsPerMicrosecond)
      this.context.resetChip(ResetCause.WATCHDOG);
    this.countFromNow();
  }

  private countFromNow(): void {
    this.fed[0] = this.context.now;
    this.context.cancel(EventKind.WATCHDOG_EXPIRED);
    this.context.schedule(this.deadline, EventKind.WATCHDOG_EXPIRED);
  }

  private remaining(): number {
    if (!this.enabled) return 0;
    return Math.floor((this.deadline - this.context.now) / nanosecondsPerMicrosecond);
  }

  private refuseWhileEnabled(name: 'TIMEOUT' | 'WINDOW', previous: number): void {
    if (!this.enabled) return;
    this.registers.words[this.registers.at[name]] = previous;
    this.context.fault(FaultCause.BUS_STATE, `watchdog: ${name} is locked while enabled; set it before CONTROL.ENABLE`);
  }
}
