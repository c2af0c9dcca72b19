// The BOOT group (protocol/smp/boot.ts), typed: what a device's bootloader did and why. Only devices of ours speak it.

import { BootCommand } from '../../../protocol/smp/boot.ts';
import { SmpGroup } from '../../../protocol/smp/smp.ts';
import type { CborMap } from './cbor.ts';
import { Fields } from './fields.ts';
import type { RequestOptions, SmpSession } from './session.ts';

/** One boot as the device's log has it; numbers are those of protocol/image. */
export interface LoggedBoot {
  number: number;
  cause: number;
  decision: number;
  /** The image that ran, with the hash that was measured; undefined where the bootloader kept control. */
  ran: { slot: number; state: number; version: number; build: number; hash: Uint8Array } | undefined;
  /** Reasons kept for A and B. */
  reasons: number[];
  /** Resets in a row without a request, this one included. */
  resets: number;
  securityCounter: number;
  /** The fault this boot began with. */
  fault: { cause: number; address: number } | undefined;
}

export interface LastFault {
  /** Faults since power-on. */
  count: number;
  cause: number;
  address: number;
  cycle: number;
  functionName: string;
}

/** What the fuses of a device say. */
export interface FuseReport {
  serial: Uint8Array;
  board: number;
  lifecycle: number;
  securityCounter: number;
  /** Cells the security counter has left. */
  cells: number;
  keys: { key: number; purposes: number; revoked: boolean }[];
}

/** The boots from number `from` on, oldest first; the last ones when it is left out. `more`: there are later ones. */
export async function readBootLog(
  session: SmpSession,
  from?: number,
  options?: RequestOptions,
): Promise<{ boots: LoggedBoot[]; more: boolean }> {
  const fields = await ask(session, 'boot log', BootCommand.LOG, { from }, options);
  return { boots: fields.maps('boots').map(bootOf), more: fields.flag('more') };
}

/** Every boot the device still has in its log, oldest first. */
export async function readWholeBootLog(session: SmpSession, options?: RequestOptions): Promise<LoggedBoot[]> {
  const boots: LoggedBoot[] = [];
  for (let more = true; more; ) {
    const from: number = (boots.at(-1)?.number ?? 0) + 1;
    const reply = await readBootLog(session, from, options);
    boots.push(...reply.boots);
    more = reply.more && reply.boots.length > 0;
  }
  return boots;
}

/** CBOR, with MCUboot's keys. */
export async function readBootRecord(session: SmpSession, options?: RequestOptions): Promise<Uint8Array> {
  return (await ask(session, 'boot record', BootCommand.RECORD, {}, options)).bytes('record');
}

export async function readLastFault(session: SmpSession, options?: RequestOptions): Promise<LastFault> {
  const fields = await ask(session, 'last fault', BootCommand.FAULT, {}, options);
  const [count, cause, address, cycle] = ['count', 'cause', 'address', 'cycle'].map((key) => fields.count(key));
  return { count, cause, address, cycle, functionName: fields.text('function') };
}

export async function readFuseReport(session: SmpSession, options?: RequestOptions): Promise<FuseReport> {
  const fields = await ask(session, 'fuses', BootCommand.TRUST, {}, options);
  return {
    serial: fields.bytes('serial'),
    board: fields.count('board'),
    lifecycle: fields.count('lifecycle'),
    securityCounter: fields.count('counter'),
    cells: fields.count('cells'),
    keys: fields.maps('keys').map((key) => ({
      key: key.count('key'),
      purposes: key.count('purposes'),
      revoked: key.flag('revoked'),
    })),
  };
}

/** Lays a downgrade token beside the image it is about, which must be in a slot. Returns the slot. */
export async function sendToken(session: SmpSession, token: Uint8Array, options?: RequestOptions): Promise<number> {
  const request = { what: 'downgrade token', group: SmpGroup.BOOT, command: BootCommand.TOKEN, write: true };
  return new Fields(await session.request(request, { token }, options), 'downgrade token').count('slot');
}

async function ask(
  session: SmpSession,
  what: string,
  command: number,
  body: CborMap,
  options?: RequestOptions,
): Promise<Fields> {
  const request = { what, group: SmpGroup.BOOT, command, write: false };
  return new Fields(await session.request(request, body, options), what);
}

function bootOf(boot: Fields): LoggedBoot {
  const ran = boot.has('slot')
    ? {
        slot: boot.count('slot'),
        state: boot.count('state'),
        version: boot.count('version'),
        build: boot.count('build'),
        hash: boot.bytes('hash'),
      }
    : undefined;
  return {
    number: boot.count('n'),
    cause: boot.count('cause'),
    decision: boot.count('decision'),
    ran,
    reasons: boot.list('reasons').map(Number),
    resets: boot.count('resets'),
    securityCounter: boot.count('counter'),
    fault: boot.has('fault') ? { cause: boot.count('fault'), address: boot.count('address') } : undefined,
  };
}
