// The emulated board with everything in it: power, faults, registers, flash, slots, temperatures, the log.
//
// What must stay true: what a scenario does to the board goes through here or through `device`, so it is recorded (recorded-board.ts) and can be
// repeated without the scenario. A look changes nothing; only a register that is computed when it is read is an input, and recorded as one.

import type { RecordedEvent } from '../../../host/board/devices/recorder.ts';
import { LogKind, type LogRecord } from '../../../host/board/log.ts';
import { BoardView } from '../../../host/board/view.ts';
import type { StageName } from '../../../host/plant/cryostat/stages.ts';
import { parseImage } from '../../../host/tools/image/index.ts';
import { nameOf } from '../../../protocol/constants.ts';
import { RECORDER } from '../../../protocol/generated/registers.ts';
import { EventKind, eventKinds } from '../../../protocol/telemetry/events.ts';
import { Beat } from '../../../protocol/telemetry/heartbeat.ts';
import type { BootReport, SlotName } from '../boot-report.ts';
import type { DeviceUnderTest } from '../device.ts';
import { isTold, lastLines } from '../event-log.ts';
import { millisecond, parseTime, second } from '../time.ts';
import type { WiredCryostat } from '../wiring.ts';
import { isComputed, type RecordedBoard, readRegister, registerAt } from './recorded-board.ts';
import { Rig, type RigParts } from './rig.ts';

/** An event in the log of the run. */
export interface SeenEvent {
  kind: number;
  name: string;
  /** Nanoseconds since the scenario began. */
  timeNs: number;
  argument0: number;
  argument1: number;
}

export interface InsideParts extends RigParts {
  device: DeviceUnderTest;
  board: RecordedBoard;
  wired: WiredCryostat | undefined;
}

const TRACE_LINES = 14;
/** Of the events of a long run, at least so many are kept, the newest. */
const EVENTS_MOST = 50_000;
/** In a long wait, or after so many short ones, test runners and Ctrl-C get their turn. */
const TURN_NS = 60 * second;
const TURN_PASSES = 1000;

export class InsideRig extends Rig {
  readonly device: DeviceUnderTest;
  readonly view: BoardView;
  private readonly board: RecordedBoard;
  private readonly wired: WiredCryostat | undefined;
  private seen: SeenEvent[] = [];
  private passes = 0;

  constructor(parts: InsideParts) {
    super(parts);
    this.device = parts.device;
    this.board = parts.board;
    this.view = new BoardView(parts.board);
    this.wired = parts.wired;
    parts.device.onRecord = (record) => this.record(record);
  }

  override get now(): number {
    return this.board.now - this.beganNs;
  }

  protected override get lookNs(): number {
    return millisecond;
  }

  protected override async pass(ns: number): Promise<void> {
    const end = this.board.now + ns;
    while (this.board.now < end) {
      this.device.run(Math.min(TURN_NS, end - this.board.now));
      if (this.board.now < end || ++this.passes % TURN_PASSES === 0)
        await new Promise<void>((resolve) => setImmediate(resolve));
      this.signal?.throwIfAborted();
    }
  }

  // --- power and faults ------------------------------------------------------------------------------------------------

  /** Switches on, and waits until the firmware runs or safe mode is ready. */
  powerOn(): BootReport {
    return this.device.powerOn();
  }

  /** Cuts power: now, or in words `after 3ms` or `at access 1200` (of the bus, the next is 1). */
  cutPower(when = 'now'): void {
    const [, word, text = ''] = /^(now|after|at access) ?(.*)$/.exec(when.trim()) ?? [];
    const ns = parseTime(text);
    if (word === 'now' && text === '') this.device.cutPower();
    else if (word === 'after' && ns !== undefined) this.board.cutPowerAt(this.board.now + ns);
    else if (word === 'at access' && /^\d+$/.test(text)) this.board.cutPowerAtAccess(Number(text));
    else throw new RangeError(`cutPower('${when}'): write 'now', 'after 3ms' or 'at access 1200'`);
  }

