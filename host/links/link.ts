// What a link is: a way from the outside world to one serial line of an emulated board.
//
//   client  <->  socket, pseudo-terminal  <->  Wire  <->  pacer  <->  board
//
// Links, and cli above them, are the only places that know the wall clock, sockets and files. A link never touches the
// board: it hands bytes to its wire, and the pacer decides at which virtual time they arrive, so that a run can be
// recorded and repeated. What must stay true: links outlive every reset of the board, and `close` leaves nothing behind.

import { isIPv6 } from 'node:net';

/** UART0: SLIP frames to and from the gateway. */
export const GATEWAY_LINE = 0;
/** UART1: the serial console. */
export const CONSOLE_LINE = 1;
export type LineNumber = typeof GATEWAY_LINE | typeof CONSOLE_LINE;

/** The far end of one of the board's serial lines. */
export interface Wire {
  /** Puts bytes on the board's receive line, as soon as the pacer can. */
  send(bytes: Uint8Array): void;
  /** Bytes sent that have not reached the line yet. A link that can hold back its client does so above `BACKLOG_HIGH`. */
  readonly backlog: number;
  /** Calls back with every run of bytes the board transmits; returns a function that ends it. */
  listen(onBytes: (bytes: Uint8Array) => void): () => void;
}

/** A console line takes 0.6 s for so much, the gateway's 25 ms. */
export const BACKLOG_HIGH = 64 * 1024;

/** Holds a byte stream back while its wire is congested. */
export async function relieved(wire: Wire): Promise<void> {
  while (wire.backlog > BACKLOG_HIGH / 2) await new Promise((resolve) => setTimeout(resolve, 5).unref());
}

/** Where to listen: this machine only, unless an address is named. Throws `LinkError` for an address that is none. */
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
  /** Where clients find it, for instance `udp://127.0.0.1:1337`. */
  readonly address: string;
  close(): Promise<void>;
}

/** A link that could not be opened. The message says what, where and what to do; `cause` is the system's error. */
export class LinkError extends Error {}

/** Turns a system error from binding a port into one a person can act on. */
export function bindError(kind: 'UDP' | 'TCP', host: string, port: number, option: string, cause: unknown): LinkError {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
  const where = `${kind} port ${port} on ${host}`;
  const advice: Record<string, string> = {
    EADDRINUSE: `${where} is in use by another program; end it, or choose another port with ${option}`,
    EACCES: `${where} may not be opened by this user; choose a port above 1023 with ${option}`,
    ENOTFOUND: `${host} is no address, and no name that this machine knows; leave --host out to listen on 127.0.0.1`,
    EADDRNOTAVAIL: `${host} is not an address of this machine; leave the address out to listen on 127.0.0.1`,
  };
  return new LinkError(advice[code] ?? `${where} cannot be opened (${code}); choose another with ${option}`, { cause });
}
