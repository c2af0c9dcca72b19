// A device under attack, and the laws that must hold whatever is sent to it:
//
// - no fault, and no reset except a requested one
// - every message with a whole header is answered exactly once, in order, with its own sequence number and a body of CBOR; what follows
//   a request that failed in the same message is not served
// - an answer is complete 200 ms after its request
// - the bytes of the bootloader and of the running image never change
// - afterwards it answers an echo, on both lines
//
// `deliver` checks the first three for each message, `judge` the rest at the end of a case. A broken law throws an error that names it.
// It frames and reads messages itself (wire.ts) and not with the client of hil/rig, because framing is one of the things that are checked.

import type { Board } from '../../../host/board/board.ts';
import { ResetCause } from '../../../host/board/device.ts';
import { LogKind } from '../../../host/board/log.ts';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import type { CborMap } from '../../../host/tools/smp/cbor.ts';
import { encodeMessage, headerSize } from '../../../host/tools/smp/message.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { ImgCommand, OsCommand, Smp, SmpGroup } from '../../../protocol/smp/smp.ts';
import { write } from '../../rig/lines.ts';
import { millisecond } from '../../rig/time.ts';
import { type Answer, checkAnswer } from './answer.ts';
import { type Datagram, gateway, serialConsole, type Wire, wires } from './wire.ts';

const patienceNs = 200 * millisecond;
const stepNs = 100_000;
/** The time from an answer that announces a reset, or from power-on, until the device is up again. */
const bootNs = 500 * millisecond;
const fromOutside: number[] = [ResetCause.POWER_ON, ResetCause.PIN, ResetCause.BROWN_OUT];
const slotStart = [MemoryMap.SLOT_A, MemoryMap.SLOT_B];

interface Slot {
  number: number;
  bytes: Buffer;
}

interface Listed {
  slot: number;
  version: string;
  active: boolean;
  confirmed: boolean;
}

/** A line as the test sees it. */
interface Side {
  decode: (bytes: Uint8Array) => Datagram[];
  /** The bytes that were sent since the line was last silent and empty. */
  stream: Buffer;
  messages: number;
  answers: (Datagram & { timeNs: number })[];
}

export class CheckedDevice {
  readonly board: Board;
  private readonly base: Snapshot;
  private readonly boot: Buffer;
  private readonly slots: Slot[];
  /** Slots that must not change: each holds the running image, or one to fall back to. */
  private guarded: Slot[] = [];
  private sides: [Side, Side] = [side(gateway), side(serialConsole)];
  private faults = 0;
  /** Resets that the device made itself. */
  private resets = 0;
  private resetsAsked = 0;
  private sequence = 0;

  /** A board at rest; every case begins with its present state. */
  constructor(board: Board, slots: number[]) {
    this.board = board;
    this.boot = this.inFlash(MemoryMap.BOOT, MemoryMap.BOOT_SIZE);
    this.slots = slots.map((number) => this.inSlot(number));
    this.base = board.snapshot();
    this.restart();
    board.onLog = ({ kind, a }) => {
      if (kind === LogKind.RESET && !fromOutside.includes(a)) this.resets++;
      if (kind === LogKind.FAULT) this.faults++;
    };
    board.onTransmit = (line, bytes, timeNs) => {
      const { decode, answers } = this.sides[line];
      for (const datagram of decode(bytes)) answers.push({ ...datagram, timeNs });
    };
  }

  /** Back to the beginning. */
  restart(): this {
    this.board.restore(this.base);
    this.linesAreNew();
    this.faults = 0;
    this.resets = 0;
    this.resetsAsked = 0;
    this.guarded = this.slots;
    return this;
  }

  /** Forgets unfinished messages on the lines: the device was reset, and has forgotten them, too. */
  linesAreNew(): void {
    this.sides = [side(gateway), side(serialConsole)];
  }

