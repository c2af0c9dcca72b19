// What follows from the state of a rollout by itself: rings begin and end, devices get their actions, gates stop it, devices go back.
//
//   SCHEDULED ring ──allowed──> RUNNING ──every device confirmed──> soak time ──no alert──> FINISHED ──> the next ring, or the rollout is FINISHED
//                                  │                                   │
//                                  └── too many failures, an alert ────┴──> ERROR ──> STOPPING: open actions are cancelled, those in scope go back
//
// A function of state and time. Every event is found anew from what is there, so a crash between two of them loses nothing: the rest follows again. What
// must stay true: a device has at most one open action; nobody of a ring gets an action before the ring before it is FINISHED; a device that has failed a
// release does not get it again.

import { compareVersions, parseVersion } from '../../tools/image/index.ts';
import { readToken, tokenFits } from '../../tools/image/token.ts';
import { boardAttribute, counterAttribute } from './attributes.ts';
import type { Baseline, FleetEvent, GateLimits, Release, RollbackScope } from './events.ts';
import { type Action, type Device, type FleetState, isOpen, type Member, type Ring, type Rollout } from './state.ts';

/** What is known of readings (gates/gate-watch.ts). */
export interface ReadingsView {
  /** Readings of a device under the image that it runs; undefined while the gates of a ring need some and there are none. */
  baselineOf(device: string, ring: Ring): Baseline | undefined;
  /** Devices of these actions whose gates nobody has found good since then. */
  unjudged(actions: readonly Action[], sinceMs: number): string[];
  /** What a device has no readings of. */
  missingOf(device: string): string | undefined;
}

/** Of a server without readings: a plan with gates is refused there. */
export const noReadings: ReadingsView = {
  baselineOf: () => ({ temperatureKelvin: {}, snrDecibel: {} }),
  unjudged: () => [],
  missingOf: () => undefined,
};

/** The next events of a rollout; none: it waits for a device, a person or time. They are in their order, and others may follow from them. */
export function react(state: FleetState, rollout: Rollout, atMs: number, readings: ReadingsView): FleetEvent[] {
  switch (rollout.state) {
    case 'RUNNING':
    case 'PAUSED':
      return failures(rollout) ?? overdue(state, rollout, atMs) ?? progress(state, rollout, atMs, readings);
    case 'STOPPING':
      return stopping(state, rollout);
    default:
      return [];
  }
}

/** When time alone will change something; undefined: never. */
export function dueMs(state: FleetState, rollout: Rollout): number | undefined {
  if (rollout.state !== 'RUNNING' && rollout.state !== 'PAUSED') return undefined;
  const { plan, confirmedMs, counts } = rollout.rings[rollout.current];
  const times = confirmedMs === undefined || rollout.state === 'PAUSED' ? [] : [confirmedMs + plan.soakMs];
  if (plan.deadlineMs !== undefined && counts.open > 0)
    for (const member of rollout.members.values()) {
      const since = sinceOf(state, member);
      if (member.ring === rollout.current && !member.isOverdue && since !== undefined)
        times.push(since + plan.deadlineMs);
    }
  return times.length === 0 ? undefined : Math.min(...times);
}

function failures(rollout: Rollout): FleetEvent[] | undefined {
  const alert = rollout.alerts.find(({ ring }) => rollout.rings[ring].state !== 'ERROR');
  if (alert !== undefined) {
    const cause = `${alert.gate} of ${alert.device}: ${alert.detail}`;
    return [{ type: 'ring-failed', rollout: rollout.id, ring: alert.ring, cause }];
  }
  const ring = rollout.rings[rollout.current];
  const failed = ring.counts.failed + ring.overdue + ring.leftOut;
  if (failed <= ring.plan.failuresMost) return undefined;
  const devices = ring.plan.devices.filter((device) => {
    const member = rollout.members.get(device);
    return member?.state === 'failed' || member?.isOverdue;
  });
  const [first = 'one that was left out'] = devices;
  const why = rollout.members.get(first)?.detail || 'it has not ended in time';
  const most = `${failed} failed, at most ${ring.plan.failuresMost} may`;
  return [
    {
      type: 'ring-failed',
      rollout: rollout.id,
      ring: rollout.current,
      cause: `${most}; the first is ${first}: ${why}`,
    },
  ];
}

