// One step of a fleet: a request, and everything that follows from it. Pure: state, request and time in, events out.
//
//   request ──decide──> events ──apply──> state ──react──> events ──apply──> …   until nothing follows
//
// What must stay true: the state that is handed in is changed by exactly the events that are handed out, in their order; a restart that has only the
// first of them finds the rest by itself.

import { apply } from './apply.ts';
import { decide, type FleetCommand } from './commands.ts';
import type { FleetEvent, Recorded } from './events.ts';
import { type ReadingsView, react } from './react.ts';
import { type FleetState, isOver } from './state.ts';

/** How an event is stamped. */
export interface Stamp {
  atMs: number;
  wall?: string;
}

/** More than any rollout needs to come to rest. */
const stepsMost = 100_000;

/** Applies a request, by `who`, and what follows from it. Throws a FleetRefusal, and then nothing has changed. */
export function perform(
  state: FleetState,
  command: FleetCommand,
  who: string,
  stamp: Stamp,
  readings: ReadingsView,
): Recorded[] {
  const asked = decide(state, command).map((event): Recorded => ({ ...event, ...stamp, who }));
  for (const event of asked) apply(state, event);
  return [...asked, ...settle(state, stamp, readings)];
}

/** What follows from the state by itself, now. */
export function settle(state: FleetState, stamp: Stamp, readings: ReadingsView): Recorded[] {
  const all: Recorded[] = [];
  for (const rollout of state.rollouts.values()) {
    if (isOver(rollout)) continue;
    for (let steps = 0; ; steps++) {
      if (steps > stepsMost) throw new Error(`fleet: rollout ${rollout.id} does not come to rest`);
      const events = react(state, rollout, stamp.atMs, readings);
      if (events.length === 0) break;
      for (const event of events as FleetEvent[]) {
        const recorded: Recorded = { ...event, ...stamp };
        apply(state, recorded);
        all.push(recorded);
      }
    }
  }
  return all;
}
