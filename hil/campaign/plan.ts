// What a campaign is to do. Every message of a unit holds the whole plan, so a worker knows for each unit what it is part of.

import { isDeepStrictEqual } from 'node:util';
import type { Proved } from '../prove/provenance.ts';
import { CampaignError, type CampaignQueue } from './queue.ts';

export interface Plan {
  /** Of this record; a reader refuses another one. */
  format: 1;
  /** Which row of the table of kinds does it. */
  kind: string;
  /** What the kind needs to know; plain JSON. */
  options: Record<string, unknown>;
  /** How many there are; numbers are from 1. */
  units: number;
  /** What the campaign is about. A worker that has anything else takes no unit. */
  proved: Proved;
}

/** More would make every look at the state of a campaign slow, and none has so many parts. */
export const unitsMax = 10_000;

export const bytesOf = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
export const parsedOf = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));

export const planOf = async (queue: CampaignQueue): Promise<Plan> => (await submittedPlan(queue)).plan;

/** The plan, and when it was submitted, in milliseconds since 1970. */
export async function submittedPlan(queue: CampaignQueue): Promise<{ plan: Plan; timeMs: number }> {
  const stored = await queue.get('plan');
  if (stored === undefined)
    throw new CampaignError(
      'NO_CAMPAIGN',
      `there is no campaign '${queue.name}' on this server: coldrig campaign status lists those there are, coldrig campaign submit makes one`,
    );
  return { plan: checkedPlan(parsedOf(stored.value), queue.name), timeMs: stored.timeMs };
}

export function checkedPlan(value: unknown, name: string): Plan {
  const { format, kind, options, units, proved } = value as Plan;
  const isPlan = format === 1 && typeof kind === 'string' && typeof options === 'object' && Number.isInteger(units);
  if (isPlan && typeof proved?.guests === 'object') return value as Plan;
  throw new CampaignError(
    'FOREIGN_PLAN',
    `campaign '${name}' was made by another version of coldrig: use that one, or remove the campaign and submit it again`,
  );
}

export const samePlan = (a: Plan, b: Plan): boolean => isDeepStrictEqual(a, b);

/** Compares what a campaign is about with what is here. Throws at the first difference; the message says which. */
export function checkSame(name: string, wanted: Proved, here: Proved): void {
  for (const what of ['guests', 'tools'] as const) {
    for (const each of new Set([...Object.keys(wanted[what]), ...Object.keys(here[what])])) {
      const [theirs, ours] = [wanted[what][each] ?? 'not there', here[what][each] ?? 'not there'];
      if (theirs !== ours) throw differs(name, each, theirs, ours, wanted);
    }
  }
  if (wanted.commit !== here.commit) throw differs(name, 'commit', wanted.commit, here.commit, wanted);
}

function differs(name: string, what: string, theirs: string, ours: string, { commit }: Proved): CampaignError {
  return new CampaignError(
    'OTHER_VERSION',
    `campaign '${name}' is about other things than this machine has: its ${what} is ${theirs.slice(0, 12)}, here it is ${ours.slice(0, 12)}. ` +
      `No unit was taken. Check out ${commit} and install its packages, or submit a campaign for what is here`,
  );
}
