// What people and programs are shown of a fleet: plain objects with stable names.

import { begunAttribute, doorAttribute, heldAttribute } from '../rollout/attributes.ts';
import type { PauseCause, RingPlan } from '../rollout/events.ts';
import { notBackText } from '../rollout/forget.ts';
import { noReadings, type ReadingsView, unjudged } from '../rollout/react.ts';
import type { Device, FleetState, Member, Ring, Rollout } from '../rollout/state.ts';

export interface RingSummary {
  name: string;
  state: string;
  devices: number;
  confirmed: number;
  /** Those of the confirmed ones that do not say which image they run: there is their report of success, and nothing else. */
  unproven: number;
  open: number;
  waiting: number;
  failed: number;
  leftOut: number;
  /** Milliseconds of the soak time that are left; null before it begins and after it. */
  soakLeftMs: number | null;
  cause: string | null;
}

export interface RolloutSummary {
  id: number;
  name: string;
  state: string;
  release: { name: string; version: string; hash: string };
  /** Why nothing new begins: person, approval, empty-ring, image-lost or release-withdrawn. */
  pausedBy: string | null;
  cause: string | null;
  rings: RingSummary[];
  alerts: { ring: string; device: string; gate: string; detail: string }[];
  /** Devices that went back to the image before, are on their way, or could not. */
  back: number;
  goingBack: number;
  notBack: string[];
  /** What it waits for, in words; null: nothing. */
  waitsFor: string | null;
}

export interface DeviceSummary {
  name: string;
  cryostat: string | null;
  version: string | null;
  running: string | null;
  action: { id: number; kind: string; state: string; rollout: number } | null;
  failed: string[];
  /** Where the agent is that cares for it; null: none that says so. */
  agent: string | null;
  /** When it asked last, by the clock of the server; null: not since the server started. */
  seen: string | null;
}

export function rolloutSummary(
  state: FleetState,
  rollout: Rollout,
  nowMs: number,
  readings: ReadingsView = noReadings,
): RolloutSummary {
  const release = state.releases.get(rollout.release);
  const members = [...rollout.members];
  const isBack = (result: NonNullable<Member['back']>['result']) =>
    members.filter(([, { back }]) => back?.result === result);
  return {
    ...{ id: rollout.id, name: rollout.name, state: rollout.state },
    release: { name: release?.name ?? '', version: release?.version ?? '', hash: rollout.release },
    ...{ pausedBy: rollout.pausedBy ?? null, cause: rollout.cause ?? null },
    rings: rollout.rings.map(({ plan, state: is, counts, overdue, confirmedMs, cause }, ring) => ({
      ...{ name: plan.name, state: is, devices: stillThere(counts), confirmed: counts.confirmed },
      unproven: members.filter(([device, of]) => of.ring === ring && isUnproven(state, device, of)).length,
      ...{ open: counts.open, waiting: counts.waiting, failed: counts.failed + overdue, leftOut: counts.waived },
      soakLeftMs: confirmedMs !== undefined && is === 'RUNNING' ? leftMs(confirmedMs + plan.soakMs - nowMs) : null,
      cause: cause ?? null,
    })),
    alerts: rollout.alerts.map(({ ring, device, gate, detail }) => ({
      ...{ ring: rollout.rings[ring].plan.name, device, gate, detail },
    })),
    ...{ back: rollout.past.back + isBack('back').length, goingBack: isBack('under-way').length },
    notBack: [...rollout.past.notBack, ...isBack('not-back').map(([device, member]) => notBackText(device, member))],
    waitsFor: waitsFor(state, rollout, nowMs, readings),
  };
}

const leftMs = (milliseconds: number) => (milliseconds > 0 ? milliseconds : null);

const isUnproven = (state: FleetState, device: string, { state: at }: Member) =>
  at === 'confirmed' && state.devices.get(device)?.running === undefined;

/** Those that are still in the fleet. */
const stillThere = ({ gone: _, ...counts }: Ring['counts']) => Object.values(counts).reduce((sum, one) => sum + one, 0);

