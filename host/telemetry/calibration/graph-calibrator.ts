// Calibrates channels of a device over SMP by the calibration graph, as `coldrig calibrate` does: what `EventCalibrations` is given.
//
// What must stay true: the device is put back as it was, also at the deadline; while a program runs on the sequencer that measures, it waits, as the experiment of
// somebody is worth more than a calibration.

import { deviceIdentity, deviceTime } from '../../tools/calibration/device.ts';
import type { CalibrationPlan } from '../../tools/calibration/plan.ts';
import type { CalibrationRecords } from '../../tools/calibration/session.ts';
import { MeasurementError, SmpReadout } from '../../tools/calibration/smp-readout.ts';
import { graphOf, quantitiesOf, rootsOf, Station } from '../../tools/calibration/station.ts';
import { maintainAll } from '../../tools/calibration/work.ts';
import type { SmpClient } from '../../tools/smp/index.ts';
import { rest, type Time } from '../time.ts';
import type { Calibrator } from './event-calibrations.ts';

export interface GraphCalibratorParts {
  /** How these channels are calibrated, by what was built in front of the device. Throws for one that there is not. */
  planOf: (channels: readonly number[]) => CalibrationPlan;
  /** A client of its own; the caller of this knows how the device is reached, and with which rights. */
  open: (device: string, signal: AbortSignal) => Promise<SmpClient>;
  /** Where the runs of a device are kept. */
  recordsOf: (device: string) => CalibrationRecords;
  /** Number by which the readout of the device is claimed: of no other client. */
  claim: () => number;
  time: Time;
}

const busyMs = 10_000;

export function graphCalibrator({ planOf, open, recordsOf, claim, time }: GraphCalibratorParts): Calibrator {
  return async ({ device, channels }, signal) => {
    const client = await open(device, signal);
    const readout = new SmpReadout(client, { claim: claim(), signal });
    try {
      await whenIdle(readout, time, signal);
      const plan = planOf(channels);
      const quantities = quantitiesOf(plan);
      const graph = graphOf(quantities);
      const about = { identity: await deviceIdentity(client, { signal }), now: () => deviceTime(client, { signal }) };
      const records = recordsOf(device);
      const station = new Station(quantities, plan, readout, records, about);
      const doubted = channels.flatMap((channel) => ['resonator', 'threshold'].map((kind) => `${kind}-${channel}`));
      const { runs, failures } = await maintainAll(
        { graph, plan, records, station, roots: rootsOf(graph) },
        doubted,
        {},
      );
      if (failures.length > 0) throw failures[0];
      const calibrated = runs.filter(({ kind }) => kind === 'calibrate').map(({ node }) => node);
      return {
        isStored: calibrated.length > 0,
        what: calibrated.length > 0 ? calibrated.join(', ') : `all of ${runs.length} checks are in their limits`,
      };
    } finally {
      await readout.leave().catch(() => undefined);
      await client.close().catch(() => undefined);
    }
  };
}

async function whenIdle(readout: SmpReadout, time: Time, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await readout.begin();
    } catch (error) {
      if (!(error instanceof MeasurementError)) throw error;
      await rest(time, busyMs, signal);
      if (signal.aborted) throw new Error(`it could not begin: ${error.message}`);
    }
  }
}
