// A link connects the outside world to one serial line of an emulated board.
//
//   client  <->  socket, pseudo-terminal  <->  Wire  <->  pacer  <->  board
//
// Only links, and cli above them, use the wall clock, sockets and files. A link never calls the board: it gives bytes to its wire, and the pacer
// decides at which virtual time they arrive, so that a run can be recorded and repeated. What must stay true: a link survives every reset of the
// board, and `close` leaves nothing behind.

import { isIPv6 } from 'node:net';

/** UART0: SLIP frames to and from the gateway. */
export const GATEWAY_LINE = 0;
/** UART1: the serial console. */
export const CONSOLE_LINE = 1;
export type LineNumber = typeof GATEWAY_LINE | typeof CONSOLE_LINE;

/** The outer end of one serial line of the board. */
export interface Wire {
  /** Sends bytes to the receive line of the board, as soon as the pacer can. */
  send(bytes: Uint8Array): void;
  /** Bytes that were sent and have not reached the line. Above `BACKLOG_HIGH` a link stops reading from its client, if it can. */
  readonly backlog: number;
  /** Calls back with the bytes that the board transmits; returns a function that ends this. */
  listen(onBytes: (bytes: Uint8Array) => void): () => void;
}

/** The console line needs 0.6 s for this, the gateway line 25 ms. */
export const BACKLOG_HIGH = 64 * 1024;

/** Pauses a byte stream while its wire is congested. */
export async function relieved(wire: Wire): Promise<void> {
  while (wire.backlog > BACKLOG_HIGH / 2) await new Promise((resolve) => setTimeout(resolve, 5).unref());
}

/** The address to listen on: this machine only, unless another is given. Throws `LinkError` for an invalid address. */
export function listenAddress(host: string | undefined): string {
  if (host === undefined) return '127.0.0.1';
  if (host.trim() !== '') return host;
  throw new LinkError(
    'an empty address would listen on every address this machine has; leave --host out for this machine only, write --host 0.0.0.0 for all, or name one',
  );
}

/** `host:port` as clients write it in a target or URL; an IPv6 address stands in brackets. */
export function authority({ address, port }: { address: string; port: number }): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

export interface Link {
  /** The address for clients, for instance `udp://127.0.0.1:1337`. */
  readonly address: string;
  close(): Promise<void>;
}

/** A link that could not be opened. The message says what, where and what to do; `cause` is the system's error. */
export class LinkError extends Error {}

/** Makes of a system error at a port an error that says what to do. */
export function bindError(kind: 'UDP' | 'TCP', host: string, port: number, option: string, cause: unknown): LinkError {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
  const where = `${kind} port ${port} on ${host}`;
  const advice: Record<string, string> = {
    EADDRINUSE: `${where} is in use by another program; end it, or choose another port with ${option}`,
    EACCES: `${where} may not be opened by this user; choose a port above 1023 with ${option}`,
    ENOTFOUND: `${host} is no address, and no name that this machine knows; leave --host out to listen on 127.0.0.1`,
    EADDRNOTAVAIL: `${host} is not an address of this machine; pass --host 127.0.0.1, or --host ::1 where there is no IPv4`,
  };
  return new LinkError(advice[code] ?? `${where} cannot be opened (${code}); choose another with ${option}`, { cause });
}