function overdue(state: FleetState, rollout: Rollout, atMs: number): FleetEvent[] | undefined {
  const ring = rollout.rings[rollout.current];
  const { deadlineMs } = ring.plan;
  if (deadlineMs === undefined || ring.counts.open === ring.overdue) return undefined;
  for (const device of ring.plan.devices) {
    const member = rollout.members.get(device) as Member;
    const since = sinceOf(state, member);
    if (since !== undefined && !member.isOverdue && atMs >= since + deadlineMs)
      return [{ type: 'device-overdue', rollout: rollout.id, device }];
  }
  return undefined;
}

function sinceOf(state: FleetState, { state: at, action }: Member): number | undefined {
  return at === 'open' && action !== undefined ? state.actions.get(action)?.sinceMs : undefined;
}

function progress(state: FleetState, rollout: Rollout, atMs: number, readings: ReadingsView): FleetEvent[] {
  // What a device has begun goes on in a pause, so that its ring is seen to be confirmed; nothing begins.
  const isRunning = rollout.state === 'RUNNING';
  const { id, current } = rollout;
  const ring = rollout.rings[current];
  const of = { rollout: id, ring: current };
  if (ring.state === 'FINISHED') return isRunning ? [{ type: 'rollout-finished', rollout: id }] : [];
  if (ring.state === 'SCHEDULED') {
    if (!isRunning) return [];
    return ring.isAllowed
      ? [{ type: 'ring-started', ...of }]
      : [{ type: 'rollout-paused', rollout: id, by: 'approval' }];
  }
  if (isRunning && ring.waiting.size > 0) {
    const begun = begin(state, rollout, ring, readings);
    if (begun.length > 0) return begun;
  }
  const { waiting, open, failed, confirmed } = ring.counts;
  if (waiting + open + failed > 0) return [];
  if (confirmed === 0 && !ring.isEmptyAllowed)
    return isRunning ? [{ type: 'rollout-paused', rollout: id, by: 'empty-ring' }] : [];
  if (ring.confirmedMs === undefined) return [{ type: 'ring-confirmed', ...of }];
  const soakedMs = ring.confirmedMs + ring.plan.soakMs;
  if (!isRunning || atMs < soakedMs) return [];
  // No readings are no pass.
  return unjudged(state, rollout, ring, readings).length > 0 ? [] : [{ type: 'ring-finished', ...of }];
}

/** Devices of a ring whose soak time is over, and whose gates nobody has found good since. */
export function unjudged(state: FleetState, rollout: Rollout, ring: Ring, readings: ReadingsView): string[] {
  if (!hasGates(ring.plan.gates)) return [];
  return readings.unjudged(updatedOf(state, rollout, ring), (ring.confirmedMs ?? 0) + ring.plan.soakMs);
}

/** Actions of the devices of a ring that have confirmed the release. */
export function updatedOf(state: FleetState, rollout: Rollout, ring: Ring): Action[] {
  return ring.plan.devices.flatMap((device) => {
    const member = rollout.members.get(device);
    const action = member?.action === undefined ? undefined : state.actions.get(member.action);
    return member?.state === 'confirmed' && action !== undefined ? [action] : [];
  });
}

export const hasGates = (gates: GateLimits): boolean =>
  Object.values(gates).some((limit) => limit !== undefined && limit !== false);

/** The first actions of devices that wait. */
function begin(state: FleetState, rollout: Rollout, ring: Ring, readings: ReadingsView): FleetEvent[] {
  const events: FleetEvent[] = [];
  let action = nextAction(state);
  for (const device of ring.waiting) {
    const known = state.devices.get(device);
    if (known === undefined || known.open !== undefined) continue;
    const reason = known.failed.get(rollout.release);
    if (reason !== undefined) {
      const detail = `it has failed this release before: ${reason}`;
      events.push({ type: 'device-blocked', rollout: rollout.id, device, detail });
    } else if (known.running === rollout.release) {
      events.push({ type: 'device-has-it', rollout: rollout.id, device });
    } else {
      const baseline = readings.baselineOf(device, ring);
      if (baseline === undefined) continue;
      const { release } = rollout;
      const previous = known.running;
      events.push({
        ...{ type: 'action-created', action: action++, rollout: rollout.id, device, kind: 'update', release, baseline },
        ...(previous !== undefined && { previous }),
        ...(ring.plan.confirmation && { confirmation: true }),
      });
    }
  }
  return events;
}

