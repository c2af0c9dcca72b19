// `coldrig device`: which device it is, what it runs, credentials for it, and its lock. Thin over host/fleet/attestation and host/fleet/enrol.

import { Command } from 'commander';
import { attestCommand } from '../device/attest.ts';
import { enrolCommand, renewCommand } from '../device/enrol.ts';
import { lockCommand, unlockCommand } from '../device/lock.ts';
import { referencesCommand } from '../device/references.ts';

export function addAttestCommands(program: Command): void {
  const device = new Command('device').description(
    'which device it is and what it runs, credentials for it, and its lock',
  );
  const credentials = [attestCommand(), referencesCommand(), enrolCommand(), renewCommand()];
  for (const part of [...credentials, lockCommand(), unlockCommand()]) device.addCommand(part);
  program.addCommand(device);
}
