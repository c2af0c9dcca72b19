// What a person writes of rings, made into devices: the plan of a rollout names every one of them, so that nobody comes to it later by accident.
//
// What must stay true: the same request and the same fleet give the same rings; a device is in one ring; a ring that would be empty is an error.

import type { RingPlan } from './events.ts';
import { FleetRefusal } from './refusal.ts';
import type { FleetState } from './state.ts';

/** A ring by names, by cryostat, or by what is left; `count` takes the first of them. */
export interface RingRequest extends Omit<RingPlan, 'devices'> {
  devices?: string[];
  cryostat?: string;
  rest?: boolean;
  count?: number;
}

/** Throws a FleetRefusal that names the ring. */
export function ringsOf(state: FleetState, requests: readonly RingRequest[], hasReadings: boolean): RingPlan[] {
  const taken = new Set<string>();
  const all = [...state.devices.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const gated = requests.find(({ gates }) => Object.keys(gates).length > 0);
  if (gated !== undefined && !hasReadings)
    throw new FleetRefusal(
      'INVALID',
      `ring '${gated.name}': this server gets no readings that its gates could judge; start it with --gateway or --prometheus, or leave the gates out`,
    );
  return requests.map(({ devices, cryostat, rest, count, ...plan }) => {
    if ([devices, cryostat, rest].filter((one) => one !== undefined && one !== false).length !== 1)
      throw new FleetRefusal('INVALID', `ring '${plan.name}': expected one of devices, cryostat and rest`);
    const free = all.filter(({ name }) => !taken.has(name));
    const of = devices ?? free.filter((device) => rest || device.cryostat === cryostat).map(({ name }) => name);
    const chosen = of.slice(0, count ?? of.length);
    if (chosen.length < (count ?? 1))
      throw new FleetRefusal(
        'INVALID',
        `ring '${plan.name}': ${chosen.length} devices are left for it, expected ${count ?? 'at least 1'}`,
      );
    for (const name of chosen) taken.add(name);
    return { ...plan, devices: chosen };
  });
}
