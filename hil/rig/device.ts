// A device under test: a whole board with its bootloader and signed images. A test switches it on, sends requests, updates and disturbs it, all in
// virtual time.
//
//   const device = await DeviceUnderTest.running({ slots: { A: await firmwareImage('1.0.0') } });
//   await device.client().echo('hello');
//   device.run(60 * second);
//
// What must stay true: nothing here waits in real time; a request runs the board until the answer is there. A run is a function of options and
// calls: the same ones in the same order give the same log, bit by bit. All times are in nanoseconds of virtual time.

import type { Board } from '../../host/board/board.ts';
import type { RecordedEvent } from '../../host/board/devices/recorder.ts';
import type { LogRecord } from '../../host/board/log.ts';
import type { Snapshot } from '../../host/board/snapshot.ts';
import { CONSOLE_LINE } from '../../host/links/link.ts';
import type { Coverage } from '../../host/tools/coverage/coverage.ts';
import { compileGuest } from '../../host/tools/guest.ts';
import { type CborMap, decodeBody } from '../../host/tools/smp/cbor.ts';
import { type SessionOptions, SmpClient } from '../../host/tools/smp/index.ts';
import { decodeMessage, encodeMessage } from '../../host/tools/smp/message.ts';
import { CryoCommand, OsCommand, Smp, SmpGroup, StatCommand } from '../../protocol/smp/smp.ts';
import { EventKind } from '../../protocol/telemetry/events.ts';
import { type BootReport, bootReportOf, isInSafeMode, type SlotName, slotStatesOf } from './boot-report.ts';
import { countedBoard, coverageOf } from './coverage.ts';
import type { DeviceOptions } from './device-options.ts';
import { eventLines } from './event-log.ts';
import { disturbanceOf, parseFault } from './faults/language.ts';
import { firmwareImage } from './images.ts';
import { keys } from './keys.ts';
import { DeviceLines, type LineName } from './lines.ts';
import { Programmer } from './programmer.ts';
import { millisecond, second } from './time.ts';
import { type DeviceUploadOptions, uploadWith } from './upload.ts';

/** The bootloader decides in a millisecond or two. When it must write to a full sector, the time of an erase is added. */
const settleLimitNs = 2 * second;
const answerLimitNs = second;

export class DeviceUnderTest {
  readonly board: Board;
  readonly lines: DeviceLines;
  /** Reads and writes its flash and fuses directly, not through the chip. */
  readonly programmer: Programmer;
  /** All records since the board was put on the bench or restored, oldest first; at least the last `logMost` of them. */
  readonly log: LogRecord[] = [];
  logMost = Number.POSITIVE_INFINITY;
  /** Is told every record. */
  onRecord: ((record: LogRecord) => void) | undefined;
  /** The sequence number of the next request. It is part of a snapshot, so that a repeated run sends the same bytes. */
  private sequence = 0;
  private readonly sequences = new WeakMap<Snapshot, number>();

  /** Puts an existing board on the bench. Takes over its `onLog` and `onTransmit`. */
  constructor(board: Board) {
    this.board = board;
    this.lines = new DeviceLines(board);
    this.programmer = new Programmer(board);
    board.onLog = (record) => {
      if (this.log.length >= 2 * this.logMost) this.log.splice(0, this.logMost);
      this.log.push(record);
      this.onRecord?.(record);
    };
  }

  /** A new device from the factory, without power. */
  static async make<This extends DeviceUnderTest>(
    this: new (
      board: Board,
    ) => This,
    options: DeviceOptions = {},
  ): Promise<This> {
    const { slots, keys: burnt = keys.slice(0, 2).map(({ publicKey }) => publicKey) } = options;
    const bootloader = options.bootloader ?? (await compileGuest('bootloader/main.ts'));
    const board = countedBoard(options, options.makeBoard);
    board.provision({ bootloader, keys: burnt, slots });
    return new this(board);
  }

