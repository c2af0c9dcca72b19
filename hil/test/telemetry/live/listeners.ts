// Where a process takes connections and packets, as Linux tells it.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Local places, HOST:PORT: those that listen for TCP, and those of UDP. */
export function listeners(pid: number): { tcp: string[]; udp: string[] } {
  const sockets = readdirSync(`/proc/${pid}/fd`).map((file) => {
    try {
      return /socket:\[(\d+)\]/.exec(readlinkSync(`/proc/${pid}/fd/${file}`))?.[1];
    } catch {
      return undefined;
    }
  });
  const listening = '0A';
  const places = (name: string, isWanted: (state: string) => boolean) =>
    [name, `${name}6`]
      .flatMap((table) => readFileSync(`/proc/${pid}/net/${table}`, 'utf8').trim().split('\n').slice(1))
      .map((row) => row.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => isWanted(state) && sockets.includes(inode))
      .map(([, local]) => placeOf(local));
  return { tcp: places('tcp', (state) => state === listening), udp: places('udp', () => true) };
}

/** Of IPv4, the last byte of the address comes first, in hexadecimal digits; others stay as they are. */
function placeOf(local: string): string {
  const [address, port] = local.split(':');
  const bytes = (address.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).reverse();
  return `${bytes.length === 4 ? bytes.join('.') : address}:${Number.parseInt(port, 16)}`;
}
