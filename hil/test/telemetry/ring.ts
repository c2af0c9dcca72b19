// The telemetry ring of the firmware on retained RAM, and a ledger of what it was given: what its laws are checked by.

import { GuestMachine } from '../../../host/board/guest-machine.ts';
import { compileGuest } from '../../../host/tools/guest.ts';
import { RETAINED } from '../../../protocol/generated/registers.ts';
import { telemetryKinds } from '../../../protocol/telemetry/records.ts';

type Call = (...values: number[]) => number;
type Part = Record<
  | 'acknowledge'
  | 'appendWords'
  | 'beginBoot'
  | 'currentBoot'
  | 'entriesTaken'
  | 'nextSequence'
  | 'partOf'
  | 'recordCount'
  | 'recover'
  | 'shownBody'
  | 'skipLost'
  | 'tellDropped',
  Call
> & { memory: WebAssembly.Memory };

export interface Kept {
  boot: number;
  sequence: number;
  kind: number;
  level: number;
  words: number;
  body: number[];
  id: number;
}

const eventKind = telemetryKinds.event.number;

class Cut extends Error {}

let module: WebAssembly.Module;
/** Before the first ring is made. */
export async function compileRing(): Promise<void> {
  module = new WebAssembly.Module(Uint8Array.from(await compileGuest('firmware/report/telemetry-ring.entry.ts')));
}

/** A number that grows with (boot, sequence). */
export const numberOf = ({ boot, sequence }: { boot: number; sequence: number }) => boot * 2 ** 32 + sequence;

/** A device that has nothing but the ring. What it told is written down here: that is the ledger the laws are checked by. */
export class Ring {
  readonly machine = new GuestMachine().machine;
  part!: Part;
  kept = false;
  boot = 0;
  /** The number that would come next if no boot had begun. */
  nextAtStart = 0;
  /** Numbers given to records, by the identity that the test gave them; those of `dropped` records have none. */
  readonly given = new Map<number, number>();
  readonly acknowledged = new Map<number, Kept>();
  /** Numbers used up in each boot that has ended. */
  private readonly used = new Map<number, number>();
  private writesLeft = Number.POSITIVE_INFINITY;
  private nextId = 1;

  constructor() {
    this.powerOn();
  }

  powerOn(): void {
    this.given.clear();
    this.acknowledged.clear();
    this.used.clear();
    for (let word = 0; word < RETAINED.registers.DATA.count; word++)
      this.machine.poke(RETAINED, 'DATA', Math.imul(word + 1, 0x9e37_79b9) >>> 0, word);
    this.start(true);
  }

  /** Fresh RAM and code; retained RAM is as it was. */
  start(isNew = false): void {
    this.writesLeft = Number.POSITIVE_INFINITY;
    const { bus } = this.machine;
    const write32 = (address: number, value: number) => {
      if (this.writesLeft-- <= 0) throw new Cut();
      bus.poke(address, value);
    };
    const instance = new WebAssembly.Instance(module, {
      bus: { read32: (address: number) => bus.peek(address) | 0, write32 },
    });
    this.part = instance.exports as unknown as Part;
    this.machine.ram = new Uint8Array(this.part.memory.buffer);
    this.kept = this.part.recover(isNew ? 1 : 0, 0xffff_ffff) !== 0;
    this.nextAtStart = this.next();
    this.used.set(this.part.currentBoot(), this.part.nextSequence() >>> 0);
    this.part.beginBoot(++this.boot);
  }

  /** Does something, and is reset before its write number `writes`; without a reset when it makes fewer. */
  cutAfter(writes: number, act: () => void): void {
    this.writesLeft = writes;
    try {
      act();
    } catch (error) {
      if (!(error instanceof Cut)) throw error;
    }
    this.start();
  }

  append(level: number, words: number): void {
    const id = this.nextId++;
    const number = this.next();
    try {
      this.part.appendWords(eventKind, level, words, id, 0);
    } finally {
      if (this.part.nextSequence() > number % 2 ** 32) this.given.set(number, id);
    }
  }

  next(): number {
    return numberOf({ boot: this.part.currentBoot() >>> 0, sequence: this.part.nextSequence() >>> 0 });
  }

  acknowledge(share: number): void {
    const all = this.all();
    const last = all[Math.floor(share * all.length)];
    if (last === undefined) return;
    this.part.acknowledge(last.boot, last.sequence);
    for (const one of all) if (numberOf(one) <= numberOf(last)) this.acknowledged.set(numberOf(one), one);
  }

  /** How many numbers were used up since power-on, those of `dropped` records too. */
  numbersUsed(): number {
    return [...this.used.values()].reduce((sum, next) => sum + next, this.part.nextSequence() >>> 0);
  }

  /** As `append`, with a reset before write number `writes`: whether the record was made is what the device finds afterwards. */
  appendCut(level: number, size: number, writes: number): void {
    const number = this.next();
    this.cutAfter(writes, () => this.append(level, size));
    if (this.nextAtStart <= number) this.given.delete(number);
  }

  /** Everything that is kept, oldest first. */
  all(): Kept[] {
    return Array.from({ length: this.part.recordCount() }, (_, index) => {
      const [boot, sequence, kind, level, words, id] = [0, 1, 2, 3, 4, 5].map(
        (part) => this.part.partOf(index, part) >>> 0,
      );
      const body = Array.from({ length: words }, (__, word) => this.part.shownBody(word) >>> 0);
      return { boot, sequence, kind, level, words, body, id };
    });
  }

  tellDropped(): void {
    this.part.tellDropped();
  }
}
