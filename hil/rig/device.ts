// A whole device on the bench: a board with the real bootloader and signed firmware, asked over its gateway line in virtual time.
// Nothing here waits: asking runs the board until the answer is there.

import { Board } from '../../host/board/board.ts';
import type { LogRecord } from '../../host/board/log.ts';
import type { Surroundings } from '../../host/board/surroundings.ts';
import { SlipDecoder, slipEncode } from '../../host/links/slip.ts';
import { compileGuest } from '../../host/tools/guest.ts';
import { generateKey, signImage } from '../../host/tools/image/index.ts';
import { compileFirmware } from '../../host/tools/sequencer.ts';
import { type CborMap, decodeBody } from '../../host/tools/smp/cbor.ts';
import { decodeMessage, encodeMessage } from '../../host/tools/smp/message.ts';
import { CryoCommand, SmpGroup } from '../../protocol/smp/smp.ts';
import { EventKind } from '../../protocol/telemetry/events.ts';

/** What images are signed with; its public half is in the fuses. */
export const key = generateKey(new Uint8Array(32).fill(3));
const peer = 1;
const gateway = 0;
export const millisecond = 1_000_000;
export const second = 1_000_000_000;

export const read = 0;
export const write = 2;

/** Signed firmware: `entry` is its source, firmware/main.ts or one of firmware/defects. */
export async function firmwareImage(version: string, entry = 'firmware/main.ts'): Promise<Uint8Array> {
  return signImage({
    payload: await compileFirmware(entry),
    privateKeyPem: key.privateKeyPem,
    version,
    securityCounter: 1,
  });
}

export class Device {
  readonly board: Board;
  readonly log: LogRecord[] = [];
  private readonly decoder = new SlipDecoder(4096);
  private readonly frames: Uint8Array[] = [];
  private sequence = 0;

  constructor(board: Board) {
    this.board = board;
    board.onLog = (record) => this.log.push({ ...record });
    board.onTransmit = (line, bytes) => {
      if (line === gateway) this.decoder.push(bytes, (frame) => this.frames.push(frame));
    };
  }

  /** Switched on with this image confirmed in slot A, and running; on a quiet bench, or in these surroundings. */
  static async running(image: Uint8Array, seed = 1, surroundings?: () => Surroundings): Promise<Device> {
    const board = new Board({ seed, surroundings });
    board.provision({
      bootloader: await compileGuest('bootloader/main.ts'),
      keys: [key.publicKey],
      slots: { A: image },
    });
    const device = new Device(board);
    board.powerOn();
    device.waitFor(() => board.state === 'firmware');
    return device;
  }

  /** Lets time pass until it is so; throws when `withinNs` were not enough. */
  waitFor(isSo: () => boolean, withinNs = 10 * second): void {
    const limit = this.board.now + withinNs;
    while (!isSo()) {
      if (this.board.now >= limit)
        throw new Error(`device: waited ${withinNs / second} s of its time in vain; it is ${this.board.state}`);
      this.board.runFor(millisecond);
    }
  }

  /** Sends one request and returns the body of its reply. */
  ask(operation: number, group: number, command: number, body: CborMap = {}, version: 1 | 2 = 2): CborMap {
    const sequence = this.sequence++ & 0xff;
    const reply = this.exchange(encodeMessage({ operation, version, group, sequence, command }, body))[0];
    if (!reply) throw new Error(`device: no answer to operation ${operation}, group ${group}, command ${command}`);
    return decodeBody(decodeMessage(reply).body);
  }

  /** Sends raw datagram bytes and returns every reply that comes within `waitNs`, or the first one. */
  exchange(datagram: Uint8Array, waitNs = second): Uint8Array[] {
    this.frames.length = 0;
    this.board.send(gateway, slipEncode(Uint8Array.of(0, peer, ...datagram)));
    const limit = this.board.now + waitNs;
    while (this.frames.length === 0 && this.board.now < limit) this.board.runFor(millisecond);
    return this.frames.map((frame) => frame.subarray(2));
  }

  /** Sends an echo request without waiting for its answer: traffic. */
  poke(): void {
    const sequence = this.sequence++ & 0xff;
    const request = encodeMessage({ operation: write, version: 2, group: 0, sequence, command: 0 }, { d: 'busy' });
    this.board.send(gateway, slipEncode(Uint8Array.of(0, peer, ...request)));
  }

  /** Sends raw bytes on the console line and lets them arrive. */
  type(bytes: Uint8Array): void {
    this.board.send(1, bytes);
    this.board.runFor((bytes.length + 100) * 10_000);
  }

  /** Recorder events of one kind, oldest first. */
  events(kind: keyof typeof EventKind) {
    return this.board.recorderEvents().filter((event) => event.kind === EventKind[kind]);
  }

  /** What group CRYO says. */
  cryo<Answer = Record<string, number>>(command: keyof typeof CryoCommand, request?: CborMap): Answer {
    const operation = request === undefined ? read : write;
    return this.ask(operation, SmpGroup.CRYO, CryoCommand[command], request) as Answer;
  }

  statistics(name: string): Record<string, number> {
    return this.ask(read, 2, 0, { name }).fields as Record<string, number>;
  }
}
