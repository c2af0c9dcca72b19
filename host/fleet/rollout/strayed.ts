// Devices that had confirmed a release and have it no more, or do not live well with it.

import { faultsAttribute, runningAttribute } from './attributes.ts';
import type { FleetEvent } from './events.ts';
import { type FleetState, type Rollout, rolloutOf } from './state.ts';

type Attributes = Record<string, string>;

/** A confirmed image is for ever, unless the device went back after all, or somebody brought it another: a rollout that goes on is told. */
export function strayed(state: FleetState, device: string, attributes: Attributes): FleetEvent[] {
  const rollout = rolloutOf(state, device);
  const running = attributes[runningAttribute];
  if (rollout === undefined || running === undefined || running === rollout.release) return [];
  return lost(rollout, device, `it had confirmed the release, and runs image ${running.slice(0, 12)} now`);
}

/** It runs the release, and not well: the image was healthy while it was on trial, and dies later. */
export function crashed(state: FleetState, device: string, had: Attributes, has: Attributes): FleetEvent[] {
  const rollout = rolloutOf(state, device);
  if (rollout === undefined || has[runningAttribute] !== rollout.release) return [];
  if (!(Number(has[faultsAttribute]) > Number(had[faultsAttribute]))) return [];
  return lost(rollout, device, 'it had confirmed the release, and its watchdog or a fault has reset it since');
}

function lost(rollout: Rollout, device: string, detail: string): FleetEvent[] {
  const member = rollout.members.get(device);
  if (member?.state !== 'confirmed') return [];
  if (rollout.state !== 'RUNNING' && rollout.state !== 'PAUSED') return [];
  const isPauseNeeded = rollout.state === 'RUNNING' && rollout.rings[member.ring].state === 'FINISHED';
  return [
    // Last is what is not found again: a crash before it loses nothing.
    ...(isPauseNeeded ? [{ type: 'rollout-paused' as const, rollout: rollout.id, by: 'image-lost' as const }] : []),
    { type: 'device-strayed', rollout: rollout.id, device, detail },
  ];
}
