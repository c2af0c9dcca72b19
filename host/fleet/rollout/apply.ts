// Applies an event to the state of a fleet. Decides nothing: what is not allowed was refused before (commands.ts, react.ts).
//
// What must stay true: the same events give the same state, whatever happened in between; a count is the number of what it counts.

import { runningAttribute } from './attributes.ts';
import type { Recorded, RingPlan } from './events.ts';
import { end, forget, forgetDone, forgetLatest } from './forget.ts';
import type { Action, Device, FleetState, Member, MemberState, Ring, Rollout } from './state.ts';

type Of<Type extends Recorded['type']> = Extract<Recorded, { type: Type }>;

export function apply(state: FleetState, event: Recorded): void {
  state.atMs = Math.max(state.atMs, event.atMs);
  state.events++;
  (handlers[event.type] as (state: FleetState, event: Recorded) => void)(state, event);
}

const handlers: { [Type in Recorded['type']]: (state: FleetState, event: Of<Type>) => void } = {
  'device-added'(state, { device: name, cryostat, tokenHash }) {
    const known = state.devices.get(name);
    if (known !== undefined) {
      known.cryostat = cryostat ?? known.cryostat;
      known.tokenHash = tokenHash ?? known.tokenHash;
      return;
    }
    const fresh = { attributes: {}, running: undefined, open: undefined, latest: undefined, done: undefined };
    const agents = { agent: undefined, freed: undefined };
    state.devices.set(name, { name, cryostat, tokenHash, ...fresh, ...agents, failed: new Map() });
  },
  'device-removed'(state, { device }) {
    for (const rollout of state.rollouts.values()) {
      const member = rollout.members.get(device);
      if (member === undefined) continue;
      if (rollout.endedMs === undefined) move(rollout, device, member, 'gone');
      else forget(state, rollout, device, member);
    }
    state.devices.delete(device);
  },
  'device-reported'(state, { device, attributes }) {
    const known = deviceOf(state, device);
    known.attributes = attributes;
    known.running = attributes[runningAttribute];
  },
  'agent-taken'(state, { device, agent: id, place }) {
    const known = deviceOf(state, device);
    [known.agent, known.freed] = [{ id, place }, undefined];
  },
  'agent-freed'(state, { device, atMs }) {
    const known = deviceOf(state, device);
    known.freed = known.agent && { ...known.agent, atMs };
    known.agent = undefined;
  },
  'release-added'(state, { release }) {
    state.releases.set(release.hash, release);
  },
  'release-withdrawn'(state, { release: hash }) {
    const release = state.releases.get(hash);
    if (release !== undefined) state.releases.set(hash, { ...release, withdrawn: true });
  },
  'rollout-created'(state, { rollout: id, name, release, rings, onError, atMs, who: createdBy }) {
    const members = new Map<string, Member>();
    for (const [ring, { devices }] of rings.entries())
      for (const device of devices)
        members.set(device, {
          ...{ ring, state: 'waiting', action: undefined, isOverdue: false, back: undefined, detail: '' },
        });
    const needsApproval = rings[0].approval;
    state.rollouts.set(id, {
      ...{ id, name, release, onError, members, rings: rings.map(ringFrom) },
      ...{ state: needsApproval ? 'WAITING_FOR_APPROVAL' : 'READY', pausedBy: undefined, current: 0 },
      past: { back: 0, notBack: [] },
      ...{ alerts: [], cause: undefined, scope: onError, createdBy, createdMs: atMs, endedMs: undefined },
    });
  },
  'rollout-approved'(state, { rollout }) {
    const of = rolloutWith(state, rollout);
    of.state = 'READY';
    of.rings[0].isAllowed = true;
  },
  'rollout-denied'(state, { rollout, atMs }) {
    end(state, rolloutWith(state, rollout), 'APPROVAL_DENIED', atMs);
  },
  'rollout-started'(state, { rollout }) {
    rolloutWith(state, rollout).state = 'RUNNING';
  },
  'rollout-paused'(state, { rollout, by }) {
    const of = rolloutWith(state, rollout);
    of.state = 'PAUSED';
    of.pausedBy = by;
  },
  'rollout-resumed'(state, { rollout }) {
    const of = rolloutWith(state, rollout);
    const ring = of.rings[of.current];
    if (of.pausedBy === 'approval') ring.isAllowed = true;
    if (of.pausedBy === 'empty-ring') ring.isEmptyAllowed = true;
    of.state = 'RUNNING';
    of.pausedBy = undefined;
  },
  'rollout-ended'(state, { rollout, cause, scope }) {
    const of = rolloutWith(state, rollout);
    // Asked again: those that did not come back are tried again.
    for (const member of of.members.values()) if (member.back?.result === 'not-back') member.back = undefined;
    stop(of, cause, scope);
  },
  'rollout-stopped'(state, { rollout, atMs }) {
    end(state, rolloutWith(state, rollout), 'STOPPED', atMs);
  },
  'rollout-finished'(state, { rollout, atMs }) {
    end(state, rolloutWith(state, rollout), 'FINISHED', atMs);
  },
  'ring-started'(state, { rollout, ring, atMs }) {
    const of = rolloutWith(state, rollout).rings[ring];
    of.state = 'RUNNING';
    of.startedMs = atMs;
  },
  'ring-confirmed'(state, { rollout, ring, atMs }) {
    rolloutWith(state, rollout).rings[ring].confirmedMs = atMs;
  },
  'ring-finished'(state, { rollout, ring }) {
    const of = rolloutWith(state, rollout);
    of.rings[ring].state = 'FINISHED';
    of.current = Math.min(ring + 1, of.rings.length - 1);
  },
  'ring-failed'(state, { rollout, ring, cause }) {
    const of = rolloutWith(state, rollout);
    of.rings[ring].state = 'ERROR';
    of.rings[ring].cause = cause;
    stop(of, `ring '${of.rings[ring].plan.name}': ${cause}`, of.onError);
  },
  'action-created'(state, event) {
    const { action: id, rollout, device, kind, release, previous, baseline, atMs } = event;
    const known = deviceOf(state, device);
    forgetLatest(state, known, rollout, kind);
    state.actionsMade++;
    state.actions.set(id, {
      ...{ id, rollout, device, kind, release, previous, baseline, isCancelRejected: false },
      ...{ state: event.confirmation ? 'WAIT_FOR_CONFIRMATION' : 'RUNNING' },
      ...{ detail: '', sinceMs: atMs, endedMs: undefined },
    });
    known.open = known.latest = id;
    const of = rolloutWith(state, rollout);
    const member = memberOf(of, device);
    if (kind === 'rollback') {
      member.back = { action: id, result: 'under-way' };
      return;
    }
    member.action = id;
    move(of, device, member, 'open');
  },
  'action-state'(state, { action, state: next }) {
    actionOf(state, action).state = next;
  },
  'action-ended'(state, { action: id, state: result, detail, atMs }) {
    const action = actionOf(state, id);
    Object.assign(action, { state: result, detail, endedMs: atMs });
    const known = state.devices.get(action.device);
    if (known?.open === id) known.open = undefined;
    if (known !== undefined && result === 'FINISHED') {
      forgetDone(state, known, action.rollout);
      known.done = id;
    }
    const rollout = rolloutWith(state, action.rollout);
    const member = memberOf(rollout, action.device);
    if (action.kind === 'rollback') {
      member.back = { action: id, result: result === 'FINISHED' ? 'back' : 'not-back' };
      if (result !== 'FINISHED') member.detail = detail;
      return;
    }
    if (result === 'ERROR') known?.failed.set(action.release, detail);
    member.detail = detail;
    if (member.state === 'open') move(rollout, action.device, member, memberStateAfter[result]);
  },
  'cancel-asked'(state, { action }) {
    actionOf(state, action).state = 'CANCELING';
  },
  'cancel-rejected'(state, { action }) {
    const of = actionOf(state, action);
    of.state = 'DOWNLOADED';
    of.isCancelRejected = true;
  },
  'device-has-it'(state, { rollout, device }) {
    const of = rolloutWith(state, rollout);
    const member = memberOf(of, device);
    member.detail = 'it ran the release before';
    move(of, device, member, 'confirmed');
  },
  'device-blocked'(state, { rollout, device, detail }) {
    const of = rolloutWith(state, rollout);
    const member = memberOf(of, device);
    member.detail = detail;
    move(of, device, member, 'failed');
  },
  'device-overdue'(state, { rollout, device }) {
    const of = rolloutWith(state, rollout);
    memberOf(of, device).isOverdue = true;
    of.rings[memberOf(of, device).ring].overdue++;
  },
  'device-strayed'(state, { rollout, device, detail }) {
    const of = rolloutWith(state, rollout);
    const member = memberOf(of, device);
    const ring = of.rings[member.ring];
    deviceOf(state, device).failed.set(of.release, detail);
    member.detail = detail;
    // A ring that has ended does not begin again: the rollout pauses instead, and a person decides.
    move(of, device, member, ring.state === 'FINISHED' ? 'waived' : 'failed');
    ring.confirmedMs = undefined;
  },
  'device-waived'(state, { rollout, device, reason }) {
    const of = rolloutWith(state, rollout);
    const member = memberOf(of, device);
    member.detail = reason;
    move(of, device, member, 'waived');
  },
  'rollback-impossible'(state, { rollout, device, reason }) {
    const member = memberOf(rolloutWith(state, rollout), device);
    member.back = { action: undefined, result: 'not-back' };
    member.detail = reason;
  },
  'retry-allowed'(state, { device, release }) {
    deviceOf(state, device).failed.delete(release);
    for (const rollout of state.rollouts.values()) {
      const member = rollout.members.get(device);
      const isWaitingForIt = rollout.release === release && (rollout.state === 'RUNNING' || rollout.state === 'PAUSED');
      if (isWaitingForIt && member?.state === 'failed') move(rollout, device, member, 'waiting');
    }
  },
  'gate-alert'(state, { rollout, ring, device, gate, detail, atMs }) {
    const of = rolloutWith(state, rollout);
    of.alerts.push({ ring, device, gate, detail, atMs });
    deviceOf(state, device).failed.set(of.release, `${gate}: ${detail}`);
  },
  'time-passed'() {},
};

