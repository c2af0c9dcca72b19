// A serial line: two FIFOs of 512 bytes, paced by the baud rate, and the incoming wire from room temperature.
//
//   host: receive() -> wire 16 KiB --RECEIVE events--> receive FIFO -> DATA reads
//   DATA writes -> transmit FIFO --TRANSMIT events--> context.transmit() -> host
//
// Bytes move in bursts of at most 64; a burst is one event at the end of its last byte. So a byte is up to 63 byte times
// late, never early, and a long frame costs one event per 64 bytes. What must stay true: bytes keep their order; a lost
// one sets OVERRUN, or was received while ENABLE was zero; each direction has one event in the queue exactly while it
// moves bytes. With FLOW_CONTROL a burst that finds no room is held on the wire until the FIFO has some.

import { UART0, UART1 } from '../../../protocol/generated/registers.ts';
import type { Device, DeviceContext, Registers } from '../device.ts';
import { EventKind, FaultCause } from '../device.ts';
import { ByteRing } from './byte-ring.ts';

export const fifoBytes = 512;
/** Some frames of the largest size: a gateway may put so many bytes on the wire before it must wait. */
export const wireBytes = 16 * 1024;
export const burstBytes = 64;
/** Start bit, eight data bits, stop bit. */
const bitsPerByte = 10;
const nanosecondsPerSecond = 1_000_000_000;

const { RECEIVE_AVAILABLE, TRANSMIT_EMPTY, OVERRUN } = UART0.registers.STATUS.fields;
const { RECEIVED, TRANSMIT_FREE } = UART0.registers.LEVEL.fields;
const { ENABLE, FLOW_CONTROL } = UART0.registers.CONTROL.fields;

/** What differs between the lines. */
const lines = [
  { peripheral: UART0, receiveKind: EventKind.UART0_RECEIVE, transmitKind: EventKind.UART0_TRANSMIT },
  { peripheral: UART1, receiveKind: EventKind.UART1_RECEIVE, transmitKind: EventKind.UART1_TRANSMIT },
] as const;

export class Uart implements Device {
  readonly peripheral: typeof UART0 | typeof UART1;
  readonly eventKinds: readonly number[];
  readonly onRead = { DATA: () => this.takeReceived(), LEVEL: () => this.level() };
  readonly onWrite = {
    DATA: (value: number) => this.send(value),
    STATUS: () => this.updateLine(),
    BAUD: (value: number, _index: number, previous: number) => this.checkBaud(value, previous),
    INTERRUPT_ENABLE: () => this.updateLine(),
  };
  private readonly context: DeviceContext;
  private readonly registers: Registers<typeof UART0>;
  private readonly line: 0 | 1;
  private readonly receiveKind: number;
  private readonly transmitKind: number;
  private readonly wire: ByteRing;
  private readonly received: ByteRing;
  private readonly toSend: ByteRing;
  /** [0] bytes of the burst being sent, 0 while the line is idle. */
  private readonly leaving: Uint32Array;
  /** [0] 1 while flow control stops the sender: bytes are on the wire, and no burst is moving. */
  private readonly held: Uint32Array;
  /** [0] time at which that burst began, [1] end of its last byte. */
  private readonly burst: Float64Array;
  /** Holds bytes only within one event. */
  private readonly scratch = new Uint8Array(burstBytes);

  constructor(context: DeviceContext, line: 0 | 1) {
    const { peripheral, receiveKind, transmitKind } = lines[line];
    this.context = context;
    this.line = line;
    this.peripheral = peripheral;
    this.receiveKind = receiveKind;
    this.transmitKind = transmitKind;
    this.eventKinds = [receiveKind, transmitKind];
    this.registers = context.registers(peripheral);
    this.wire = new ByteRing(context.arena, wireBytes);
    this.received = new ByteRing(context.arena, fifoBytes);
    this.toSend = new ByteRing(context.arena, fifoBytes);
    this.leaving = context.arena.words(1);
    this.held = context.arena.words(1);
    this.burst = context.arena.isHistory(context.arena.floats(2));
  }

  /** Free bytes on the wire. */
  get wireFree(): number {
    return this.wire.free;
  }

  /** Puts bytes on the incoming wire; they arrive one per byte time. Throws when they exceed `wireFree`. */
  receive(bytes: Uint8Array): void {
    if (bytes.length > this.wire.free)
      throw new Error(
        `uart${this.line}: ${bytes.length} bytes do not fit on the wire, ${this.wire.free} do; let time pass first`,
      );
    const idle = this.wire.length === 0;
    this.wire.pushAll(bytes, bytes.length);
    if (idle && bytes.length > 0) this.startArrival();
  }

  /** Bytes on the wire still arrive, and are dropped until ENABLE is set again. */
  reset(): void {
    this.cutTransmission();
    this.context.cancel(this.transmitKind);
    this.received.clear();
    this.registers.reset();
    this.releaseSender();
  }

