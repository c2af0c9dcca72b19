// Parsers for option values. Each throws an error of commander, which is printed with the name of the option; the exit code is 2.

import { InvalidArgumentError } from 'commander';
import { parseTime, timeUnits } from '../hil/rig/time.ts';
import type { Speed } from '../host/links/pacer.ts';
import { interlocks } from '../protocol/plant/interlocks.ts';

export function integerBetween(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN;
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}`);
    }
    return value;
  };
}

export const parsePort = integerBetween(0, 65535);
export const parseWord = integerBetween(0, 0xffff_ffff);

/** An address on the web, without the slash at its end. */
export function parseAddress(text: string): string {
  if (!/^https?:\/\/[^\s/]/.test(text) || !URL.canParse(text))
    throw new InvalidArgumentError('expected an address such as https://wiki.lab/runbooks');
  return text.replace(/\/+$/, '');
}

export function parseSpeed(text: string): Speed {
  if (text === 'max') return 'max';
  const value = Number(text);
  if (text === '' || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError('expected virtual seconds per real second (1, 0.5, 100 …) or max');
  }
  return value;
}

/** From a nanosecond on; a time with its unit will do as well. */
export function secondsUpTo(most: number): (text: string) => number {
  return (text) => {
    const ns = parseTime(text);
    const value = ns === undefined ? Number(text) : ns / 1e9;
    if (text.trim() !== '' && value >= 1e-9 && value <= most) return value;
    const range = `seconds above 0, at most ${most.toLocaleString('en-US')}`;
    throw new InvalidArgumentError(`expected ${range}, or a time with its unit, such as 300ms or 2h`);
  };
}

/** The longest is 104 days, whose nanoseconds are still whole numbers. */
export const parseSeconds = secondsUpTo(Math.floor(Number.MAX_SAFE_INTEGER / 1e9));

/** A virtual time with its unit, in nanoseconds. */
export function parseMoment(text: string): number {
  const ns = parseTime(text);
  if (ns !== undefined && Number.isSafeInteger(ns)) return ns;
  throw new InvalidArgumentError(`expected a time such as 1.2s or 300ms (${Object.keys(timeUnits).join(', ')})`);
}

export const parseMilliseconds = integerBetween(1, 3_600_000);

/** An address and a port to listen on, or of somebody who listens. An IPv6 address stands in brackets. */
export function parsePlace(text: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-f:.]+)\]|([^\s:/]+)):(\d+)$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host !== undefined && Number(port) <= 65535) return { host, port: Number(port) };
  throw new InvalidArgumentError('expected host:port, for instance 127.0.0.1:9410');
}

/** An address to listen on. An empty one would mean every address of the machine, so it is refused. */
export function parseHost(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('it is empty: leave it out for this machine only, write 0.0.0.0 for every address');
}

/** A slot by letter or number. */
export function parseSlot(text: string): number {
  const slot = ['A', 'B'].indexOf(text.toUpperCase());
  if (slot >= 0) return slot;
  if (text === '0' || text === '1') return Number(text);
  throw new InvalidArgumentError('expected A or B');
}

/** An interlock by name or number. */
export function parseInterlock(text: string): number {
  const number = interlocks.findIndex(({ name }, place) => name === text.toUpperCase() || String(place) === text);
  if (number >= 0) return number;
  throw new InvalidArgumentError(`expected ${interlocks.map(({ name }) => name).join(', ')}`);
}

/** A serial number of 16 bytes, as in the fuses. */
export function parseSerial(text: string): Uint8Array {
  if (/^[0-9a-f]{32}$/i.test(text)) return Uint8Array.from(Buffer.from(text, 'hex'));
  throw new InvalidArgumentError('expected 32 hexadecimal digits');
}

/** `auto` or a 32-bit number. */
export function parseSecurityCounter(text: string): number | 'auto' {
  return text === 'auto' ? text : parseWord(text);
}

/** A share of work that several machines divide among them: `1/4`. */
export function parseShard(text: string): { number: number; of: number } {
  const [, number, of] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  if (!(number >= 1 && number <= of)) throw new InvalidArgumentError('expected i/n, from 1/n to n/n');
  return { number, of };
}

/** The choices of an earlier run: `1,0,2`. */
export function parseChoices(text: string): number[] {
  const numbers = text.split(',').map((word) => (/^\d+$/.test(word) ? Number(word) : Number.NaN));
  if (numbers.every(Number.isSafeInteger)) return numbers;
  throw new InvalidArgumentError('expected whole numbers with commas between them, as a failure shows them: 1,0,2');
}

/** For options that may be given several times. */
export function collect(text: string, previous: string[] = []): string[] {
  return [...previous, text];
}
