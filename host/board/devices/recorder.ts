// Event recorder: a typed ring of the last 256 events, used instead of printf.
//
//   ring, 5 words an entry   | time low | time high | kind | argument 0 | argument 1 |   event n is entry n mod 256
//
// What must stay true: only a power-on reset clears ring and COUNT, so that the events before a crash can be read
// afterwards; an ENTRY register never shows an event that was overwritten or has not happened yet.

import { RECORDER } from '../../../protocol/generated/registers.ts';
import type { Device, DeviceContext, Registers } from '../device.ts';
import { FaultCause, ResetCause } from '../device.ts';
import { LogKind } from '../log.ts';

export const ringLength = 256;
const entryWords = 5;
const wordSpan = 2 ** 32;

export interface RecordedEvent {
  /** Counted from zero since power-on. */
  number: number;
  /** Nanoseconds since power-on. */
  timeNs: number;
  kind: number;
  argument0: number;
  argument1: number;
}

export class Recorder implements Device {
  readonly peripheral = RECORDER;
  readonly onRead = {
    ENTRY_TIME_LOW: () => this.entry(0),
    ENTRY_TIME_HIGH: () => this.entry(1),
    ENTRY_KIND: () => this.entry(2),
    ENTRY_ARGUMENT0: () => this.entry(3),
    ENTRY_ARGUMENT1: () => this.entry(4),
  };
  readonly onWrite = { EVENT: (value: number) => this.record(value) };
  private readonly context: DeviceContext;
  private readonly registers: Registers<typeof RECORDER>;
  private readonly ring: Uint32Array;

  constructor(context: DeviceContext) {
    this.context = context;
    this.registers = context.registers(RECORDER);
    this.ring = context.arena.words(ringLength * entryWords);
  }

  reset(cause: number): void {
    if (cause !== ResetCause.POWER_ON) {
      this.registers.reset(['COUNT', 'HEARTBEAT']);
      return;
    }
    this.registers.reset();
    this.ring.fill(0);
  }

  /** The last `most` events in the ring, oldest first. */
  events(most = ringLength): RecordedEvent[] {
    const count = this.registers.words[this.registers.at.COUNT];
    const events: RecordedEvent[] = [];
    for (let number = Math.max(0, count - Math.min(most, ringLength)); number < count; number++) {
      const [low, high, kind, argument0, argument1] = this.ring.subarray((number % ringLength) * entryWords);
      events.push({ number, timeNs: high * wordSpan + low, kind, argument0, argument1 });
    }
    return events;
  }

  private record(kind: number): void {
    const { words, at } = this.registers;
    const elapsed = this.context.now - this.context.powerOnTime;
    const offset = (words[at.COUNT] % ringLength) * entryWords;
    this.ring[offset] = elapsed % wordSpan;
    this.ring[offset + 1] = Math.floor(elapsed / wordSpan);
    this.ring[offset + 2] = kind;
    this.ring[offset + 3] = words[at.ARGUMENT0];
    this.ring[offset + 4] = words[at.ARGUMENT1];
    words[at.COUNT]++;
    const argument1 = words[at.ARGUMENT1];
    this.context.log(LogKind.RECORDER, kind | (argument1 << 16), words[at.ARGUMENT0], argument1);
  }

  private entry(field: number): number {
    const { words, at } = this.registers;
    const index = words[at.INDEX];
    const age = words[at.COUNT] - index;
    if (age < 1)
      this.context.fault(
        FaultCause.BUS_STATE,
        `recorder: event ${index} has not happened; COUNT is ${words[at.COUNT]}`,
      );
    if (age > ringLength)
      this.context.fault(
        FaultCause.BUS_STATE,
        `recorder: event ${index} has left the ring; the oldest is ${words[at.COUNT] - ringLength}`,
      );
    return this.ring[(index % ringLength) * entryWords + field];
  }
}
