// The option for the hardware that a program is written for.

import { Option } from 'commander';
import { type ProfileName, profiles } from '../../protocol/q1/profiles.ts';

const profileNames = Object.keys(profiles) as ProfileName[];

export function profileOption(): Option {
  return new Option(
    '--profile <name>',
    'hardware the program is for (default: qblox-qrm for programs that acquire, qblox-qcm for others)',
  ).choices(profileNames);
}
