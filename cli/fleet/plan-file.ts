// The file of a rollout: a release, and the rings that get it.
//
// What must stay true: a mistake is an error that names the file, the place and what was expected.

import { parse } from 'yaml';
import { parseTime } from '../../hil/rig/time.ts';
import type { GateLimits, RollbackScope } from '../../host/fleet/rollout/events.ts';
import type { RingRequest } from '../../host/fleet/rollout/plan.ts';
import { Failure } from '../failure.ts';
import { readWrittenText } from '../files.ts';

export interface PlanFile {
  name: string;
  /** Version, file or first digits of the hash. */
  release: string;
  onError: RollbackScope;
  rings: RingRequest[];
}

const planNames = ['name', 'release', 'onError', 'soak', 'deadline', 'failures', 'gates', 'rings'];
const ringNames = [
  'name',
  'devices',
  'cryostat',
  'rest',
  'count',
  'soak',
  'deadline',
  'failures',
  'approval',
  'confirmation',
  'gates',
];
const gateNames = ['heartbeat', 'temperatureKelvin', 'powerShare', 'calibrationDecibel', 'alerts'];

export function readPlan(path: string): PlanFile {
  const text = readWrittenText(path, 'the plan', 'a plan of a rollout in YAML');
  try {
    const file = mapOf('the plan', parse(text), planNames);
    const rings = listOf('rings', file.rings).map((ring, index) => ringOf(`rings[${index}]`, ring, file));
    return {
      ...{
        name: textOf('name', file.name ?? textOf('release', file.release)),
        release: textOf('release', `${file.release ?? ''}`),
      },
      ...{ onError: oneOf('onError', file.onError ?? 'ring', ['hold', 'ring', 'rollout'] as const), rings },
    };
  } catch (error) {
    throw new Failure('PLAN', `${path}: ${(error as Error).message}`, { cause: error });
  }
}

function ringOf(place: string, value: unknown, plan: Record<string, unknown>): RingRequest {
  const ring = mapOf(place, value, ringNames);
  const [soak, deadline] = [ring.soak ?? plan.soak, ring.deadline ?? plan.deadline];
  if (soak === undefined)
    throw new Error(`${place}: soak: expected how long nothing may happen after the update, for instance 2h`);
  const count = ring.count === undefined ? undefined : wholeOf(`${place}.count`, ring.count);
  return {
    ...{ name: textOf(`${place}.name`, ring.name), soakMs: timeOf(`${place}.soak`, soak) },
    ...{
      approval: flagOf(`${place}.approval`, ring.approval),
      confirmation: flagOf(`${place}.confirmation`, ring.confirmation),
    },
    failuresMost: wholeOf(`${place}.failures`, ring.failures ?? plan.failures ?? 0),
    ...(ring.devices !== undefined && {
      devices: listOf(`${place}.devices`, ring.devices).map((one) => textOf(`${place}.devices`, `${one}`)),
    }),
    ...(ring.cryostat !== undefined && { cryostat: textOf(`${place}.cryostat`, ring.cryostat) }),
    ...(flagOf(`${place}.rest`, ring.rest) && { rest: true }),
    ...(count !== undefined && { count }),
    ...(deadline !== undefined && { deadlineMs: timeOf(`${place}.deadline`, deadline) }),
    gates: gatesOf(`${place}.gates`, { ...(plan.gates as object), ...(ring.gates as object) }),
  };
}

function gatesOf(place: string, value: unknown): GateLimits {
  const { heartbeat, alerts, ...others } = mapOf(place, value, gateNames);
  const limits: GateLimits = heartbeat === undefined ? {} : { heartbeatMs: timeOf(`${place}.heartbeat`, heartbeat) };
  for (const [name, limit] of Object.entries(others)) {
    if (typeof limit !== 'number' || !(limit >= 0)) throw new Error(`${place}.${name}: expected a number from 0 on`);
    limits[name as 'powerShare'] = limit;
  }
  if (flagOf(`${place}.alerts`, alerts)) limits.alerts = true;
  return limits;
}

function mapOf(place: string, value: unknown, names: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${place}: expected a map with ${names.join(', ')}`);
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`${place}: '${unknown}' is not known; there are ${names.join(', ')}`);
  return value as Record<string, unknown>;
}

function listOf(place: string, value: unknown): unknown[] {
  if (Array.isArray(value) && value.length > 0) return value;
  throw new Error(`${place}: expected a list with one entry at least`);
}

function textOf(place: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`${place}: expected a text`);
}

function oneOf<Word extends string>(place: string, value: unknown, all: readonly Word[]): Word {
  const found = all.find((word) => word === value);
  if (found === undefined) throw new Error(`${place}: expected one of ${all.join(', ')}`);
  return found;
}

function wholeOf(place: string, value: unknown): number {
  if (Number.isInteger(value) && (value as number) >= 0) return value as number;
  throw new Error(`${place}: expected a whole number`);
}

function flagOf(place: string, value: unknown): boolean {
  if (value === undefined || typeof value === 'boolean') return value === true;
  throw new Error(`${place}: expected true or false`);
}

function timeOf(place: string, value: unknown): number {
  const ns = parseTime(`${value}`);
  if (ns === undefined) throw new Error(`${place}: expected a time such as 30s, 2h or 1 d`);
  return Math.round(ns / 1e6);
}
