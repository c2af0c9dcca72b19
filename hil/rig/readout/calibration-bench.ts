// The readout of an emulated board for calibrations: everything goes over SMP, but the settings of the chip's readout, which are written as registers.
//
// The corrections of the record are brought into force here as protocol/calibration/record.ts describes them. With y = (I, Q) after the offsets,
// gain g, imbalance e and skew s:   I' = (1 + g) I,   Q' = (1 + g) (Q / ((1 + e) cos s) + I tan s).
// What must stay true: only registers that a firmware could write are written.

import { SmpReadout, type SmpReadoutOptions } from '../../../host/tools/calibration/smp-readout.ts';
import type { CalibrationRecord, LineCalibration } from '../../../host/tools/calibration-record.ts';
import type { SmpClient } from '../../../host/tools/smp/index.ts';
import type { ReadoutSetting } from '../../../protocol/readout/module.ts';
import type { DeviceUnderTest } from '../device.ts';
import { releaseReadout, setReadout } from './settings.ts';

const RECORD_ONE = 2 ** 20;
const MATRIX_ONE = 2 ** 16;

export class BoardReadout extends SmpReadout {
  private readonly device: DeviceUnderTest;

  constructor(device: DeviceUnderTest, client: SmpClient, options?: SmpReadoutOptions) {
    super(client, options);
    this.device = device;
    releaseReadout(device.board);
  }

  override async corrections(): Promise<CalibrationRecord> {
    const record = await super.corrections();
    this.bringIntoForce(record);
    return record;
  }

  override async store(record: CalibrationRecord): Promise<void> {
    await super.store(record);
    this.bringIntoForce(record);
  }

  protected override async tune(channel: number, quarterHertz: number): Promise<void> {
    setReadout(this.device.board, 'FREQUENCY', channel, quarterHertz);
  }

  private bringIntoForce({ lines }: CalibrationRecord): void {
    for (const [line, calibration] of lines.entries())
      for (const [setting, value] of Object.entries(settingsOf(calibration)))
        setReadout(this.device.board, setting as keyof typeof ReadoutSetting, line, value);
  }
}

function settingsOf({ offsetI, offsetQ, gain, imbalance, skew }: LineCalibration) {
  const g = 1 + gain / RECORD_ONE;
  const angle = skew / RECORD_ONE;
  return {
    ...{ OFFSET_I: offsetI, OFFSET_Q: offsetQ, MATRIX_II: g * MATRIX_ONE, MATRIX_IQ: 0 },
    MATRIX_QI: g * Math.tan(angle) * MATRIX_ONE,
    MATRIX_QQ: (g / ((1 + imbalance / RECORD_ONE) * Math.cos(angle))) * MATRIX_ONE,
  };
}
