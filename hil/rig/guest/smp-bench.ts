// A guest module's SMP server as its unit tests meet it: on the board's real devices, asked over the gateway line.
//
// No bootloader runs here: `boot` writes the hand-over record itself, so that a test can say which slot runs. Whole boots are hil/boot's.

import { Decoder, Encoder } from 'cbor-x';
import { ResetCause } from '../../../host/board/device.ts';
import { GuestMachine } from '../../../host/board/guest-machine.ts';
import { SlipDecoder, slipEncode } from '../../../host/links/slip.ts';
import { instantiateGuest } from '../../../host/tools/guest.ts';
import { RESET } from '../../../protocol/generated/registers.ts';
import { Handover } from '../../../protocol/handover.ts';
import { SmpGroup } from '../../../protocol/smp/smp.ts';

export const milliseconds = 1_000_000;
export const [read, write] = [0, 2];
const options = { useRecords: false, variableMapSize: true, tagUint8Array: false, mapsAsObjects: true };
export const encoder = new Encoder(options);
export const decoder = new Decoder(options);
const peer = 7;
const sequence = 0x42;
/** No answer may take longer: some clients ask again then. */
const patienceNs = 200 * milliseconds;

export interface SmpGuest extends Record<string, unknown> {
  memory: WebAssembly.Memory;
  reset(): void;
  interrupt(lines: number): void;
}

/** A request with its header made for it. */
export function message(operation: number, group: number, command: number, payload: Uint8Array, version = 1): Buffer {
  const length = [payload.length >> 8, payload.length & 0xff];
  const header = [(version << 3) | operation, 0, ...length, group >> 8, group & 0xff, sequence, command];
  return Buffer.concat([Buffer.from(header), payload]);
}

export class GuestBench<Guest extends SmpGuest = SmpGuest> {
  readonly board = new GuestMachine();
  /** From the first byte of the last request to the last byte of its last reply. */
  durationNs = 0;
  private readonly entry: string;
  private running: Guest | undefined;

  constructor(entry: string) {
    this.entry = entry;
  }

  get guest(): Guest {
    if (!this.running) throw new Error('guest bench: boot it first');
    return this.running;
  }

  /** Starts the guest as if the bootloader had handed over this slot, or kept control. */
  async boot(slot: number | 'safe mode'): Promise<void> {
    const { machine } = this.board;
    machine.resetDevices(ResetCause.SOFTWARE);
    if (slot !== 'safe mode') {
      machine.poke(RESET, 'MAILBOX', slot, Handover.SLOT);
      machine.poke(RESET, 'MAILBOX', Handover.MAGIC_VALUE, Handover.MAGIC);
    }
    this.running = await instantiateGuest<Guest>(this.entry, this.board.bus);
    this.board.start(this.running);
  }

  /** Puts a datagram of a peer on the line; time must pass for it to arrive. */
  send(from: number, datagram: Uint8Array): void {
    this.board.uarts[0].receive(slipEncode(Buffer.concat([Uint8Array.of(from >> 8, from & 0xff), datagram])));
  }

  /** Datagrams the device has sent, with the peers they are for. */
  received(): { peer: number; datagram: Buffer }[] {
    const frames: { peer: number; datagram: Buffer }[] = [];
    const decoder = new SlipDecoder(4096);
    decoder.push(this.board.take(0), (frame) =>
      frames.push({ peer: (frame[0] << 8) | frame[1], datagram: Buffer.from(frame.subarray(2)) }),
    );
    return frames;
  }

  /** One datagram in, the datagrams that come back, all as hex. */
  exchange(datagram: Uint8Array | string): string[] {
    const start = this.board.machine.now;
    this.send(peer, typeof datagram === 'string' ? Buffer.from(datagram, 'hex') : datagram);
    this.board.run(patienceNs);
    this.durationNs = this.board.lastTransmitNs - start;
    const replies = this.received();
    const stray = replies.find((reply) => reply.peer !== peer);
    if (stray) throw new Error(`guest bench: a reply went to peer ${stray.peer}, who asked nothing`);
    return replies.map((reply) => reply.datagram.toString('hex'));
  }

  /** One request in, its one reply decoded, its header checked. `request` is a map, or the payload as it is. */
  ask<Reply = Record<string, unknown>>(
    operation: number,
    command: number,
    request: unknown,
    { version = 1, group = SmpGroup.IMG } = {},
  ): Reply {
    const payload = request instanceof Buffer ? request : encoder.encode(request);
    const replies = this.exchange(message(operation, group, command, payload, version));
    const reply = Buffer.from(replies[0] ?? '', 'hex');
    const length = [(reply.length - 8) >> 8, (reply.length - 8) & 0xff];
    const header = [(version << 3) | (operation + 1), 0, ...length, group >> 8, group & 0xff, sequence, command];
    if (replies.length !== 1 || !reply.subarray(0, 8).equals(Buffer.from(header)))
      throw new Error(`guest bench: ${replies.length} replies, the first with header ${replies[0]?.slice(0, 16)}`);
    return decoder.decode(new Uint8Array(reply.subarray(8))) as Reply;
  }
}
