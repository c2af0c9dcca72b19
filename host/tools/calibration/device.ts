// Who a device is and what time it has, over SMP: for the records of its calibrations.
//
// What must stay true: a moment is the number of the boot and the time since it, both the device's own; the clock of this machine is not asked.

import { Beat } from '../../../protocol/telemetry/heartbeat.ts';
import { readBootLog, readFuseReport } from '../smp/boot-group.ts';
import { readHeartbeat } from '../smp/cryo.ts';
import { type RequestOptions, type SmpClient, SmpError } from '../smp/index.ts';
import type { DeviceTime } from './graph.ts';
import type { DeviceIdentity } from './session.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export async function deviceIdentity(client: SmpClient, options?: RequestOptions): Promise<DeviceIdentity> {
  const { serial } = await readFuseReport(client, options);
  const image = (await client.imageState(options)).find(({ active }) => active);
  if (!image?.hash) throw new SmpError('device', 'no firmware runs on the device, so there is nothing to calibrate');
  return { device: hex(serial), image: hex(image.hash) };
}

/** To the second: the heartbeat counts them. */
export async function deviceTime(client: SmpClient, options?: RequestOptions): Promise<DeviceTime> {
  const boot = (await readBootLog(client, undefined, options)).boots.at(-1)?.number ?? 0;
  const words = await readHeartbeat(client, options);
  return { boot, ns: words[Beat.UPTIME_SECONDS] * 1e9 };
}
