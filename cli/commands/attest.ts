// `coldrig device`: which device it is, what it runs, and credentials for it. Thin over host/fleet/attestation and host/fleet/enrol.

import { Command } from 'commander';
import { attestCommand } from '../device/attest.ts';
import { enrolCommand, renewCommand } from '../device/enrol.ts';
import { referencesCommand } from '../device/references.ts';

export function addAttestCommands(program: Command): void {
  const device = new Command('device').description('which device it is and what it runs, and credentials for it');
  for (const part of [attestCommand(), referencesCommand(), enrolCommand(), renewCommand()]) device.addCommand(part);
  program.addCommand(device);
}