  /**
   * As `DeviceUnderTest.make`, then switched on, its firmware running; with the firmware of this repository in slot A when no slots are given.
   * Throws with the bootloader's reasons when it keeps control.
   */
  static async running(options: DeviceOptions = {}): Promise<DeviceUnderTest> {
    const slots = options.slots ?? { A: await firmwareImage('1.0.0') };
    const device = await DeviceUnderTest.make({ ...options, slots });
    const { decision, verified } = device.powerOn();
    if (device.board.state === 'firmware') return device;
    throw new Error(`device: no firmware runs: the bootloader decided ${decision} and found ${verified.join(', ')}`);
  }

  // --- time and power ----------------------------------------------------------------------------------------------------

  /** Nanoseconds since the board was made. */
  get now(): number {
    return this.board.now;
  }

  run(nanoseconds: number): void {
    this.board.runFor(nanoseconds);
  }

  /** Lets time pass until the condition is true; returns how long that took. Throws when `withinNs` were not enough. */
  waitFor(isSo: () => boolean, withinNs = 10 * second): number {
    const start = this.board.now;
    while (!isSo()) {
      if (this.board.now >= start + withinNs)
        throw new Error(`device: after ${withinNs / second} s what was waited for is not so; ${this.status}`);
      this.board.runFor(millisecond);
    }
    return this.board.now - start;
  }

  /** Switches on and waits until the firmware runs or safe mode is ready. */
  powerOn(): BootReport {
    this.board.powerOn();
    return this.settle();
  }

  cutPower(): void {
    this.board.cutPower();
  }

  powerCycle(): BootReport {
    this.board.cutPower();
    return this.powerOn();
  }

  /** Pulls the reset pin and waits for the boot. */
  reset(): BootReport {
    this.board.pullResetPin();
    return this.settle();
  }

  /** Waits until the firmware runs or safe mode is ready. Throws when the board halts, or when that takes more than two seconds. */
  settle(): BootReport {
    const limit = this.board.now + settleLimitNs;
    while (this.board.state === 'bootloader' && !isInSafeMode(this.board)) {
      if (this.board.now > limit)
        throw new Error('device: the bootloader has neither handed over nor entered safe mode within two seconds');
      this.board.runFor(millisecond);
    }
    this.board.runFor(millisecond);
    if (this.board.state === 'halted') throw new Error(`device: ${this.status}`);
    return this.lastBoot;
  }

  // --- asking ------------------------------------------------------------------------------------------------------------

  /** An SMP client of its own, on one of the two lines. */
  client(line: LineName = 'gateway', options: SessionOptions & { maximumMessageBytes?: number } = {}): SmpClient {
    this.lines.drain();
    return new SmpClient(this.lines.transport(line, options.maximumMessageBytes), options);
  }

  /**
   * Sends one request on the gateway line, once, and returns the body of its answer, also when it is an error: for tests of answers. For real
   * work use `client()`.
   */
  request(operation: number, group: number, command: number, body: CborMap = {}, version: 1 | 2 = 2): CborMap {
    const sequence = this.sequence++ & 0xff;
    const limit = this.board.now + answerLimitNs;
    this.lines.sendMessage(encodeMessage({ operation, version, group, sequence, command }, body));
    for (;;) {
      const reply = this.lines.nextMessage(limit - this.board.now);
      if (!reply)
        throw new Error(
          `device: no answer to operation ${operation}, group ${group}, command ${command}; ${this.status}`,
        );
      const answer = decodeMessage(reply);
      // Drops answers to earlier requests that nobody waited for.
      if (answer.sequence === sequence && answer.group === group) return decodeBody(answer.body);
    }
  }

  /** As `request`: reads (without a body) or writes in group CRYO. */
  cryo<Answer = Record<string, number>>(command: keyof typeof CryoCommand, body?: CborMap): Answer {
    const operation = body === undefined ? Smp.OP_READ : Smp.OP_WRITE;
    return this.request(operation, SmpGroup.CRYO, CryoCommand[command], body) as Answer;
  }

  /** Counters of a statistics group by name. */
  statistics(name: string): Record<string, number> {
    return this.request(Smp.OP_READ, SmpGroup.STAT, StatCommand.READ, { name }).fields as Record<string, number>;
  }

