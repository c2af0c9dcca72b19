// The two serial lines of a device, seen from outside, in virtual time: the board runs while a client waits for an answer. Nothing waits in real time.
//
//   gateway (line 0)   SLIP frames, one SMP message each; through host/links/in-process.ts
//   console (line 1)   SMP messages in console frames, and plain text beside them
//
// Both clients are the product's own (host/tools/smp). The board has one `onTransmit`; it is used here, and the bytes go to all listeners. What
// must stay true: after a board was set back in time (`forget`), earlier bytes reach nobody.

import type { Board } from '../../host/board/board.ts';
import { type BoardDevice, boardDevice } from '../../host/links/in-process.ts';
import { CONSOLE_LINE, type LineNumber } from '../../host/links/link.ts';
import type { PacedBoard } from '../../host/links/pacer.ts';
import {
  type ByteStream,
  consoleFraming,
  framedTransport,
  type InProcessDevice,
  inProcessTransport,
  type SmpTransport,
} from '../../host/tools/smp/index.ts';
import { Smp } from '../../protocol/smp/smp.ts';

type Listener = (line: LineNumber, bytes: Uint8Array, timeNs: number) => void;

export type LineName = 'gateway' | 'console';

/** Operations of an SMP request, for tests that make their own. */
export const { OP_READ: read, OP_WRITE: write } = Smp;

export class DeviceLines {
  private readonly board: Board;
  /** The board as the gateway link sees it: with an `onTransmit` of its own. */
  private readonly port: PacedBoard;
  private readonly listeners: Listener[] = [];
  private gatewayEnd: BoardDevice;
  private consoleBytes: Uint8Array[] = [];

  constructor(board: Board) {
    this.board = board;
    this.port = {
      get now() {
        return board.now;
      },
      get nextEventTime() {
        return board.nextEventTime;
      },
      runUntil: (timeNs) => board.runUntil(timeNs),
      wireFree: (line) => board.wireFree(line),
      send: (line, bytes) => board.send(line, bytes),
      onTransmit: undefined,
    };
    this.gatewayEnd = boardDevice(this.port);
    board.onTransmit = (line, bytes, timeNs) => {
      this.port.onTransmit?.(line, bytes, timeNs);
      if (line === CONSOLE_LINE) this.consoleBytes.push(bytes.slice());
      for (const listener of this.listeners) listener(line, bytes, timeNs);
    };
  }

  /** Calls back with the bytes that the device transmits, on either line. */
  listen(listener: Listener): void {
    this.listeners.push(listener);
  }

  /** Drops received bytes that nobody has read, and an incomplete frame. */
  forget(): void {
    this.gatewayEnd = boardDevice(this.port);
    this.consoleBytes = [];
  }

  /** Drops messages that have arrived on the gateway line and that nobody has read. */
  drain(): void {
    while (this.gatewayEnd.receive(0) !== undefined);
  }

  /** One message on the gateway line. */
  sendMessage(message: Uint8Array): void {
    this.gatewayEnd.send(message);
  }

  /** The next message on the gateway line, or undefined when none comes within `waitNs`. */
  nextMessage(waitNs: number): Uint8Array | undefined {
    return this.gatewayEnd.receive(waitNs / 1e6);
  }

  /** Sends any number of bytes on a line: while the line is full, time passes. */
  put(line: LineNumber, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + this.board.wireFree(line));
      if (piece.length === 0) this.step(this.board.now + 1_000_000);
      else this.board.send(line, piece);
      at += piece.length;
    }
  }

  /** The bytes that the console has transmitted since the last call. */
  takeConsole(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.consoleBytes.splice(0)));
  }

  /** A way for an SMP client, over either line. `maximumMessageBytes`: no request is longer, header included. */
  transport(line: LineName, maximumMessageBytes?: number): SmpTransport {
    const whole = line === 'gateway' ? this.gatewayTransport() : framedTransport(this.consoleStream(), consoleFraming);
    return { ...whole, maximumMessage: Math.min(whole.maximumMessage, maximumMessageBytes ?? whole.maximumMessage) };
  }

  private gatewayTransport(): SmpTransport {
    const device: InProcessDevice = {
      nowMs: () => this.gatewayEnd.nowMs(),
      send: (message) => this.gatewayEnd.send(message),
      receive: (timeoutMs) => this.gatewayEnd.receive(timeoutMs),
    };
    return inProcessTransport(device, 'the gateway line of the device under test');
  }

  private consoleStream(): ByteStream {
    return {
      name: 'the console line of the device under test',
      nowMs: () => this.board.now / 1e6,
      write: async (bytes) => this.put(CONSOLE_LINE, bytes),
      read: async (timeoutMs) => {
        const deadline = this.board.now + Math.ceil(Math.min(timeoutMs, Number.MAX_SAFE_INTEGER / 2e6) * 1e6);
        while (this.consoleBytes.length === 0 && this.board.now < deadline) this.step(deadline);
        return this.consoleBytes.shift();
      },
      close: async () => {},
    };
  }

  /** Runs the board's next event, and no further than `deadline`. */
  private step(deadline: number): void {
    this.board.runUntil(Math.min(deadline, Math.max(this.board.nextEventTime, this.board.now + 1)));
  }
}
