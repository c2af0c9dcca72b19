// A TCP port for an instrument: carries messages between clients and `ScpiSession`, eight clients at a time.
//
// When all places are taken, a new client gets a message before it is disconnected, and `onIgnored` is called. What must stay true: a client that
// does not read costs a limited amount of memory.

import { createServer, type Server, type Socket } from 'node:net';
import { authority, bindError, type Link, listenAddress } from '../link.ts';
import { type ScpiInstrument, ScpiSession } from './scpi.ts';

export interface ScpiServerOptions {
  instrument: ScpiInstrument;
  /** Its name in addresses: `lake-shore-336`. */
  name: string;
  port: number;
  host?: string;
  /** Called for commands that were refused, and for clients that were disconnected. */
  onIgnored?: (line: string, reason: string) => void;
}

const CLIENTS_MAXIMUM = 8;
const UNREAD_MAXIMUM = 64 * 1024;

export class ScpiServer implements Link {
  readonly port: number;
  readonly address: string;
  private readonly server: Server;
  private readonly options: ScpiServerOptions;
  private readonly clients = new Set<Socket>();
  /** Clients that were refused and are still connected. */
  private readonly leaving = new Set<Socket>();

  /** Opens the port. Throws `LinkError` when it is taken. */
  static async open(options: ScpiServerOptions): Promise<ScpiServer> {
    const { port, name } = options;
    const host = listenAddress(options.host);
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(bindError('TCP', host, port, `--${name} PORT`, error)));
      server.listen({ port, host, exclusive: true }, () => resolve());
    });
    server.removeAllListeners('error');
    return new ScpiServer(server, options);
  }

  private constructor(server: Server, options: ScpiServerOptions) {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has an address and a port');
    this.server = server;
    this.options = options;
    this.port = address.port;
    this.address = `${options.name}://${authority(address)}`;
    server.on('connection', (client) => this.welcome(client));
  }

  async close(): Promise<void> {
    for (const client of [...this.clients, ...this.leaving]) client.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private welcome(client: Socket): void {
    // A client that disconnects during a write is not an error of ours; 'close' follows every 'error'.
    client.on('error', () => {});
    if (this.clients.size === CLIENTS_MAXIMUM) {
      const reason = `${this.options.name} serves ${CLIENTS_MAXIMUM} clients at a time; close one of them and connect again`;
      this.options.onIgnored?.(`a connection from ${client.remoteAddress}`, reason);
      this.leaving.add(client);
      client.on('close', () => this.leaving.delete(client));
      // Its bytes are read and dropped; otherwise it would never see the end of the connection.
      client.resume();
      client.end(`${reason}\r\n`);
      return;
    }
    this.clients.add(client);
    const session = new ScpiSession(this.options.instrument, this.options.onIgnored);
    client.setEncoding('latin1');
    client.on('data', (text) => {
      const answers = session.hear(String(text));
      if (answers === undefined || client.writableLength > UNREAD_MAXIMUM) client.destroy();
      else for (const answer of answers) client.write(answer, 'latin1');
    });
    client.on('close', () => this.clients.delete(client));
  }
}
