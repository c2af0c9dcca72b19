// The readout of an emulated board for calibrations: everything goes over SMP, but the tone of a channel, which is written as a register.
//
// What must stay true: only a register that a firmware could write is written.

import { SmpReadout, type SmpReadoutOptions } from '../../../host/tools/calibration/smp-readout.ts';
import type { SmpClient } from '../../../host/tools/smp/index.ts';
import type { DeviceUnderTest } from '../device.ts';
import { releaseReadout, setReadout } from './settings.ts';

export class BoardReadout extends SmpReadout {
  private readonly device: DeviceUnderTest;

  constructor(device: DeviceUnderTest, client: SmpClient, options?: SmpReadoutOptions) {
    super(client, options);
    this.device = device;
    releaseReadout(device.board);
  }

  protected override async tune(channel: number, quarterHertz: number): Promise<void> {
    setReadout(this.device.board, 'FREQUENCY', channel, quarterHertz);
  }
}
