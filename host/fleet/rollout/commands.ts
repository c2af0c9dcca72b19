// What people, devices and the watch over readings ask of a fleet: each is refused in words, or becomes events.
//
// What must stay true: a function of state and request; a device's word is taken once, and again without an effect; what is asked twice by a person is
// told, and changes nothing.

import { type Confirmation, deviceNamePattern, type Execution, type Finish } from '../../../protocol/fleet/ddi.ts';
import type { ActionState, GateName } from '../../../protocol/fleet/states.ts';
import { boardAttribute, runningAttribute } from './attributes.ts';
import type { FleetEvent, Release, RingPlan, RollbackScope } from './events.ts';
import { actionOf, deviceWith, FleetRefusal, notNow, rolloutWith } from './refusal.ts';
import { type Action, type Device, type FleetState, isOpen, isOver, rolloutOf } from './state.ts';
import { crashed, strayed } from './strayed.ts';

export type PersonCommand =
  | { do: 'add-device'; device: string; cryostat?: string; tokenHash?: string }
  | { do: 'remove-device'; device: string }
  | { do: 'add-release'; release: Release }
  | { do: 'withdraw-release'; release: string }
  | { do: 'create-rollout'; name: string; release: string; rings: RingPlan[]; onError: RollbackScope }
  | { do: 'approve' | 'deny' | 'start' | 'pause' | 'resume'; rollout: number }
  /** Ends it; `scope` says who goes back. */
  | { do: 'stop'; rollout: number; scope: 'hold' | 'rollout'; reason: string }
  | { do: 'waive'; rollout: number; device: string; reason: string }
  | { do: 'retry'; device: string; release: string }
  | { do: 'free-device'; device: string; reason: string };

export type DeviceCommand =
  /** `from`: the agent that had it, as far as was known when this was decided (ddi/lease.ts). */
  | { do: 'take'; device: string; agent: string; place: string; from: string | undefined }
  | { do: 'report'; device: string; attributes: Record<string, string> }
  | { do: 'retrieved'; device: string; action: number }
  | { do: 'feedback'; device: string; action: number; execution: Execution; finished: Finish; detail: string }
  | { do: 'cancel-feedback'; device: string; action: number; execution: Execution; finished: Finish; detail: string }
  | { do: 'confirm'; device: string; action: number; confirmation: Confirmation; detail: string };

export type WatchCommand = { do: 'alert'; device: string; gate: GateName; detail: string };

export type FleetCommand = PersonCommand | DeviceCommand | WatchCommand;
type Of<Do extends FleetCommand['do']> = Extract<FleetCommand, { do: Do }>;

/** Throws a FleetRefusal. No events: it is so already. */
export function decide(state: FleetState, command: FleetCommand): FleetEvent[] {
  return (handlers[command.do] as (state: FleetState, command: FleetCommand) => FleetEvent[])(state, command);
}

