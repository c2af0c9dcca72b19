// Calibrations by others: a client that works with the readout of a device claims it there (protocol/smp/readout.ts), and the gateway asks who has the claim.
//
//   device ──CLAIM, each 5 s──> free | claimed ──> records `calibration`: begun, lasts (each minute), ended
//                                        └──for more than an hour──> too-long: it explains nothing any more, until it was free
//
// What must stay true: a record says for how long it explains alerts (calibrationLasts), so a gateway or device that goes away in the middle mutes nothing for
// ever; a claim that is renewed for ever mutes an hour; who asks changes nothing on the device.

import type { SmpClient } from '../../tools/smp/client.ts';
import { SmpError } from '../../tools/smp/error.ts';
import { readoutClaim } from '../../tools/smp/readout.ts';
import type { OwnRecord } from '../gateway/own-records.ts';

/** Who has the readout of a device; `free`: nobody; undefined: the device cannot say. */
export type Claim = { id: number } | 'free' | undefined;

/** Asks a device. */
export async function claimOf(client: SmpClient, signal?: AbortSignal): Promise<Claim> {
  try {
    const claim = await readoutClaim(client, { signal });
    return claim === undefined ? 'free' : { id: claim.id };
  } catch (error) {
    // Safe mode, or a firmware without claims.
    if (error instanceof SmpError && error.kind === 'device') return undefined;
    throw error;
  }
}

export const claimAskMs = 5_000;
const againMs = 60_000;
const longestMs = 3_600_000;

interface Held {
  id: number;
  sinceMs: number;
  toldMs: number;
  isTooLong: boolean;
}

export class ClaimWatch {
  private readonly held = new Map<string, Held>();

  /** What is to be put on record when this was the answer. */
  take({ device, cryostat }: { device: string; cryostat: string }, claim: Claim, nowMs: number): OwnRecord[] {
    const tell = (state: string, reason: string): OwnRecord => ({
      ...{ kind: 'calibration', body: { of: device, ofCryostat: cryostat, because: 'CLAIM', state, reason } },
    });
    const held = this.held.get(device);
    if (claim === undefined || claim === 'free') {
      this.held.delete(device);
      return held === undefined ? [] : [tell('ended', `client ${held.id} has left the readout`)];
    }
    const { id } = claim;
    if (held === undefined) {
      this.held.set(device, { id, sinceMs: nowMs, toldMs: nowMs, isTooLong: false });
      return [tell('begun', `client ${id} works with the readout`)];
    }
    // One client after the other without a break is one calibration, so that two of them do not mute for ever.
    const isNext = held.id !== id;
    held.id = id;
    if (held.isTooLong) return [];
    if (nowMs - held.sinceMs > longestMs) {
      held.isTooLong = true;
      return [
        tell(
          'too-long',
          `client ${id} has the readout for more than ${longestMs / 60_000} minutes; alerts are raised again`,
        ),
      ];
    }
    if (!isNext && nowMs - held.toldMs < againMs) return [];
    held.toldMs = nowMs;
    return [tell('lasts', `client ${id} works with the readout`)];
  }
}
