// The ACCESS group (protocol/smp/access.ts), typed: whether a controller is locked to its gateway. Only devices of ours speak it.

import { AccessCommand } from '../../../protocol/smp/access.ts';
import { SmpGroup } from '../../../protocol/smp/smp.ts';
import { Fields } from './fields.ts';
import type { RequestOptions, SmpSession } from './session.ts';

export interface Access {
  /** The console only reads. */
  locked: boolean;
  /** The line that this was asked over: 0 the gateway's, 1 the console. */
  line: number;
  /** How many times it can still be locked. */
  left: number;
}

const request = (write: boolean) => ({
  what: write ? 'access' : 'access state',
  ...{ group: SmpGroup.ACCESS, command: AccessCommand.LOCK, write },
});

export async function readAccess(session: SmpSession, options?: RequestOptions): Promise<Access> {
  return accessOf(new Fields(await session.request(request(false), {}, options), 'access state'));
}

/** Locks a controller to its gateway, or unlocks it. Does no harm when it arrives twice; only the gateway's line may. */
export async function setLocked(session: SmpSession, locked: boolean, options?: RequestOptions): Promise<Access> {
  return accessOf(new Fields(await session.request(request(true), { locked }, options), 'access'));
}

function accessOf(answer: Fields): Access {
  return { locked: answer.flag('locked'), line: answer.count('line'), left: answer.count('left') };
}
