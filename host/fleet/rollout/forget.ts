// What leaves the state of a fleet when it is over, so that the state is as large as the fleet and not as its history.
//
// What must stay true: what may still be taken back stays: the newest action of each device, and the update that it undoes. Counts stay for ever.

import type { ActionKind } from './events.ts';
import type { Device, FleetState, Member, Rollout } from './state.ts';

/** Ends a rollout. */
export function end(state: FleetState, rollout: Rollout, as: Rollout['state'], atMs: number): void {
  Object.assign(rollout, { state: as, pausedBy: undefined, endedMs: atMs });
  // Who never had an action, or has left the fleet, cannot be taken back.
  for (const [device, member] of rollout.members)
    if (member.action === undefined || member.state === 'gone') forget(state, rollout, device, member);
  for (const ring of rollout.rings) {
    ring.plan = { ...ring.plan, devices: [] };
    ring.waiting = new Set();
  }
}

/** A device gets an action again: the one before goes, when nothing can go back to it any more. */
export function forgetBefore(state: FleetState, { name, latest }: Device, rollout: number, kind: ActionKind): void {
  const before = latest === undefined ? undefined : state.actions.get(latest);
  if (before === undefined) return;
  if (before.rollout === rollout) {
    // The update that a way back undoes says what ran before.
    if (before.kind === kind) state.actions.delete(before.id);
    return;
  }
  const of = state.rollouts.get(before.rollout);
  const member = of?.members.get(name);
  if (of !== undefined && member !== undefined) forget(state, of, name, member);
}

/** A device has nothing to do with a rollout any more. */
export function forget(state: FleetState, rollout: Rollout, device: string, member: Member): void {
  for (const action of [member.action, member.back?.action]) if (action !== undefined) state.actions.delete(action);
  if (member.back?.result === 'back') rollout.past.back++;
  if (member.back?.result === 'not-back') rollout.past.notBack.push(notBackText(device, member));
  rollout.members.delete(device);
}

/** What is shown of a device that could not be taken back. */
export const notBackText = (device: string, { detail }: Member): string => `${device}: ${detail}`;
