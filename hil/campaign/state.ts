// How far a campaign is, and its results.

import { gunzipSync } from 'node:zlib';
import { type Plan, parsedOf, submittedPlan } from './plan.ts';
import { CampaignError, type CampaignQueue, type WorkerRecord } from './queue.ts';

export interface FailedUnit {
  unit: number;
  worker: string;
  message: string;
}

export interface WorkerState extends WorkerRecord {
  worker: string;
  /** When it was last heard of, in milliseconds since 1970, by the clock of the server. */
  seenMs: number;
}

export interface CampaignState {
  name: string;
  plan: Plan;
  submittedMs: number;
  done: number[];
  failed: FailedUnit[];
  /** Units that wait for a worker. */
  waiting: number;
  /** Units that a worker said it holds, and nobody else has done since. */
  running: number;
  /** Units that are nowhere: the server lost them. */
  lost: number[];
  workers: WorkerState[];
}

export async function look(queue: CampaignQueue): Promise<CampaignState> {
  const { plan, timeMs: submittedMs } = await submittedPlan(queue);
  // The queue first: a unit that ends in between is then seen twice, and none is missed.
  const queued = await queue.queued();
  const done = (await queue.keys('result')).map(Number).sort((a, b) => a - b);
  const settled = new Set(done);
  const failed = (await queue.keys('failed')).map(Number).filter((unit) => !settled.has(unit));
  for (const unit of failed) settled.add(unit);
  const open = queued.filter((unit) => !settled.has(unit));
  const workers = await workersOf(queue);
  const held = new Set(workers.filter(({ state }) => state === 'working').flatMap(({ holds }) => holds));
  const running = open.filter((unit) => held.has(unit)).length;
  const known = new Set([...settled, ...open]);
  return {
    ...{ name: queue.name, plan, submittedMs, done },
    failed: await Promise.all(failed.sort((a, b) => a - b).map((unit) => failureOf(queue, unit))),
    ...{ waiting: open.length - running, running },
    lost: Array.from({ length: plan.units }, (_, index) => index + 1).filter((unit) => !known.has(unit)),
    workers,
  };
}

/** Whether nothing more will happen without a new submission: every unit is done, has failed or is lost. */
export const isSettled = ({ waiting, running }: CampaignState): boolean => waiting + running === 0;

async function failureOf(queue: CampaignQueue, unit: number): Promise<FailedUnit> {
  const stored = await queue.get(`failed.${unit}`);
  const { worker, message } = (stored ? parsedOf(stored.value) : {}) as Partial<FailedUnit>;
  return { unit, worker: worker ?? 'unknown', message: message ?? 'it is being queued again' };
}

async function workersOf(queue: CampaignQueue): Promise<WorkerState[]> {
  const all = await Promise.all(
    (await queue.keys('worker')).sort().map(async (worker) => {
      const stored = await queue.get(`worker.${worker}`);
      return stored ? [{ worker, ...(parsedOf(stored.value) as WorkerRecord), seenMs: stored.timeMs }] : [];
    }),
  );
  return all.flat();
}

export interface UnitResult {
  unit: number;
  text: string;
  /** When it was put on record, in milliseconds since 1970. */
  timeMs: number;
}

/** Every result, in the order of the units. Asks for some at a time, because a campaign may have thousands. */
export async function resultsOf(queue: CampaignQueue, { done }: CampaignState): Promise<UnitResult[]> {
  const atOnce = 64;
  const results: UnitResult[] = [];
  for (let from = 0; from < done.length; from += atOnce)
    results.push(...(await Promise.all(done.slice(from, from + atOnce).map((unit) => resultOf(queue, unit)))));
  return results;
}

async function resultOf(queue: CampaignQueue, unit: number): Promise<UnitResult> {
  const stored = await queue.get(`result.${unit}`);
  if (stored === undefined)
    throw new CampaignError('RESULT_GONE', `the result of unit ${unit} was removed from the server while it was read`);
  return { unit, text: new TextDecoder().decode(gunzipSync(stored.value)), timeMs: stored.timeMs };
}
