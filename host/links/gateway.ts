// The room-temperature gateway: SMP over UDP on one side, the board's UART0 on the other.
//
//   datagram from 127.0.0.1:50123   ->  SLIP frame  peer tag | datagram  ->  UART0
//   UART0  ->  SLIP frame  peer tag | answer  ->  datagram to 127.0.0.1:50123
//
// The board never sees an address: its answer has the tag of the request. Tags count up, so that an answer whose peer has left the table is
// dropped instead of sent to the wrong peer. The address is loopback unless another one is given; a name means its IPv4 address.

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { Smp } from '../../protocol/smp/smp.ts';
import { authority, BACKLOG_HIGH, bindError, type Link, listenAddress, type Wire } from './link.ts';
import { SlipDecoder, slipEncode } from './slip.ts';

const PEER_TAG_SIZE = 2;
/** The size of the table of clients. A command line client has a new source port at every call, so old entries are soon dropped. */
const PEERS_MAXIMUM = 64;

export interface GatewayOptions {
  wire: Wire;
  /** 0 lets the system choose; `address` then says which. */
  port?: number;
  host?: string;
}

export interface GatewayCounters {
  received: number;
  sent: number;
  /** Dropped: datagrams when the line was full, answers to peers that had left the table, frames that are no answers. */
  dropped: number;
}

export class Gateway implements Link {
  readonly counters: GatewayCounters = { received: 0, sent: 0, dropped: 0 };
  readonly port: number;
  readonly address: string;
  private readonly peers = new PeerTable(PEERS_MAXIMUM);
  private readonly decoder = new SlipDecoder(PEER_TAG_SIZE + Smp.BUFFER_SIZE);
  private readonly socket: Socket;
  private readonly unlisten: () => void;

  /** Opens the port. Throws `LinkError` when it is taken. */
  static async open({ wire, port = Smp.UDP_PORT, host: named }: GatewayOptions): Promise<Gateway> {
    const host = listenAddress(named);
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (error) => {
        socket.close();
        reject(bindError('UDP', host, port, '--udp PORT', error));
      });
      socket.bind({ port, address: host, exclusive: true }, () => resolve());
    });
    socket.removeAllListeners('error');
    return new Gateway(socket, wire);
  }

  private constructor(socket: Socket, wire: Wire) {
    this.socket = socket;
    this.port = socket.address().port;
    this.address = `udp://${authority(socket.address())}`;
    socket.on('message', (datagram, peer) => this.toBoard(wire, datagram, peer));
    // An unreachable peer is reported as an error of the socket. It is ignored, because UDP does not guarantee delivery.
    socket.on('error', () => {
      this.counters.dropped += 1;
    });
    this.unlisten = wire.listen((bytes) => this.decoder.push(bytes, (frame) => this.toPeer(frame)));
  }

  async close(): Promise<void> {
    this.unlisten();
    await new Promise<void>((resolve) => this.socket.close(() => resolve()));
  }

  private toBoard(wire: Wire, datagram: Uint8Array, peer: RemoteInfo): void {
    // A socket that is not read fast enough drops datagrams. A gateway whose line is full does the same.
    if (wire.backlog > BACKLOG_HIGH) {
      this.counters.dropped += 1;
      return;
    }
    const tag = this.peers.tagOf(peer);
    // A device takes as much as fits into its receive buffer, and finds that the payload is shorter than its header says.
    const kept = datagram.subarray(0, Smp.BUFFER_SIZE);
    const frame = new Uint8Array(PEER_TAG_SIZE + kept.length);
    frame[0] = tag >>> 8;
    frame[1] = tag & 0xff;
    frame.set(kept, PEER_TAG_SIZE);
    this.counters.received += 1;
    wire.send(slipEncode(frame));
  }

  private toPeer(frame: Uint8Array): void {
    const peer = frame.length > PEER_TAG_SIZE ? this.peers.peerOf((frame[0] << 8) | frame[1]) : undefined;
    if (!peer) {
      this.counters.dropped += 1;
      return;
    }
    this.counters.sent += 1;
    this.socket.send(frame.subarray(PEER_TAG_SIZE), peer.port, peer.address);
  }
}

interface Peer {
  tag: number;
  address: string;
  port: number;
}

/** Peers and their tags, in the order of their last datagram, the oldest first. */
class PeerTable {
  private readonly byAddress = new Map<string, Peer>();
  private readonly byTag = new Map<number, Peer>();
  private nextTag = 1;
  private readonly maximum: number;

  constructor(maximum: number) {
    this.maximum = maximum;
  }

  tagOf({ address, port }: { address: string; port: number }): number {
    const key = `${address}:${port}`;
    const known = this.byAddress.get(key);
    if (known) {
      this.byAddress.delete(key);
      this.byAddress.set(key, known);
      return known.tag;
    }
    if (this.byAddress.size === this.maximum) this.forgetOldest();
    const peer = { tag: this.freeTag(), address, port };
    this.byAddress.set(key, peer);
    this.byTag.set(peer.tag, peer);
    return peer.tag;
  }

  peerOf(tag: number): Peer | undefined {
    return this.byTag.get(tag);
  }

  private freeTag(): number {
    while (this.byTag.has(this.nextTag)) this.nextTag = (this.nextTag + 1) & 0xffff;
    const tag = this.nextTag;
    this.nextTag = (this.nextTag + 1) & 0xffff;
    return tag;
  }

  private forgetOldest(): void {
    const [key, peer] = this.byAddress.entries().next().value as [string, Peer];
    this.byAddress.delete(key);
    this.byTag.delete(peer.tag);
  }
}