const handlers: { [Do in FleetCommand['do']]: (state: FleetState, command: Of<Do>) => FleetEvent[] } = {
  'add-device'(state, { device, cryostat, tokenHash }) {
    if (!deviceNamePattern.test(device))
      throw new FleetRefusal('INVALID', `'${device}' is no name of a device: 1 to 64 letters, digits, . _ : and -`);
    const known = state.devices.get(device);
    if (known !== undefined && known.cryostat === cryostat && known.tokenHash === tokenHash) return [];
    return [
      { type: 'device-added', device, ...(cryostat !== undefined && { cryostat }), ...(tokenHash && { tokenHash }) },
    ];
  },
  'remove-device'(state, { device }) {
    const { open } = deviceWith(state, device);
    const ended = { state: 'CANCELED', detail: 'the device was removed from the fleet' } as const;
    return [
      ...(open === undefined ? [] : [{ type: 'action-ended' as const, action: open, ...ended }]),
      { type: 'device-removed', device },
    ];
  },
  'add-release'(state, { release }) {
    const known = state.releases.get(release.hash);
    if (known === undefined) return [{ type: 'release-added', release }];
    if (known.sha256 === release.sha256 && known.file === release.file)
      return known.token === release.token && !known.withdrawn ? [] : [{ type: 'release-added', release }];
    const both = `${known.file} (${known.sha256.slice(0, 12)}) and ${release.file} (${release.sha256.slice(0, 12)})`;
    throw new FleetRefusal(
      'CONFLICT',
      `two files have the image ${release.hash.slice(0, 12)}: ${both}; keep the first`,
    );
  },
  'withdraw-release'(state, { release }) {
    if (state.releases.get(release)?.withdrawn !== undefined || !state.releases.has(release)) return [];
    const running = [...state.rollouts.values()].filter((one) => one.release === release && one.state === 'RUNNING');
    return [
      // Last is what is not found again: a crash before it loses nothing.
      ...running.map(({ id }): FleetEvent => ({ type: 'rollout-paused', rollout: id, by: 'release-withdrawn' })),
      { type: 'release-withdrawn', release },
    ];
  },
  'create-rollout': createRollout,
  approve: (state, { rollout: id }) => {
    const { state: is } = rolloutWith(state, id);
    if (is !== 'WAITING_FOR_APPROVAL') throw notNow(id, is, 'approved', 'it does not wait for approval');
    return [{ type: 'rollout-approved', rollout: id }];
  },
  deny: (state, { rollout: id }) => {
    const { state: is } = rolloutWith(state, id);
    if (is !== 'WAITING_FOR_APPROVAL') throw notNow(id, is, 'denied', 'stop it instead');
    return [{ type: 'rollout-denied', rollout: id }];
  },
  start: (state, { rollout: id }) => {
    const { state: is } = rolloutWith(state, id);
    if (is === 'WAITING_FOR_APPROVAL') throw notNow(id, is, 'started', 'approve it first');
    if (is !== 'READY') throw notNow(id, is, 'started', 'it was started before');
    refuseWithdrawn(state, id, 'started');
    return [{ type: 'rollout-started', rollout: id }];
  },
  pause: (state, { rollout: id }) => {
    const { state: is } = rolloutWith(state, id);
    if (is !== 'RUNNING') throw notNow(id, is, 'paused', 'only one that runs can be');
    return [{ type: 'rollout-paused', rollout: id, by: 'person' }];
  },
  resume: (state, { rollout: id }) => {
    const { state: is } = rolloutWith(state, id);
    if (is !== 'PAUSED') throw notNow(id, is, 'resumed', 'only one that is paused can be');
    refuseWithdrawn(state, id, 'resumed');
    return [{ type: 'rollout-resumed', rollout: id }];
  },
  stop(state, { rollout: id, scope, reason }) {
    const rollout = rolloutWith(state, id);
    const { state: is } = rollout;
    if (is === 'WAITING_FOR_APPROVAL' || is === 'APPROVAL_DENIED')
      throw notNow(id, is, 'stopped', 'it has not begun; deny it');
    if (scope === 'hold' && (isOver(rollout) || is === 'STOPPING')) throw notNow(id, is, 'stopped', 'it has ended');
    return [{ type: 'rollout-ended', rollout: id, cause: reason, scope }];
  },
  waive(state, { rollout: id, device, reason }) {
    const rollout = rolloutWith(state, id);
    const member = rollout.members.get(device);
    if (member === undefined) throw new FleetRefusal('UNKNOWN', `rollout ${id} has no device ${device}`);
    if (member.state === 'waived') return [];
    if (isOver(rollout)) throw notNow(id, rollout.state, 'changed', 'it has ended');
    if (member.state === 'confirmed' && rollout.state !== 'STOPPING')
      throw new FleetRefusal('STATE', `device ${device} has confirmed the release: there is nothing to do without it`);
    const action = member.action === undefined ? undefined : state.actions.get(member.action);
    const isCancelled = action !== undefined && isOpen(action) && action.state !== 'CANCELING';
    return [
      { type: 'device-waived', rollout: id, device, reason },
      ...(isCancelled ? [{ type: 'cancel-asked' as const, action: action.id }] : []),
    ];
  },
  retry(state, { device, release }) {
    const { failed } = deviceWith(state, device);
    if (failed.has(release)) return [{ type: 'retry-allowed', device, release }];
    throw new FleetRefusal('STATE', `device ${device} has not failed release ${release.slice(0, 12)}`);
  },

  'free-device'(state, { device, reason }) {
    const { agent } = deviceWith(state, device);
    if (agent === undefined) throw new FleetRefusal('STATE', `device ${device} has no agent`);
    return [{ type: 'agent-freed', device, reason }];
  },
  take(state, { device, agent, place, from }) {
    const known = deviceWith(state, device).agent;
    if (known?.id === agent) return [];
    if (known?.id === from) return [{ type: 'agent-taken', device, agent, place }];
    throw new FleetRefusal('CONFLICT', `another agent was faster: ${known?.place}`);
  },

  report(state, { device, attributes }) {
    const known = deviceWith(state, device).attributes;
    const names = Object.keys(attributes);
    const isSame =
      names.length === Object.keys(known).length && names.every((name) => known[name] === attributes[name]);
    // Asked again after a crash, the rest of its events may be missing. What only the change tells is before it.
    const after = strayed(state, device, attributes);
    if (isSame) return after;
    return [...crashed(state, device, known, attributes), { type: 'device-reported', device, attributes }, ...after];
  },
  retrieved(state, { device, action: id }) {
    const action = actionOf(state, device, id);
    return action.state === 'RUNNING' ? [{ type: 'action-state', action: id, state: 'RETRIEVED' }] : [];
  },
  feedback(state, { device, action: id, execution, finished, detail }) {
    const action = actionOf(state, device, id);
    if (!isOpen(action)) return [];
    const ended = endOf(deviceWith(state, device), action, execution, finished, detail);
    if (ended !== undefined) return [{ type: 'action-ended', action: id, ...ended }];
    const next = stateAfter[execution];
    const isForward = next !== undefined && order.indexOf(next) > order.indexOf(action.state);
    return isForward ? [{ type: 'action-state', action: id, state: next }] : [];
  },
  'cancel-feedback'(state, { device, action: id, execution, finished, detail }) {
    const action = actionOf(state, device, id);
    if (!isOpen(action) || action.state !== 'CANCELING') return [];
    const isRejected = execution === 'rejected' || (execution === 'closed' && finished === 'failure');
    if (isRejected) return [{ type: 'cancel-rejected', action: id }];
    // hawkBit wants 'closed'; clients that say 'canceled' mean the same.
    const isDone = execution === 'canceled' || (execution === 'closed' && finished === 'success');
    return isDone ? [{ type: 'action-ended', action: id, state: 'CANCELED', detail }] : [];
  },

  confirm(state, { device, action: id, confirmation, detail }) {
    const action = actionOf(state, device, id);
    if (action.state !== 'WAIT_FOR_CONFIRMATION') return [];
    if (confirmation === 'confirmed') return [{ type: 'action-state', action: id, state: 'RUNNING' }];
    // It is not offered again: a person has said no.
    return [{ type: 'action-ended', action: id, ...error(detail || 'a person at the device has denied it') }];
  },

  alert(state, { device, gate, detail }) {
    const rollout = rolloutOf(state, device);
    const member = rollout?.members.get(device);
    // Before it has an action it runs its old image, which no rollout has to do with.
    if (rollout === undefined || member?.action === undefined) return [];
    if (rollout.alerts.some((alert) => alert.device === device && alert.gate === gate)) return [];
    return [{ type: 'gate-alert', rollout: rollout.id, ring: member.ring, device, gate, detail }];
  },
};

