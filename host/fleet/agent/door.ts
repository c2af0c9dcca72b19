// The gateway's door for updates: the update server says what a device is to have, and the gateway decides by its own policy whether it may be sent.
//
//   agent ──may it be flashed?──> credential (access/permit.ts) ──> policy ──> audit log of the gateway ──> answer
//
// What must stay true: without a rule that permits it nothing is sent; the answer is on record before the agent has it; a refusal that is asked again and again
// is one entry until it changes; a device that is named by its serial number is the one that answers.

import type { Time } from '../../telemetry/time.ts';
import type { Permit } from '../access/permit.ts';
import { serialPattern } from '../attestation/files.ts';
import type { Audit } from '../audit/audit-log.ts';

/** A device as its gateway knows it. */
export interface AtDoor {
  /** At the update server. */
  name: string;
  /** Of the board that answers, in hexadecimal; undefined: it is none of ours. */
  serial: string | undefined;
}

/** The gateway's door has not let it pass. Nothing was sent, nothing has failed: it is asked again. */
export class DoorRefusal extends Error {
  override readonly name = 'DoorRefusal';
}

export type FlashDoor = (device: AtDoor) => Promise<Permit>;

export interface FlashDoorOptions {
  /** Of the gateway, for the record. */
  gateway: string;
  audit: Audit;
  time: Time;
  /** By which credential, and what the policy says. */
  permit: (device: string, nowMs: number) => Permit;
}

export function flashDoor({ gateway, audit, time, permit }: FlashDoorOptions): FlashDoor {
  const told = new Map<string, string>();
  return async ({ name, serial }) => {
    const nowMs = Number(time.wallNs() / 1_000_000n);
    const isOther = serialPattern.test(name) && serial !== name;
    const found: Permit = isOther
      ? { refusal: `device ${serial ?? 'without a serial number'} answers in place of device ${name}` }
      : permit(name, nowMs);
    const reason = 'by' in found ? `in the name of ${found.by}` : found.refusal;
    if ('by' in found) told.delete(name);
    else if (told.get(name) === reason) return found;
    const decision = 'by' in found ? 'allowed' : 'refused';
    const who = { kind: 'gateway', name: gateway };
    await audit.record({
      ...{ time: new Date(nowMs).toISOString(), who, verb: 'flash', what: { kind: 'device', name }, decision, reason },
    });
    if (decision === 'refused') told.set(name, reason);
    return found;
  };
}
