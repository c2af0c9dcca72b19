// What `coldrig calibrate` and `coldrig readout` work on: a device behind a target, or a new board in its fridge whose time runs while a client waits.

import { randomInt } from 'node:crypto';
import { second } from '../../hil/rig/time.ts';
import { WiredCryostat } from '../../hil/rig/wiring.ts';
import type { Fridge } from '../../host/plant/cryostat/fridge.ts';
import type { ReadoutChain } from '../../host/plant/readout/chain-data.ts';
import { buildAll } from '../../host/tools/build.ts';
import { DeviceReset } from '../../host/tools/calibration/session.ts';
import { MeasurementError, SmpReadout } from '../../host/tools/calibration/smp-readout.ts';
import { SmpClient, SmpError } from '../../host/tools/smp/index.ts';
import { factoryDevice } from '../factory-device.ts';
import { Failure } from '../failure.ts';

export interface EmulatedOptions {
  fridge: Fridge;
  chain: ReadoutChain;
  seed: number;
  faults: readonly string[];
  /** Told what is built. */
  notes: (what: string) => void;
}

/** The firmware starts its tasks. */
const SETTLE_NS = 2 * second;

/** A client, and the readout that it reaches. */
export interface Reached {
  client: SmpClient;
  readout: SmpReadout;
}

export async function emulated(options: EmulatedOptions, signal: AbortSignal): Promise<Reached> {
  const { fridge, chain, seed, faults, notes } = options;
  const build = await buildAll(['factory'], notes);
  signal.throwIfAborted();
  const wired = new WiredCryostat(fridge, { seed, readout: chain });
  const device = await factoryDevice(build, { seed, surroundings: () => wired });
  device.run(SETTLE_NS);
  for (const fault of faults) device.fault(fault);
  const client = device.client();
  return { client, readout: new SmpReadout(client, { signal }) };
}

export async function behindTarget(
  target: string,
  timeoutMs: number | undefined,
  signal: AbortSignal,
): Promise<Reached> {
  // A serial line may still carry answers to a client before us.
  const client = await SmpClient.open(target, { timeoutMs, firstSequence: process.pid & 0xff, signal });
  return { client, readout: new SmpReadout(client, { claim: freshClaim(), signal }) };
}

/** Number of a client that claims a readout: two must not have one. */
export const freshClaim = (): number => randomInt(1, 2 ** 32);

/** Works with the readout of the device, which is put back as it was, whatever happens. `advice`: for when the link is cut in the middle. */
export async function withReadout<Value>(
  { client, readout }: Reached,
  advice: string,
  what: () => Promise<Value>,
): Promise<Value> {
  let hasBegun = false;
  try {
    await readout.begin();
    hasBegun = true;
    return await what();
  } catch (error) {
    if (error instanceof MeasurementError) throw new Failure('MEASUREMENT', error.message);
    if (error instanceof DeviceReset) throw new Failure('DEVICE_RESET', error.message);
    if (!hasBegun || !(error instanceof SmpError) || (error.kind !== 'timeout' && error.kind !== 'link')) throw error;
    throw new Failure(error.name, `${error.message}; ${advice}`);
  } finally {
    await readout.leave().catch(() => undefined);
    await client.close();
  }
}
