// The state of a campaign in words and as JSON.

import { type CampaignState, isSettled } from '../../hil/campaign/state.ts';
import { table } from '../terminal.ts';
import { spanText } from '../words.ts';

/** How many failed units are told; all of them are in --json. */
const toldMax = 5;

export function stateWord(state: CampaignState): 'running' | 'complete' | 'incomplete' {
  if (!isSettled(state)) return 'running';
  return state.done.length >= state.plan.units ? 'complete' : 'incomplete';
}

export function progressLine(state: CampaignState): string {
  const { plan, done, failed, lost, running, waiting } = state;
  const rest = [`${running} running`, `${waiting} waiting`];
  if (failed.length > 0) rest.push(`${failed.length} failed`);
  if (lost.length > 0) rest.push(`${lost.length} lost`);
  return `${state.name}: ${done.length} of ${plan.units} units done, ${rest.join(', ')}`;
}

export function stateText(state: CampaignState, nowMs: number): string {
  const lines = [progressLine(state), ...workerLines(state, nowMs), ...troubleLines(state)];
  return lines.join('\n');
}

function workerLines({ workers }: CampaignState, nowMs: number): string[] {
  if (workers.length === 0) return ['no worker has come yet: coldrig campaign work'];
  const rows = workers.map(({ worker, state, done, failed, holds, seenMs, message }) => [
    worker,
    state,
    `${done}`,
    `${failed}`,
    holds.length === 0 ? '-' : holds.join(','),
    `${spanText(Math.max(0, nowMs - seenMs) * 1e6)} ago`,
    message ?? '',
  ]);
  return ['', table([['worker', 'state', 'done', 'failed', 'holds', 'heard of', ''], ...rows])];
}

function troubleLines({ name, failed, lost, plan }: CampaignState): string[] {
  if (failed.length + lost.length === 0) return [];
  const told = failed
    .slice(0, toldMax)
    .map((each) => `unit ${each.unit}/${plan.units} on ${each.worker}: ${each.message}`);
  const more = failed.length > toldMax ? [`… and ${failed.length - toldMax} more; --json has them all`] : [];
  const gone = lost.length > 0 ? [`neither queued nor done: ${lost.join(', ')}`] : [];
  const again = `the same coldrig campaign submit again, with --name ${name}, queues ${failed.length + lost.length === 1 ? 'it' : 'them'} anew`;
  return ['', ...told, ...more, ...gone, again];
}

export function stateJson(state: CampaignState): Record<string, unknown> {
  const { name, plan, done, failed, waiting, running, lost, workers } = state;
  return {
    ...{ campaign: name, state: stateWord(state), kind: plan.kind, options: plan.options, proved: plan.proved },
    ...{ units: plan.units, done: done.length, running, waiting, failed, lost },
    workers: workers.map(({ seenMs, ...each }) => ({ ...each, seen: new Date(seenMs).toISOString() })),
  };
}