export const nextAction = (state: FleetState): number => state.actionsMade + 1;

function stopping(state: FleetState, rollout: Rollout): FleetEvent[] {
  const events: FleetEvent[] = [];
  let isWaiting = false;
  let action = nextAction(state);
  for (const [device, member] of rollout.members) {
    const known = state.devices.get(device);
    if (known === undefined || member.state === 'gone') continue;
    const update = member.action === undefined ? undefined : state.actions.get(member.action);
    if (update !== undefined && isOpen(update)) {
      if (update.state !== 'CANCELING' && !update.isCancelRejected)
        events.push({ type: 'cancel-asked', action: update.id });
      if (member.state !== 'waived') isWaiting = true;
      continue;
    }
    if (update !== undefined && hasIt(known, update) && isInScope(rollout, member) && !member.back) {
      // Another rollout is at it: when that fails, it still runs what this one has brought.
      if (known.open !== undefined) {
        isWaiting = true;
        continue;
      }
      const way = wayBack(state, rollout, device);
      if (typeof way === 'string')
        events.push({ type: 'rollback-impossible', rollout: rollout.id, device, reason: way });
      else
        events.push({
          ...{ type: 'action-created', action: action++, rollout: rollout.id, device, kind: 'rollback' },
          ...{ release: way.release, previous: rollout.release },
        });
      continue;
    }
    if (member.back?.result === 'under-way' && member.state !== 'waived') isWaiting = true;
  }
  if (events.length > 0) return events;
  return isWaiting ? [] : [{ type: 'rollout-stopped', rollout: rollout.id }];
}

/** Whether a device runs what an update has brought: what was done; also what has failed, where the device says that it runs it all the same. */
const hasIt = ({ done, latest, running }: Device, { id, state, release }: Action): boolean =>
  state === 'FINISHED' ? done === id : state === 'ERROR' && latest === id && running === release;

const scopes: Record<RollbackScope, (rollout: Rollout, member: Member) => boolean> = {
  hold: () => false,
  ring: (rollout, member) => member.ring >= rollout.rings.findIndex(({ state }) => state === 'ERROR'),
  rollout: () => true,
};

const isInScope = (rollout: Rollout, member: Member) => scopes[rollout.scope](rollout, member);

/** The image that takes a device back, or why there is none. */
function wayBack(state: FleetState, rollout: Rollout, device: string): { release: string } | string {
  const known = state.devices.get(device);
  const member = rollout.members.get(device);
  const previous = member?.action === undefined ? undefined : state.actions.get(member.action)?.previous;
  if (previous === undefined) return 'it did not say which image it ran before';
  const release = state.releases.get(previous);
  if (release === undefined) return `the image that it ran before, ${previous.slice(0, 12)}, is no release here`;
  if (release.withdrawn) return `the image that it ran before, ${release.version}, was withdrawn`;
  const newer = state.releases.get(rollout.release);
  // The firmware of a device of ours marks no older image without a token, and its bootloader boots none below the fuses' counter; others have rules of their own.
  const isOurs = known?.attributes[boardAttribute] !== undefined;
  if (newer === undefined || !isOurs) return { release: previous };
  const board = Number(known?.attributes[boardAttribute]);
  const counter = Number(known?.attributes[counterAttribute] ?? 0);
  if (mayDisplace(release, newer, board, counter)) return { release: previous };
  const below = release.securityCounter < counter ? ` with security counter ${release.securityCounter}` : '';
  const fuses = below === '' ? '' : ` and security counter ${counter} in its fuses`;
  return `the image that it ran before is ${release.version}${below}, and a device goes back from ${newer.version} only with a downgrade token for its board, ${board}${fuses}: 'coldrig image token', then 'coldrig fleet release add' with --token, and roll back again`;
}

function mayDisplace(
  { version, securityCounter, token }: Release,
  newer: Release,
  board: number,
  counter: number,
): boolean {
  const isOlder = compareVersions(parseVersion(version), parseVersion(newer.version)) < 0;
  if (!isOlder && securityCounter >= counter) return true;
  if (token === undefined) return false;
  const of = readToken(Buffer.from(token, 'base64'));
  const displaces = !isOlder || compareVersions(of.displaces, parseVersion(newer.version)) >= 0;
  return displaces && tokenFits(of, board, counter);
}
