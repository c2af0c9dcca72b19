// What leaves the state of a fleet when it is over, so that the state is as large as the fleet and not as its history.
//
// What must stay true: what may still be taken back stays: the action by which a device got what it runs, and the update that it undoes; so does its newest
// action. Counts stay for ever.

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

/** A device gets an action: the newest one before goes, unless it is by that one that it got what it runs. */
export function forgetLatest(
  state: FleetState,
  { name, latest, done }: Device,
  rollout: number,
  kind: ActionKind,
): void {
  const before = latest === undefined ? undefined : state.actions.get(latest);
  if (before === undefined) return;
  if (before.rollout === rollout) {
    // The update that a way back undoes says what ran before.
    if (before.kind === kind && before.id !== done) state.actions.delete(before.id);
    return;
  }
  const of = state.rollouts.get(before.rollout);
  const member = of?.members.get(name);
  if (of === undefined || member === undefined) return;
  if (done === undefined || (member.action !== done && member.back?.action !== done)) forget(state, of, name, member);
}

/** A device runs something else now: the rollout that brought what it ran before has nothing to take back there any more. */
export function forgetDone(state: FleetState, { name, done }: Device, rollout: number): void {
  const before = done === undefined ? undefined : state.actions.get(done);
  const of = before === undefined ? undefined : state.rollouts.get(before.rollout);
  const member = of?.members.get(name);
  if (of !== undefined && member !== undefined && of.id !== rollout) forget(state, of, name, member);
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