/** States that a device goes through, in their order. */
const order: readonly ActionState[] = ['RUNNING', 'RETRIEVED', 'DOWNLOAD', 'DOWNLOADED', 'CANCELING'];
const stateAfter: Partial<Record<Execution, ActionState>> = {
  ...{ scheduled: 'RETRIEVED', proceeding: 'RETRIEVED', resumed: 'RETRIEVED', download: 'DOWNLOAD' },
  downloaded: 'DOWNLOADED',
};

type Ended = { state: 'FINISHED' | 'ERROR' | 'CANCELED'; detail: string };

function endOf(device: Device, action: Action, execution: Execution, finished: Finish, detail: string) {
  const isCancelled = action.state === 'CANCELING';
  switch (execution) {
    case 'rejected':
      return error(detail || 'the device rejected it');
    case 'canceled':
      return isCancelled ? ({ state: 'CANCELED', detail } satisfies Ended) : error(detail || 'the device cancelled it');
    case 'closed':
      if (finished === 'failure') return error(detail || 'the device reports a failure, and no reason');
      if (finished === 'success') return success(device, action, detail);
      throw new FleetRefusal('INVALID', "feedback: 'closed' needs 'success' or 'failure' in result.finished");
    default:
      return undefined;
  }
}

const error = (detail: string): Ended => ({ state: 'ERROR', detail });

