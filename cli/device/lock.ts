// `coldrig device lock` and `unlock`: whether a device takes anything but reads over its console.

import { Command } from 'commander';
import { type Access, setLocked } from '../../host/tools/smp/access.ts';
import { SmpError } from '../../host/tools/smp/index.ts';
import { type TargetOptions, withClient, withTarget } from '../client.ts';
import { Failure } from '../failure.ts';
import { printing, type Result } from '../result.ts';

const HELP = `
A device that is locked executes over its console what changes nothing: reads and the echo, but no attestation. Everything else is refused there (EACCESSDENIED) and is
an event of the device. The lock is to the line of the gateway and not to one gateway: whatever is connected to that line may unlock it. It is in the fuses, outlasts
every update, and can be made 16 times. In safe mode the bootloader answers on both lines: it knows no lock, and takes only images that are signed for this device.

Example:
  coldrig device lock --target udp://10.0.0.17:1337
  coldrig device unlock --target udp://10.0.0.17:1337

With --json: {ok, target, locked, left}; left: how many times it can still be locked.`;

export const lockCommand = () => changing('lock', 'let the console only read: everything else is for the gateway');
export const unlockCommand = () => changing('unlock', 'let the console do everything again');

function changing(name: 'lock' | 'unlock', about: string): Command {
  return withTarget(new Command(name))
    .description(about)
    .addHelpText('after', HELP)
    .action(printing((options: TargetOptions) => change(options, name === 'lock')));
}

function change(options: TargetOptions, wanted: boolean): Promise<Result> {
  return withClient(options, async (client, signal) => {
    const access = await setLocked(client, wanted, { signal }).catch((error) => {
      if (!(error instanceof SmpError) || error.name !== 'ENOTSUP') throw error;
      throw new Failure(
        'LOCK_NONE',
        'the device has no lock: safe mode has none, nor has firmware that does not speak SMP group 71; update it over its gateway',
        { cause: error },
      );
    });
    const { locked, left } = access;
    return {
      text: `${accessText(access)}; it can be locked ${left} times more`,
      json: { target: client.transport.name, locked, left },
    };
  });
}

/** Who may change a device, in words. */
export function accessText({ locked }: Access): string {
  return locked ? 'locked to its gateway: its console only reads' : 'not locked: its console may do everything';
}
