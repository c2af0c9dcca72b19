// All defects of host programs (defect.ts).

import type { Defect } from './defect.ts';
import { deviceFileDefects } from './of-device-files.ts';
import { rolloutDefects } from './of-rollouts.ts';
import { telemetryDefects } from './of-telemetry.ts';
import { trustDefects } from './of-trust.ts';

export const defects: readonly Defect[] = [
  ...telemetryDefects,
  ...deviceFileDefects,
  ...rolloutDefects,
  ...trustDefects,
];