  powerLost(): void {
    this.cutTransmission();
    this.received.clear();
    this.wire.clear();
    this.held[0] = 0;
  }

  onEvent(kind: number, length: number): void {
    if (kind === this.receiveKind) this.arrived(length);
    else this.transmitted();
  }

  private arrived(length: number): void {
    if (length < 1 || length > this.wire.length)
      throw new Error(`uart${this.line}: ${length} bytes arrived of ${this.wire.length} on the wire`);
    const { words, at } = this.registers;
    const flowControlled =
      (words[at.CONTROL] & (ENABLE.mask | FLOW_CONTROL.mask)) === (ENABLE.mask | FLOW_CONTROL.mask);
    if (flowControlled && this.received.free < length) {
      this.held[0] = 1;
      return;
    }
    this.wire.popAll(this.scratch, length);
    if (this.wire.length > 0) this.startArrival();
    if ((words[at.CONTROL] & ENABLE.mask) === 0) return;
    const taken = Math.min(length, this.received.free);
    this.received.pushAll(this.scratch, taken);
    if (taken < length) words[at.STATUS] |= OVERRUN.mask;
    words[at.STATUS] |= RECEIVE_AVAILABLE.mask;
    this.updateLine();
  }

  private transmitted(): void {
    const length = this.leaving[0];
    if (length === 0) throw new Error(`uart${this.line}: a burst left that never began`);
    this.toSend.popAll(this.scratch, length);
    this.leaving[0] = 0;
    if (this.toSend.length > 0) this.startTransmission();
    else {
      this.registers.words[this.registers.at.STATUS] |= TRANSMIT_EMPTY.mask;
      this.updateLine();
    }
    this.context.transmit(this.line, this.scratch.subarray(0, length));
  }

  private takeReceived(): number {
    if (this.received.length === 0)
      this.context.fault(
        FaultCause.BUS_STATE,
        `uart${this.line}: nothing received to read; look at STATUS.RECEIVE_AVAILABLE or LEVEL first`,
      );
    const byte = this.received.pop();
    if (this.received.free >= burstBytes) this.releaseSender();
    if (this.received.length === 0) {
      this.registers.words[this.registers.at.STATUS] &= ~RECEIVE_AVAILABLE.mask;
      this.updateLine();
    }
    return byte;
  }

  private send(byte: number): void {
    if (this.toSend.free === 0)
      this.context.fault(
        FaultCause.BUS_STATE,
        `uart${this.line}: the transmit FIFO is full; look at LEVEL.TRANSMIT_FREE first`,
      );
    this.toSend.push(byte);
    if (this.leaving[0] !== 0) return;
    this.registers.words[this.registers.at.STATUS] &= ~TRANSMIT_EMPTY.mask;
    this.updateLine();
    this.startTransmission();
  }

  private level(): number {
    return ((this.toSend.free << TRANSMIT_FREE.shift) | (this.received.length << RECEIVED.shift)) >>> 0;
  }

  private releaseSender(): void {
    if (this.held[0] === 0) return;
    this.held[0] = 0;
    this.startArrival();
  }

  private startArrival(): void {
    const length = Math.min(burstBytes, this.wire.length);
    this.context.schedule(this.context.now + this.durationOf(length), this.receiveKind, length);
  }

  private startTransmission(): void {
    const length = Math.min(burstBytes, this.toSend.length);
    this.leaving[0] = length;
    this.burst[0] = this.context.now;
    this.burst[1] = this.context.now + this.durationOf(length);
    this.context.schedule(this.burst[1], this.transmitKind, length);
  }

  /** The bytes of the burst whose time is over were sent; the rest, and all bytes after it, are lost. */
  private cutTransmission(): void {
    const length = this.leaving[0];
    if (length !== 0) {
      const share = (this.context.now - this.burst[0]) / (this.burst[1] - this.burst[0]);
      const left = Math.min(length, Math.floor(share * length));
      this.toSend.popAll(this.scratch, left);
      if (left > 0) this.context.transmit(this.line, this.scratch.subarray(0, left));
    }
    this.leaving[0] = 0;
    this.toSend.clear();
  }

  private durationOf(bytes: number): number {
    const baud = this.registers.words[this.registers.at.BAUD];
    return Math.ceil((bytes * bitsPerByte * nanosecondsPerSecond) / baud);
  }

  private checkBaud(value: number, previous: number): void {
    if (value !== 0) return;
    this.registers.words[this.registers.at.BAUD] = previous;
    this.context.fault(FaultCause.BUS_RESERVED, `uart${this.line}: a line of 0 baud never moves; BAUD must be above 0`);
  }

  private updateLine(): void {
    const { words, at } = this.registers;
    const raising = words[at.STATUS] & words[at.INTERRUPT_ENABLE] & (RECEIVE_AVAILABLE.mask | TRANSMIT_EMPTY.mask);
    this.context.setLine(this.peripheral.line, raising !== 0);
  }
}