  /** Puts any number of bytes on a line; time passes while the wire is full. */
  put(line: 0 | 1, bytes: Uint8Array): void {
    this.sides[line].stream = Buffer.concat([this.sides[line].stream, bytes]);
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + this.board.wireFree(line));
      if (piece.length === 0) this.board.runFor(stepNs);
      else this.board.send(line, piece);
      at += piece.length;
    }
  }

  /** Sends any bytes, frame by frame, and returns the answers to the messages in them. */
  deliver(wire: Wire, bytes: Uint8Array): Answer[] {
    const answers: Answer[] = [];
    for (let start = 0; start < bytes.length; ) {
      const found = bytes.subarray(start).findIndex((byte) => wire.endings.includes(byte));
      const end = found < 0 ? bytes.length : start + found + 1;
      this.put(wire.line, bytes.subarray(start, end));
      start = end;
      this.letArrive(wire);
      const [datagram] = this.newMessages(wire);
      if (!datagram) continue;
      // After a piece that completes a message, nothing is left on the line.
      Object.assign(this.sides[wire.line], { stream: Buffer.alloc(0), messages: 0 });
      answers.push(...this.answersTo(wire, datagram));
    }
    return answers;
  }

  /** One request, correctly framed. An unfinished message before it may be completed by it, and is answered first. */
  request(wire: Wire, message: Uint8Array): Answer | undefined {
    return this.deliver(wire, wire.encode(message, 1 + (this.sequence++ % 0xffff))).at(-1);
  }

  ask(
    operation: number,
    group: number,
    command: number,
    body: CborMap | Uint8Array = {},
    { wire = gateway, version = 2 } = {},
  ): Answer {
    const sequence = this.sequence & 0xff;
    const answer = this.request(wire, encodeMessage({ operation, version, group, sequence, command }, body));
    if (!answer) throw new Error(`no answer to operation ${operation} of group ${group}, command ${command}`);
    return answer;
  }

  /** Lets what is on the wire reach the device. */
  letArrive(wire: Wire): void {
    const limit = this.board.now + 20_000 * wire.byteNs + patienceNs;
    while (this.board.wireFree(wire.line) < 16 * 1024 && this.board.now < limit) this.board.runFor(64 * wire.byteNs);
  }

  /** Messages that the stream has completed since this was last asked. */
  newMessages(wire: Wire): Datagram[] {
    const own = this.sides[wire.line];
    const all = wire.messagesIn(own.stream);
    const fresh = all.slice(own.messages);
    own.messages = all.length;
    return fresh;
  }

  /** The answers of the device to a message that has just arrived; throws when they break the law. */
  answersTo(wire: Wire, { peer, message }: Datagram): Answer[] {
    const found: Answer[] = [];
    let rest = message;
    while (rest.length >= headerSize) {
      const answer = this.nextAnswer(wire, peer, rest);
      found.push(answer);
      if (answer.fields.rc !== undefined || answer.fields.err !== undefined) break;
      rest = rest.subarray(headerSize + ((rest[2] << 8) | rest[3]));
    }
    let resetIsDue = false;
    for (const { operation, group, command, fields } of found) {
      const done = operation === Smp.OP_WRITE_RESPONSE && fields.rc === undefined && fields.err === undefined;
      // When a reset is requested twice before it happens, it happens once.
      if (done && group === SmpGroup.OS && command === OsCommand.RESET && !resetIsDue) {
        resetIsDue = true;
        this.followReset();
      }
      if (done && group === SmpGroup.IMG && command === ImgCommand.STATE) this.guardWhatCounts();
    }
    return found;
  }

  /** A reset was requested: it must happen. */
  private followReset(): void {
    this.resetsAsked++;
    this.board.runFor(bootNs);
    this.settle();
  }

  /** The device was reset from outside, or its power was cut: it must come up, whatever was on the lines. */
  recover(): void {
    if (this.board.state === 'off') this.board.powerOn();
    this.board.runFor(bootNs);
    this.settle();
  }

  private settle(): void {
    if (this.resets !== this.resetsAsked) this.broken(`${this.resets} resets, ${this.resetsAsked} were requested`);
    // The rest of a frame whose start the device has not seen ends here; an answer to it belongs to no request.
    for (const { line, endings } of wires) this.board.send(line, Uint8Array.of(endings[0]));
    this.board.runFor(patienceNs);
    this.linesAreNew();
    this.guardWhatCounts();
  }

  /**
   * The running image must not change, nor the one to fall back to: the confirmed image, or in safe mode the newest of two. A rejected update may
   * change, and so may the image that a confirmed one has replaced.
   */
  private guardWhatCounts(): void {
    const images = this.ask(Smp.OP_READ, SmpGroup.IMG, ImgCommand.STATE).fields.images as Listed[];
    const newestFirst = images.sort((a, b) => b.version.localeCompare(a.version, 'en', { numeric: true }));
    const confirmed = newestFirst.filter((each) => each.confirmed).slice(0, 1);
    const needed = new Set([...images.filter(({ active }) => active), ...confirmed].map(({ slot }) => slot));
    if (needed.size === 0) this.broken('no image is active or confirmed');
    this.guarded = [...needed].map((slot) => this.guarded.find(({ number }) => number === slot) ?? this.inSlot(slot));
  }

  private nextAnswer(wire: Wire, peer: number, request: Uint8Array): Answer {
    const header = Buffer.from(request.subarray(0, headerSize)).toString('hex');
    const limit = this.board.now + patienceNs;
    const { answers } = this.sides[wire.line];
    while (answers.length === 0 && this.board.now < limit) this.board.runFor(stepNs);
    const answer = answers.shift();
    if (!answer || answer.timeNs > limit) this.broken(`no answer to ${header} on ${wire.name} within 200 ms`);
    if (answer.peer !== peer) this.broken(`the answer to ${header} of peer ${peer} went to peer ${answer.peer}`);
    return checkAnswer(request, answer.message, (what) => this.broken(what));
  }

  /** What the device has sent on a line and was not read yet. */
  take(wire: Wire): (Datagram & { timeNs: number })[] {
    return this.sides[wire.line].answers.splice(0);
  }

  /** How many answers wait that belong to no request. */
  private strayAnswers(): number {
    return this.sides[0].answers.length + this.sides[1].answers.length;
  }

  /** The laws that are checked at the end. */
  judge(): void {
    this.board.runFor(20 * millisecond);
    if (this.strayAnswers() > 0) this.broken(`${this.strayAnswers()} answers that belong to no request`);
    for (const wire of wires) {
      const text = `still there? ${wire.name}`;
      const { fields } = this.ask(write, 0, 0, { d: text }, { wire });
      if (fields.r !== text) this.broken(`an echo came back as ${JSON.stringify(fields)} on ${wire.name}`);
    }
    if (this.strayAnswers() > 0) this.broken(`${this.strayAnswers()} answers that belong to no request`);
    this.judgeMachine();
  }

  /** The laws that cost nothing to check: no fault, no reset except requested ones. */
  judgeCalm(): void {
    if (this.faults !== 0) this.broken(`${this.faults} faults`);
    if (this.resets !== this.resetsAsked) this.broken(`${this.resets} resets, ${this.resetsAsked} were requested`);
  }

  /** The laws that need no answer: no fault, no reset, no byte changed. */
  judgeMachine(): void {
    this.judgeCalm();
    if (!this.inFlash(MemoryMap.BOOT, MemoryMap.BOOT_SIZE).equals(this.boot)) this.broken('the bootloader changed');
    for (const { number, bytes } of this.guarded)
      if (!this.inFlash(slotStart[number], MemoryMap.SLOT_SIZE).equals(bytes)) this.broken(`slot ${number} changed`);
  }

  private inSlot(number: number): Slot {
    return { number, bytes: this.inFlash(slotStart[number], MemoryMap.SLOT_SIZE) };
  }

  inFlash(start: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    this.board.machine.flash.readBytes(start, bytes);
    return bytes;
  }

  private broken(law: string): never {
    const { fault, now, state } = this.board;
    const more = fault.count === 0 ? '' : `; fault ${fault.cause} in ${fault.functionName}: ${this.board.faultDetail}`;
    throw new Error(`hostile: ${law} (at ${now} ns, ${state}${more})`);
  }
}

function side(wire: Wire): Side {
  return { decode: wire.decoder(), stream: Buffer.alloc(0), messages: 0, answers: [] };
}
