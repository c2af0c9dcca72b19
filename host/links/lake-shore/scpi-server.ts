// A TCP port that takes instrument commands line by line and sends back what a query asks for.
//
//   client ──"KRDG? A;HTR? 1\r\n"──▶ commands, split at ; ──▶ instrument ──"+3.0661\r\n+12.5\r\n"──▶ client
//
// A line ends with LF, with or without a CR before it. What the instrument does not know gets no answer, as from the real one; the
// client times out, and whoever serves it is told. What must stay true: a client that sends no line end, or does not read, costs at
// most a bounded amount of memory.

import { createServer, type Server, type Socket } from 'node:net';
import { bindError, type Link } from '../link.ts';

export interface ScpiCommand {
  /** In capitals, with its question mark: `KRDG?`, `SETP`. */
  name: string;
  /** Between commas, without spaces around them and without quotes. */
  words: string[];
}

export interface ScpiInstrument {
  /** The answer to a query; undefined where there is none. Throws `ScpiError` for a command that cannot be followed. */
  execute(command: ScpiCommand): string | undefined;
}

/** A command the instrument does not know, or whose arguments make no sense; it is ignored. */
export class ScpiError extends Error {}

export interface ScpiServerOptions {
  instrument: ScpiInstrument;
  /** In addresses: `lake-shore-336`. */
  name: string;
  port: number;
  host?: string;
  /** Told of commands that were ignored. */
  onIgnored?: (line: string, reason: string) => void;
}

const CLIENTS_MAXIMUM = 8;
/** The longest command of these instruments has a hundred characters. */
const LINE_MAXIMUM = 1024;
const UNREAD_MAXIMUM = 64 * 1024;

export class ScpiServer implements Link {
  readonly port: number;
  readonly address: string;
  private readonly server: Server;
  private readonly options: ScpiServerOptions;
  private readonly clients = new Set<Socket>();

  /** Opens the port. Throws `LinkError` when it is taken. */
  static async open(options: ScpiServerOptions): Promise<ScpiServer> {
    const { port, host = '127.0.0.1', name } = options;
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
    this.address = `${options.name}://${address.address}:${address.port}`;
    server.maxConnections = CLIENTS_MAXIMUM;
    server.on('connection', (client) => this.welcome(client));
  }

  async close(): Promise<void> {
    for (const client of this.clients) client.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private welcome(client: Socket): void {
    this.clients.add(client);
    let rest = '';
    client.setEncoding('latin1');
    client.on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LINE_MAXIMUM || client.writableLength > UNREAD_MAXIMUM) {
        client.destroy();
        return;
      }
      for (const line of lines) this.line(client, line);
    });
    // A client that vanishes mid-write is no error of ours; 'close' follows every 'error'.
    client.on('error', () => {});
    client.on('close', () => this.clients.delete(client));
  }

  private line(client: Socket, line: string): void {
    for (const text of line.split(';')) {
      if (text.trim() === '') continue;
      const answer = this.answer(text.trim());
      if (answer !== undefined) client.write(`${answer}\r\n`, 'latin1');
    }
  }

  private answer(text: string): string | undefined {
    try {
      return this.options.instrument.execute(parseCommand(text));
    } catch (error) {
      if (!(error instanceof ScpiError)) throw error;
      this.options.onIgnored?.(text, error.message);
      return undefined;
    }
  }
}

/** `SETP 1, 3.5` into name and words. A comma within quotes stays. */
export function parseCommand(text: string): ScpiCommand {
  const [, name, tail] = /^(\S+?\??)(?:\s+(.*))?$/s.exec(text) ?? [];
  const words = tail === undefined ? [] : (tail.match(/"[^"]*"|[^,]+/g) ?? []);
  return { name: (name ?? text).toUpperCase(), words: words.map((word) => word.trim().replace(/^"(.*)"$/, '$1')) };
}
