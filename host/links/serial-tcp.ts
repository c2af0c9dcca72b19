// The serial console over TCP: bytes of clients go to UART1 unchanged, bytes of UART1 go to every client unchanged.
//
// Several clients share the line as they would share a cable. The framing of SMP separates their packets as long as they do not send at the same
// time. A client that stops reading is disconnected, so that this process does not grow.

import { createServer, type Server, type Socket } from 'node:net';
import { authority, BACKLOG_HIGH, bindError, type Link, listenAddress, relieved, type Wire } from './link.ts';

const CLIENTS_MAXIMUM = 8;
/** How many bytes a client may leave unread: a thousand console lines of 127 bytes, rounded up. */
const UNREAD_MAXIMUM = 128 * 1024;

export interface SerialTcpOptions {
  wire: Wire;
  /** 0 lets the system choose; `address` then says which. */
  port: number;
  host?: string;
}

export class SerialTcp implements Link {
  readonly port: number;
  readonly address: string;
  private readonly server: Server;
  private readonly clients = new Set<Socket>();
  private readonly unlisten: () => void;

  /** Opens the port. Throws `LinkError` when it is taken. */
  static async open({ wire, port, host: named }: SerialTcpOptions): Promise<SerialTcp> {
    const host = listenAddress(named);
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(bindError('TCP', host, port, '--serial PORT', error)));
      server.listen({ port, host, exclusive: true }, () => resolve());
    });
    server.removeAllListeners('error');
    return new SerialTcp(server, wire);
  }

  private constructor(server: Server, wire: Wire) {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has an address and a port');
    this.server = server;
    this.port = address.port;
    this.address = `serial://${authority(address)}`;
    server.maxConnections = CLIENTS_MAXIMUM;
    server.on('connection', (client) => this.welcome(client, wire));
    this.unlisten = wire.listen((bytes) => this.toClients(bytes));
  }

  get clientCount(): number {
    return this.clients.size;
  }

  async close(): Promise<void> {
    this.unlisten();
    for (const client of this.clients) client.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private welcome(client: Socket, wire: Wire): void {
    this.clients.add(client);
    client.on('data', (bytes) => {
      wire.send(bytes);
      if (wire.backlog <= BACKLOG_HIGH) return;
      client.pause();
      relieved(wire).then(() => client.resume());
    });
    // A client that disconnects during a write is not an error of ours; 'close' follows every 'error'.
    client.on('error', () => {});
    client.on('close', () => this.clients.delete(client));
  }

  private toClients(bytes: Uint8Array): void {
    for (const client of this.clients) {
      if (client.writableLength > UNREAD_MAXIMUM) client.destroy();
      else client.write(bytes);
    }
  }
}
