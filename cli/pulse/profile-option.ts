// The option that says which hardware a program is for.

import { Option } from 'commander';
import { type ProfileName, profiles } from '../../protocol/q1/profiles.ts';

const profileNames = Object.keys(profiles) as ProfileName[];

export function profileOption(): Option {
  return new Option(
    '--profile <name>',
    'hardware it is for (default: qblox-qrm for programs that acquire, qblox-qcm for others)',
  ).choices(profileNames);
}
