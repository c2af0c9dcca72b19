// The state of a fleet: devices, releases, rollouts, actions. Made of events alone (apply.ts).
//
// What must stay true: it is as large as the fleet, whatever has happened before. Of what is over it has what may still be taken back (by which action a device got
// what it runs), the newest action of each device, and counts; the events have the rest.

import type { ActionState, RingState, RolloutState } from '../../../protocol/fleet/states.ts';
import type { ActionKind, Baseline, PauseCause, Release, RingPlan, RollbackScope } from './events.ts';

export interface Device {
  name: string;
  cryostat: string | undefined;
  /** SHA-256 of its token. */
  tokenHash: string | undefined;
  attributes: Record<string, string>;
  /** Hash of the image that it runs, as it says. */
  running: string | undefined;
  /** Its open action: there is never a second one. */
  open: number | undefined;
  /** Its newest action. */
  latest: number | undefined;
  /** The action by which it got what it runs: the newest that was done. */
  done: number | undefined;
  /** Releases that it has failed, and why. It does not get them again. */
  failed: Map<string, string>;
  /** The agent that cares for it: an id, and where that is, in words. */
  agent: { id: string; place: string } | undefined;
  /** A person has taken it from this agent. */
  freed: { id: string; place: string; atMs: number } | undefined;
}

export interface Action {
  id: number;
  rollout: number;
  device: string;
  kind: ActionKind;
  release: string;
  previous: string | undefined;
  baseline: Baseline | undefined;
  state: ActionState;
  isCancelRejected: boolean;
  /** How it has ended, in words. */
  detail: string;
  sinceMs: number;
  endedMs: number | undefined;
}

/**
 * Where a device is in its ring. `waiting`: it has no action yet. `cancelled`: it has given up the action. `gone`: it is no longer in the fleet.
 */
export type MemberState = 'waiting' | 'open' | 'confirmed' | 'failed' | 'cancelled' | 'waived' | 'gone';

export interface Member {
  ring: number;
  state: MemberState;
  action: number | undefined;
  /** It counts as failed until it ends. */
  isOverdue: boolean;
  /** Of its way back to the old image: the action, and how it has ended. */
  back: { action: number | undefined; result: 'under-way' | 'back' | 'not-back' } | undefined;
  detail: string;
}

export interface Ring {
  /** Without its devices once the rollout is over. */
  plan: RingPlan;
  state: RingState;
  isAllowed: boolean;
  /** A person has allowed that it ends without a device that confirmed. */
  isEmptyAllowed: boolean;
  startedMs: number | undefined;
  /** Since when the soak time passes. */
  confirmedMs: number | undefined;
  /** Its devices by where they are. */
  counts: Record<MemberState, number>;
  overdue: number;
  /** Devices that a person has left out after they had failed: they count as failures all the same. */
  leftOut: number;
  waiting: Set<string>;
  cause: string | undefined;
}

export interface Alert {
  ring: number;
  device: string;
  gate: string;
  detail: string;
  atMs: number;
}

export interface Rollout {
  id: number;
  name: string;
  release: string;
  state: RolloutState;
  onError: RollbackScope;
  pausedBy: PauseCause | undefined;
  /** Index of the ring whose turn it is. */
  current: number;
  rings: Ring[];
  /** Once it is over: those that run what they got by it, or whose newest action is one of its own. */
  members: Map<string, Member>;
  /** Devices that have an action of a later rollout: how many of them went back before, and what became of those that could not. */
  past: { back: number; notBack: string[] };
  alerts: Alert[];
  /** Why it has ended before its end. */
  cause: string | undefined;
  /** Who goes back; of a rollout that stops. */
  scope: RollbackScope;
  /** Who asked for it. */
  createdBy: string | undefined;
  createdMs: number;
  endedMs: number | undefined;
}

export interface KnownRelease extends Release {
  /** The repository has it no more. */
  withdrawn?: true;
}

export interface FleetState {
  /** Of the newest event. */
  atMs: number;
  /** How many events it is made of. */
  events: number;
  devices: Map<string, Device>;
  releases: Map<string, KnownRelease>;
  rollouts: Map<number, Rollout>;
  actions: Map<number, Action>;
  /** How many actions there have been. */
  actionsMade: number;
}

/** Of the form of the state: a snapshot of another form is not read (store/snapshot.ts). */
export const stateForm = 4;

export function emptyFleet(): FleetState {
  return {
    ...{ atMs: 0, events: 0, actionsMade: 0 },
    ...{ devices: new Map(), releases: new Map(), rollouts: new Map(), actions: new Map() },
  };
}

const over: readonly RolloutState[] = ['APPROVAL_DENIED', 'STOPPED', 'FINISHED'];
export const isOver = ({ state }: Rollout): boolean => over.includes(state);

/** The rollout that a device belongs to now. */
export function rolloutOf(state: FleetState, device: string): Rollout | undefined {
  for (const rollout of state.rollouts.values())
    if (!isOver(rollout) && (rollout.members.get(device)?.state ?? 'gone') !== 'gone') return rollout;
  return undefined;
}

export const ringOf = (rollout: Rollout, device: string): Ring | undefined => {
  const member = rollout.members.get(device);
  return member && rollout.rings[member.ring];
};

export const isOpen = ({ endedMs }: Action): boolean => endedMs === undefined;