function waitsFor(state: FleetState, rollout: Rollout, nowMs: number, readings: ReadingsView): string | null {
  const ring = rollout.rings[rollout.current];
  const { counts, waiting, confirmedMs, plan } = ring;
  const those = (devices: readonly string[]) =>
    `${devicesOf(devices.length)}, the first is ${devices[0]} (${readings.missingOf(devices[0]) ?? 'none yet'})`;
  switch (rollout.state) {
    case 'WAITING_FOR_APPROVAL':
      return "a person: 'coldrig fleet approve' or 'deny'";
    case 'READY':
      return "a person: 'coldrig fleet start'";
    case 'PAUSED':
      return `a person: 'coldrig fleet resume' (${pausedBecause(rollout)})`;
    case 'STOPPING': {
      const open = [...rollout.members].filter(([name, { state: at }]) => at !== 'waived' && isBusy(state, name));
      return open.length === 0 ? null : `${devicesOf(open.length)} to answer, the first is ${open[0][0]}`;
    }
    case 'RUNNING':
      if (counts.open > 0) return `${devicesOf(counts.open)} of ring '${plan.name}' to end${heldBack(state, plan)}`;
      if (waiting.size > 0) return `readings under the old image, which the gates need: ${those([...waiting])}`;
      if (counts.failed > 0) return `a person to retry or waive what has failed: ${devicesOf(counts.failed)}`;
      if (confirmedMs === undefined) return null;
      if (nowMs < confirmedMs + plan.soakMs) return 'the soak time';
      return `readings after the update, which the gates need: ${those(unjudged(state, rollout, ring, readings))}`;
    default:
      return null;
  }
}

const pauses: Record<PauseCause, string> = {
  person: 'a person has paused it',
  approval: 'the next ring needs an approval',
  'empty-ring': 'no device of the ring has confirmed: it shows nothing',
  'image-lost': 'a device that had confirmed runs another image',
  'release-withdrawn': 'the release is withdrawn',
};

function pausedBecause({ pausedBy, members }: Rollout): string {
  const lost = [...members].filter(([, { state: at, detail }]) => at === 'waived' && detail !== '').at(-1);
  if (pausedBy === 'image-lost' && lost !== undefined) return `${lost[0]}: ${lost[1].detail}`;
  return pausedBy === undefined ? '' : pauses[pausedBy];
}

const devicesOf = (count: number): string => `${count} ${count === 1 ? 'device' : 'devices'}`;

/** Why the first of a ring has not begun that says so: its gateway does not let it, or it does not trust the metadata of the release. */
function heldBack(state: FleetState, { devices }: RingPlan): string {
  for (const name of devices) {
    const { open, attributes } = state.devices.get(name) ?? {};
    if (open === undefined || attributes === undefined) continue;
    const { [doorAttribute]: atDoor, [heldAttribute]: held, [begunAttribute]: begun } = attributes;
    if (atDoor?.startsWith('refused: ')) return `; the gateway of ${name} has ${atDoor}`;
    const isHeld = held?.startsWith(`${open} `) && !begun?.startsWith(`${open} `);
    if (isHeld) return `; ${name} does not begin: ${held?.slice(`${open} `.length)}`;
  }
  return '';
}

const isBusy = (state: FleetState, name: string) => state.devices.get(name)?.open !== undefined;

export function deviceSummary(state: FleetState, device: Device, seen: string | undefined): DeviceSummary {
  const action = device.open === undefined ? undefined : state.actions.get(device.open);
  return {
    ...{ name: device.name, cryostat: device.cryostat ?? null },
    version: device.attributes['image.version'] ?? state.releases.get(device.running ?? '')?.version ?? null,
    running: device.running ?? null,
    action: action ? { id: action.id, kind: action.kind, state: action.state, rollout: action.rollout } : null,
    failed: [...device.failed].map(([hash, reason]) => `${state.releases.get(hash)?.version ?? hash}: ${reason}`),
    agent: device.agent?.place ?? null,
    seen: seen ?? null,
  };
}