/** A device that says which image it runs has to run this one: the word of an updater that did not see the device go back is not enough. */
function success({ running, name }: Device, { release }: Action, detail: string): Ended {
  if (running === undefined || running === release) return { state: 'FINISHED', detail };
  return error(`it reports success, but ${name} runs image ${running.slice(0, 12)} (${runningAttribute})`);
}

function createRollout(state: FleetState, { name, release: hash, rings, onError }: Of<'create-rollout'>): FleetEvent[] {
  const release = state.releases.get(hash);
  if (release === undefined)
    throw new FleetRefusal('UNKNOWN', `there is no release ${hash.slice(0, 12)}; add it first`);
  if (release.withdrawn)
    throw new FleetRefusal('CONFLICT', `release ${release.name} ${release.version} was withdrawn; take another`);
  if (rings.length === 0) throw new FleetRefusal('INVALID', 'a rollout needs a ring');
  const taken = new Map<string, string>();
  for (const ring of rings) {
    if (ring.devices.length === 0) throw new FleetRefusal('INVALID', `ring '${ring.name}' has no device`);
    for (const device of ring.devices) {
      const known = deviceWith(state, device);
      const other = taken.get(device);
      if (other !== undefined)
        throw new FleetRefusal('INVALID', `device ${device} is in ring '${other}' and in ring '${ring.name}'`);
      taken.set(device, ring.name);
      const busy = rolloutOf(state, device);
      if (busy !== undefined) {
        const end = `wait for its end, or 'coldrig fleet stop ${busy.id}'`;
        throw new FleetRefusal('CONFLICT', `device ${device} is in rollout ${busy.id}, which is ${busy.state}: ${end}`);
      }
      const reason = known.failed.get(hash);
      if (reason !== undefined)
        throw new FleetRefusal(
          'CONFLICT',
          `device ${device} has failed this release before (${reason}): leave it out, or 'coldrig fleet retry ${device} ${hash.slice(0, 12)}'`,
        );
      const board = known.attributes[boardAttribute];
      if (release.board !== undefined && board !== undefined && Number(board) !== release.board)
        throw new FleetRefusal('CONFLICT', `device ${device} is board ${board}, the release is for ${release.board}`);
    }
  }
  // Rollouts are never taken out of the state, so the next number is how many there are.
  return [{ type: 'rollout-created', rollout: state.rollouts.size + 1, name, release: hash, rings, onError }];
}

function refuseWithdrawn(state: FleetState, id: number, what: string): void {
  const { state: is, release } = rolloutWith(state, id);
  if (state.releases.get(release)?.withdrawn)
    throw notNow(id, is, what, 'its release was withdrawn; stop it, or roll it back');
}
