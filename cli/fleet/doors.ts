// The doors of an agent's devices, by the options of the command (host/fleet/agent/door.ts).

import { hostname } from 'node:os';
import { readPolicyFile } from '../../host/fleet/access/files.ts';
import { devicePermit, type Permit, personPermit } from '../../host/fleet/access/permit.ts';
import type { Policy } from '../../host/fleet/access/policy.ts';
import { type FlashDoor, flashDoor } from '../../host/fleet/agent/door.ts';
import { openKeptAudit } from '../../host/fleet/kept-audit.ts';
import { hostTime } from '../../host/telemetry/time.ts';
import { Failure } from '../failure.ts';

export interface DoorOptions {
  folder: string;
  policy?: string;
  people?: string;
  flashAs?: string;
  audit?: string;
}

/** What a device shows to the update server. */
type Shown = { cert?: string };

export interface Doors {
  of(device: Shown): FlashDoor;
  close(): Promise<void>;
}

/** Undefined: no policy was given. */
export async function openDoors(options: DoorOptions, devices: readonly Shown[]): Promise<Doors | undefined> {
  const { policy: path, people, flashAs: token, folder, audit: place = `${folder}-audit` } = options;
  if (path === undefined && people === undefined && token === undefined) return undefined;
  if ((people === undefined) !== (token === undefined))
    throw new Failure('OPTION', '--flash-as and --people go together: the token, and whose it is', { exitCode: 2 });
  const without = devices.findIndex(({ cert }) => cert === undefined);
  if (token === undefined && without >= 0)
    throw new Failure(
      'OPTION',
      `device [${without}] has no certificate, and a token of a device says nothing to a gateway: give --flash-as and --people, or a certificate`,
      { exitCode: 2 },
    );
  const policy = openPolicy(path);
  const audit = await openKeptAudit(place, hostTime).catch((error) => {
    if (error instanceof Error && error.name === 'AuditError')
      throw new Failure('FLEET_LOG', `${error.message}; another folder is given with --audit`, { cause: error });
    throw error;
  });
  const of = ({ cert }: Shown): FlashDoor =>
    flashDoor({
      ...{ gateway: hostname(), audit, time: hostTime },
      permit(device, nowMs): Permit {
        const asked = { verb: 'flash', device } as const;
        if (token !== undefined && people !== undefined)
          return personPermit({ token, people }, policy, asked, [nowMs, nowMs]);
        return devicePermit(cert as string, policy, asked, nowMs);
      },
    });
  return { of, close: () => audit.close() };
}

/** Undefined: the policy of the package. */
export function openPolicy(path: string | undefined): Policy {
  try {
    return readPolicyFile(path);
  } catch (error) {
    if (error instanceof Error && error.name === 'AccessError')
      throw new Failure('ACCESS', error.message, { cause: error });
    throw error;
  }
}
