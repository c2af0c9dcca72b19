// How a fleet refuses what it is asked, and how what is named is found or refused.

import type { Action, Device, FleetState, Rollout } from './state.ts';

export type RefusalCode = 'UNKNOWN' | 'STATE' | 'CONFLICT' | 'INVALID';

/** A request that is refused; the message says what was found, and what to do. */
export class FleetRefusal extends Error {
  override readonly name = 'FleetRefusal';
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}

export function notNow(id: number, is: Rollout['state'], what: string, why: string): FleetRefusal {
  return new FleetRefusal('STATE', `rollout ${id} is ${is} and cannot be ${what}: ${why}`);
}

export function rolloutWith(state: FleetState, id: number): Rollout {
  const found = state.rollouts.get(id);
  if (found !== undefined) return found;
  throw new FleetRefusal('UNKNOWN', `there is no rollout ${id}; 'coldrig fleet status' lists them`);
}

export function deviceWith(state: FleetState, name: string): Device {
  const found = state.devices.get(name);
  if (found !== undefined) return found;
  throw new FleetRefusal('UNKNOWN', `there is no device ${name}; 'coldrig fleet device add' adds one`);
}

/** An action of this device: those of others do not exist for it. */
export function actionOf(state: FleetState, device: string, id: number): Action {
  const found = state.actions.get(id);
  if (found?.device === device) return found;
  throw new FleetRefusal('UNKNOWN', `device ${device} has no action ${id}`);
}