const memberStateAfter = { FINISHED: 'confirmed', ERROR: 'failed', CANCELED: 'cancelled' } as const;

function ringFrom(plan: RingPlan): Ring {
  const none = { waiting: 0, open: 0, confirmed: 0, failed: 0, cancelled: 0, waived: 0, gone: 0 };
  return {
    ...{
      plan,
      state: 'SCHEDULED',
      isAllowed: !plan.approval,
      isEmptyAllowed: false,
      startedMs: undefined,
      confirmedMs: undefined,
    },
    ...{ counts: { ...none, waiting: plan.devices.length }, overdue: 0, leftOut: 0, waiting: new Set(plan.devices) },
    cause: undefined,
  };
}

function move(rollout: Rollout, device: string, member: Member, next: MemberState): void {
  const ring = rollout.rings[member.ring];
  if ((member.state === 'failed' || member.isOverdue) && (next === 'waived' || next === 'gone')) ring.leftOut++;
  ring.counts[member.state]--;
  ring.counts[next]++;
  if (next === 'waiting') ring.waiting.add(device);
  else ring.waiting.delete(device);
  if (member.isOverdue) {
    member.isOverdue = false;
    ring.overdue--;
  }
  member.state = next;
}

function stop(rollout: Rollout, cause: string, scope: Rollout['scope']): void {
  Object.assign(rollout, { state: 'STOPPING', pausedBy: undefined, endedMs: undefined, scope });
  rollout.cause ??= cause;
}

function rolloutWith(state: FleetState, id: number): Rollout {
  const found = state.rollouts.get(id);
  if (found === undefined) throw new Error(`fleet: the log names rollout ${id}, which it did not create`);
  return found;
}

function memberOf(rollout: Rollout, device: string): Member {
  const found = rollout.members.get(device);
  if (found === undefined) throw new Error(`fleet: the log names ${device} in rollout ${rollout.id}, which has it not`);
  return found;
}

function deviceOf(state: FleetState, name: string): Device {
  const found = state.devices.get(name);
  if (found === undefined) throw new Error(`fleet: the log names device ${name}, which it did not add`);
  return found;
}

function actionOf(state: FleetState, id: number): Action {
  const found = state.actions.get(id);
  if (found === undefined) throw new Error(`fleet: the log names action ${id}, which it did not create`);
  return found;
}