  powerCycle(): BootReport {
    return this.device.powerCycle();
  }

  brownOut(): BootReport {
    this.board.brownOut();
    return this.device.settle();
  }

  /** Pulls the reset pin and waits for the boot. */
  pullReset(): BootReport {
    return this.device.reset();
  }

  /** Causes a fault in the words of `--fault`: `thermal-rise at 4K 200mW after 1s for 10s`. */
  fault(text: string): void {
    this.device.fault(text);
  }

  // --- flash -----------------------------------------------------------------------------------------------------------

  /** Puts an image into a slot past the chip, and returns its hash: as an upload, in no time. */
  place(slot: SlotName, image: Uint8Array): Uint8Array {
    const { hash } = parseImage(image);
    if (hash === undefined) throw new TypeError('place: the image has no hash to be listed by; sign it');
    this.device.programmer.place(slot, image);
    return hash;
  }

  /** Marks an image for a trial, resets, and returns what the bootloader did. */
  async boot(hash: Uint8Array): Promise<BootReport> {
    return this.device.testImage(hash);
  }

  // --- what there is to see --------------------------------------------------------------------------------------------

  get slots(): Record<SlotName, string> {
    return this.device.slotStates;
  }

  get lastBoot(): BootReport {
    return this.device.lastBoot;
  }

  /** A register by name: `RAILS.ENABLE`, `RECORDER.HEARTBEAT[3]`. */
  register(name: string): number {
    if (!isComputed(this.board, name)) {
      const { peripheral, name: register, index } = registerAt(name);
      return this.view.register(peripheral, register, index);
    }
    const value = readRegister(this.board, name);
    this.board.note({ does: 'read-register', register: name });
    return value;
  }

  /** A word of the last heartbeat record, as it stands in its register; no request is sent. */
  beat(word: keyof typeof Beat): number {
    return this.view.register(RECORDER, 'HEARTBEAT', Beat[word]);
  }

  /** Events since the scenario began, oldest first, heartbeats left out; those of one kind when it is given. */
  events(kind?: keyof typeof EventKind): readonly SeenEvent[] {
    return kind === undefined ? this.seen : this.seen.filter((event) => event.name === kind);
  }

  /** Events that the chip itself remembers, also from before the last reset: the recorder's ring. */
  remembered(kind: keyof typeof EventKind): RecordedEvent[] {
    return this.device.events(kind);
  }

  /** True temperature of a stage, kelvin. */
  kelvin(stage: StageName): number {
    return this.cryostat.temperatureKelvin(stage);
  }

  /** How warm a stage may ever be, kelvin. */
  safeKelvin(stage: StageName): number {
    const { fridge, stages } = this.cryostat;
    return fridge.stages[stages.indexOf(stage)].safeKelvin;
  }

  private get cryostat() {
    if (this.wired === undefined)
      throw new TypeError("this board lies on a bench and has no cryostat: give the scenario one, { fridge: 'uts' }");
    return this.wired.cryostat;
  }

  override trace(): string[] {
    const told = this.device.log.filter((record) => isTold(record) && record.kind !== LogKind.RUN);
    const own = told.map((record) => ({ ...record, timeNs: record.timeNs - this.beganNs }));
    return lastLines(own, TRACE_LINES);
  }

  private record({ timeNs, kind, a, b, argument1 = a >>> 16 }: LogRecord): void {
    if (kind !== LogKind.RECORDER || (a & 0xffff) === EventKind.HEARTBEAT) return;
    if (this.seen.length >= 2 * EVENTS_MOST) this.seen = this.seen.slice(EVENTS_MOST);
    const name = nameOf(eventKinds, a & 0xffff) ?? `${a & 0xffff}`;
    this.seen.push({ kind: a & 0xffff, name, timeNs: timeNs - this.beganNs, argument0: b, argument1 });
  }
}
