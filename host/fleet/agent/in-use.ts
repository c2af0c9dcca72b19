// Whether somebody works with a device, so that an update waits: its reset would end a calibration in the middle.
//
// What must stay true: who never ends is not waited for, so that no client keeps a release, or the way back from a bad one, from a device.

import type { Time } from '../../telemetry/time.ts';
import type { SmpClient } from '../../tools/smp/index.ts';
import { readoutClaim } from '../../tools/smp/readout.ts';
import { unlessUnknown } from './device.ts';

/** A calibration takes a minute. */
const patienceMs = 600_000;

export class InUse {
  private readonly time: Time;
  private asked: { action: number; sinceMs: number } | undefined;

  constructor(time: Time) {
    this.time = time;
  }

  /** By whom; undefined: by nobody, for too long, or the device has no such claims. */
  async by(client: SmpClient, action: number, signal: AbortSignal): Promise<string | undefined> {
    const claim = await unlessUnknown(readoutClaim(client, { signal }));
    const nowMs = this.time.monotonicMs();
    if (this.asked?.action !== action) this.asked = { action, sinceMs: nowMs };
    if (claim === undefined || nowMs - this.asked.sinceMs >= patienceMs) return undefined;
    return `client ${claim.id} works with its readout`;
  }
}
