// The files of `coldrig run`, checked before anything runs.

import { presets } from '../../host/tools/open-fridge.ts';
import { checkOutputs, refuseClashes, refuseForeignRecord, unlessPreset } from '../outputs.ts';

export interface RunFiles {
  image?: string;
  key?: string[];
  fridge?: string;
  flash?: string;
  devices?: string;
  pty?: string;
  record?: string;
  plot?: string;
  lcov?: string;
  profile?: string;
}

/** The device file and the list of devices are read and written: nothing else may be written into them. */
export function checkRunFiles({
  image,
  key,
  fridge,
  flash,
  devices,
  pty,
  record,
  plot,
  lcov,
  profile,
}: RunFiles): void {
  refuseClashes(
    {
      ...{ '--flash': flash, '--devices': devices, '--pty': pty, '--record': record },
      ...{ '--plot': plot, '--lcov': lcov, '--profile': profile },
    },
    { '--image': image, '--key': key, '--fridge': unlessPreset(presets, fridge) },
  );
  checkOutputs({
    '--record': [record, 'the input log'],
    '--plot': [plot, 'the plot'],
    '--lcov': [lcov, 'the coverage'],
    '--profile': [profile, 'the profile'],
  });
  if (record !== undefined) refuseForeignRecord(record);
}
