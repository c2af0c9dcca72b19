// The address of a device as one string: `udp://host[:port]`, `serial:///dev/ttyUSB0[?baud=N]` or `serial://host:port`, which is a serial line over
// TCP. open-target.ts makes a transport from it.

import { Smp } from '../../../protocol/smp/smp.ts';
import { SmpError } from './error.ts';

export interface UdpTarget {
  kind: 'udp';
  name: string;
  host: string;
  port: number;
}

export interface TcpTarget {
  kind: 'tcp';
  name: string;
  host: string;
  port: number;
}

export interface SerialTarget {
  kind: 'serial';
  name: string;
  path: string;
  baud: number;
}

export type Target = UdpTarget | TcpTarget | SerialTarget;

const forms = 'expected udp://host:port, serial:///dev/ttyUSB0 or serial://host:port';
// Clients and QEMU agree on this one; a pseudo-terminal ignores it.
const defaultBaud = 115_200;

/** Throws an `SmpError` of kind `target` that names what was expected. */
export function parseTarget(text: string): Target {
  const scheme = /^([a-z]+):\/\/(.*)$/i.exec(text);
  if (!scheme) throw new SmpError('target', `target '${text}' has no scheme; ${forms}`);
  const [, kind = '', rest = ''] = scheme;
  if (rest === '') throw new SmpError('target', `target '${text}' names no place; ${forms}`);
  if (kind.toLowerCase() === 'udp') return { kind: 'udp', name: text, ...hostAndPort(text, rest, Smp.UDP_PORT) };
  if (kind.toLowerCase() !== 'serial') throw new SmpError('target', `target '${text}' has scheme '${kind}'; ${forms}`);
  if (!rest.startsWith('/') && /:\d+$/.test(rest)) return { kind: 'tcp', name: text, ...hostAndPort(text, rest) };
  const [path = '', query = ''] = rest.split('?');
  const baud = query === '' ? defaultBaud : Number(/^baud=(\d+)$/.exec(query)?.[1] ?? Number.NaN);
  if (Number.isNaN(baud)) throw new SmpError('target', `target '${text}' has query '${query}'; expected baud=115200`);
  return { kind: 'serial', name: text, path, baud };
}

function hostAndPort(text: string, rest: string, defaultPort?: number): { host: string; port: number } {
  const parts = /^(?:\[([0-9a-f:.]+)\]|([^:/?#[\]\s]+))(?::(\d+))?\/?$/i.exec(rest);
  const host = parts?.[1] ?? parts?.[2];
  const port = parts?.[3] === undefined ? defaultPort : Number(parts[3]);
  if (host === undefined) throw new SmpError('target', `target '${text}' has no host:port behind its scheme; ${forms}`);
  if (port === undefined || port < 1 || port > 65535) {
    throw new SmpError('target', `target '${text}' has port ${port ?? 'missing'}; expected 1 to 65535`);
  }
  return { host, port };
}
