// A device that a test plays: it numbers records, keeps them until they are acknowledged, drops the oldest of the lowest class, and says so, as the firmware does.

import { telemetryKinds } from '../../../protocol/telemetry/records.ts';
import { identityOf } from '../../tools/telemetry/envelope.ts';
import { type DeviceAnswer, RecordNotMade, type TelemetrySource } from '../gateway/source.ts';
import { compareNumbers, type RecordNumber } from '../log/record-log.ts';
import { rest, type Time } from '../time.ts';

type Wire = readonly unknown[];

export class PlayedDevice {
  readonly serial: string;
  schema = 1;
  isSilent = false;
  /** Answers that are lost on their way: the device has heard the request. */
  lostAnswers = 0;
  /** Names of all records that it has made, and of those that it has dropped. */
  readonly made: string[] = [];
  readonly dropped: string[] = [];
  private readonly room: number;
  private kept: { number: RecordNumber; level: number; wire: Wire }[] = [];
  /** Of these, what it had not told when it lost its power. */
  readonly lost = new Set<string>();
  /** The last record that it was told to forget. */
  acknowledged: RecordNumber | undefined;
  private incarnation = 1;
  private boot = 1;
  private sequence = 0;
  private untold: { count: number; first: RecordNumber; last: RecordNumber } | undefined;

  constructor(serial: string, room: number) {
    this.serial = serial;
    this.room = room;
  }

  /** Class 0: bulk, 1: heartbeat, 2: critical. */
  make(level: number, wireOf: (wire: Wire) => Wire = (wire) => wire): void {
    this.append(level, telemetryKinds.event.number, [1, this.sequence, 0], wireOf);
  }

  /** The boot that runs, and the number of its next record. */
  get next(): { boot: number; next: number } {
    return { boot: this.boot, next: this.sequence };
  }

  hasMade({ boot, sequence }: RecordNumber): boolean {
    return boot < this.boot || (boot === this.boot && sequence < this.sequence);
  }

  /** What it keeps, it keeps. */
  reset(): void {
    this.boot++;
    this.sequence = 0;
    this.make(2);
  }

  /** Without power it forgets what it keeps, and somebody has erased its boot log: its numbers begin again. */
  erase(): void {
    for (const { number } of this.kept) this.lost.add(this.nameOf(number));
    for (const name of this.dropped) this.lost.add(name);
    this.kept = [];
    this.untold = undefined;
    this.acknowledged = undefined;
    this.incarnation++;
    this.boot = 0;
    this.reset();
  }

  source(time: Time, isOurs: () => boolean = () => true): TelemetrySource {
    const reach = async (signal: AbortSignal) => {
      await rest(time, 5, signal);
      if (this.isSilent || !isOurs() || signal.aborted) throw new Error('no answer');
    };
    return {
      ...{ target: `played://${this.serial}`, cryostat: 'north', close: async () => {} },
      identify: async (signal) => {
        await reach(signal);
        return this.serial;
      },
      read: async (after, signal) => {
        await reach(signal);
        if (after !== undefined && !this.hasMade(after))
          throw new RecordNotMade(`no record ${after.boot}/${after.sequence}`);
        const answer = this.answer(after);
        if (this.lostAnswers > 0) {
          this.lostAnswers--;
          throw new Error('no answer');
        }
        await reach(signal);
        return answer;
      },
    };
  }

  private answer(after: RecordNumber | undefined): DeviceAnswer {
    if (after !== undefined) {
      this.kept = this.kept.filter(({ number }) => compareNumbers(number, after) > 0);
      this.acknowledged = after;
    }
    if (this.untold !== undefined) {
      const { count, first, last } = this.untold;
      this.untold = undefined;
      this.append(2, telemetryKinds.dropped.number, [count, first.boot, first.sequence, last.boot, last.sequence]);
    }
    const records = this.kept.slice(0, 8).map(({ wire }) => wire);
    return { schema: this.schema, records, more: this.kept.length > records.length };
  }

  private append(level: number, kind: number, words: number[], wireOf: (wire: Wire) => Wire = (wire) => wire): void {
    const number = { boot: this.boot, sequence: this.sequence++ };
    this.made.push(this.nameOf(number));
    const wire = wireOf([kind, level, number.boot, number.sequence, number.sequence * 1000, 0, ...words]);
    this.kept.push({ number, level, wire });
    if (this.kept.length > this.room) this.drop();
  }

  private drop(): void {
    const lowest = Math.min(...this.kept.map(({ level }) => level));
    const [{ number }] = this.kept.splice(
      this.kept.findIndex(({ level }) => level === lowest),
      1,
    );
    this.dropped.push(this.nameOf(number));
    const { count, first, last } = this.untold ?? { count: 0, first: number, last: number };
    this.untold = {
      count: count + 1,
      first: compareNumbers(number, first) < 0 ? number : first,
      last: compareNumbers(number, last) > 0 ? number : last,
    };
  }

  private nameOf({ boot, sequence }: RecordNumber): string {
    return identityOf({ device: this.serial, incarnation: this.incarnation, boot, sequence });
  }
}