  /** Sends raw bytes as a datagram on the gateway line; the datagrams that come back within `waitNs`, or until a millisecond without one. */
  exchange(datagram: Uint8Array, waitNs = second): Uint8Array[] {
    const replies: Uint8Array[] = [];
    this.lines.drain();
    this.lines.sendMessage(datagram);
    for (let reply = this.lines.nextMessage(waitNs); reply; reply = this.lines.nextMessage(millisecond))
      replies.push(reply);
    return replies;
  }

  /** Sends an echo request as traffic, and does not wait for its answer. */
  sendTraffic(): void {
    const sequence = this.sequence++ & 0xff;
    const header = {
      operation: Smp.OP_WRITE,
      version: 2,
      group: SmpGroup.OS,
      sequence,
      command: OsCommand.ECHO,
    } as const;
    this.lines.sendMessage(encodeMessage(header, { d: 'busy' }));
  }

  /** Sends raw bytes on the console line and waits until they have arrived. */
  type(bytes: Uint8Array): void {
    this.board.send(CONSOLE_LINE, bytes);
    this.board.runFor((bytes.length + 100) * 10_000);
  }

  /**
   * Uploads an image with the product's own client and returns the hash under which the device lists it. Rejects with an SmpError when the
   * device refuses it, or when power was cut (`cutPowerAtByte`).
   */
  upload(image: Uint8Array, options: DeviceUploadOptions = {}): Promise<Uint8Array> {
    const { line, maximumMessageBytes } = options;
    return uploadWith(this.client(line, { maximumMessageBytes }), image, options, () => this.cutPower());
  }

  /** Marks an uploaded image for a trial, resets, and waits until the device has booted. */
  async testImage(hash: Uint8Array): Promise<BootReport> {
    const client = this.client();
    await client.imageTest(hash);
    const boots = this.events('BOOT_START').length;
    await client.reset();
    this.waitFor(() => this.events('BOOT_START').length > boots);
    return this.settle();
  }

  // --- disturbing --------------------------------------------------------------------------------------------------------

  /** Causes a fault, in the language of faults/language.ts: `thermal-rise at 4K 200mW after 30s for 10min`. Its times count from now. */
  fault(text: string): void {
    this.board.disturb(disturbanceOf(parseFault(text), this.board.now));
  }

  // --- state -------------------------------------------------------------------------------------------------------------

  snapshot(): Snapshot {
    const snapshot = this.board.snapshot();
    this.sequences.set(snapshot, this.sequence);
    return snapshot;
  }

  /** Restores a snapshot. The log starts again, and bytes that were on the lines do not arrive. */
  restore(snapshot: Snapshot): void {
    this.board.restore(snapshot);
    this.sequence = this.sequences.get(snapshot) ?? 0;
    this.lines.forget();
    this.log.length = 0;
  }

  /** Another device in the same state, with its own log. */
  fork(): this {
    const View = this.constructor as new (board: Board) => this;
    const other = new View(this.board.fork());
    other.sequence = this.sequence;
    return other;
  }

  // --- what was seen -----------------------------------------------------------------------------------------------------

  get lastBoot(): BootReport {
    return bootReportOf(this.board);
  }

  /** The state of each slot in flash, in words. */
  get slotStates(): Record<SlotName, string> {
    return slotStatesOf(this.board);
  }

  /** Events of one kind in the chip's recorder, oldest first. */
  events(kind: keyof typeof EventKind): RecordedEvent[] {
    return this.board.recorderEvents().filter((event) => event.kind === EventKind[kind]);
  }

  /** What it has executed, block by block; only with the option `countBlocks`, or while `countedWhile` collects. */
  coverage(): Coverage {
    return coverageOf(this.board);
  }

  /** The log in words, one line per record. Of a long log, half of the lines are from the beginning and half from the end. */
  eventLog(): string[] {
    return eventLines(this.log);
  }

  /** Its present state, for messages. */
  get status(): string {
    const { state, haltReason, now, faultDetail } = this.board;
    const fault = faultDetail === '' ? '' : `, last fault: ${faultDetail}`;
    return `at ${now / second} s the board is in state '${state}'${haltReason ? ` (${haltReason})` : ''}${fault}`;
  }
}
