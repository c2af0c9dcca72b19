// Requests that a device must refuse, for the scenarios of this folder.
//
// What must stay true: a refusal counts only with its reason; another one fails the scenario.

import type { CborMap } from '../../host/tools/smp/cbor.ts';
import type { Rig } from '../index.ts';

/** Fails unless the device refuses the request and its answer has this word. */
export async function refusedFor(rig: Rig, reason: string, request: Promise<unknown>): Promise<void> {
  const { message } = await rig.refusal(request);
  if (!message.includes(reason)) throw rig.failure('sent a request', `it is refused with ${reason}`, message);
}

/** A request as no client of ours makes it. */
export function ask(rig: Rig, group: number, command: number, body: CborMap, write = true): Promise<CborMap> {
  return rig.client.request({ what: `command ${command} of group ${group}`, group, command, write }, body);
}
