// A progress bar on stderr when it is a terminal; otherwise nothing, so that logs stay short.

import cliProgress from 'cli-progress';
import type { CampaignState } from '../hil/campaign/state.ts';
import type { RunProgress } from '../hil/prove/run.ts';
import type { RolloutSummary } from '../host/fleet/manage/summary.ts';
import type { UploadProgress } from '../host/tools/smp/index.ts';
import { canRedraw } from './terminal.ts';
import { bytesText, spanText } from './words.ts';

export interface Progress<What> {
  update(progress: What): void;
  stop(): void;
}

/** The width of the text beside the bar. */
const besideUpload = 45;
const besideProof = 78;

export function uploadProgress(quiet: boolean): Progress<UploadProgress> {
  const bar = barFor(quiet, besideUpload, '  uploading [{bar}] {percentage}%  {done}, {rate}/s');
  return {
    update({ bytes, totalBytes, elapsedMs }) {
      const rate = bytesText(Math.round((bytes * 1000) / Math.max(1, elapsedMs)));
      bar?.(bytes, totalBytes, { done: bytesText(bytes), rate });
    },
    stop: () => bar?.(),
  };
}

/** The points so far, the rate per core, and the time that is left. */
export function proofProgress(quiet: boolean, name: string): Progress<RunProgress> {
  const bar = barFor(
    quiet,
    besideProof,
    `  ${name} [{bar}] {percentage}%  {points} points, {rate}/s per core, {left} left`,
  );
  return {
    update({ share, points, coreSeconds, threads }) {
      const leftSeconds = share === 0 ? Number.POSITIVE_INFINITY : (coreSeconds / threads) * (1 / share - 1);
      const left = Number.isFinite(leftSeconds) ? spanText(leftSeconds * 1e9) : '…';
      bar?.(Math.floor(share * 1000), 1000, { points, rate: Math.round(points / Math.max(coreSeconds, 1e-3)), left });
    },
    stop: () => bar?.(),
  };
}

/** Units that are done, running and waiting. */
export function campaignProgress(quiet: boolean, name: string): Progress<CampaignState> {
  const bar = barFor(
    quiet,
    besideProof,
    `  ${name} [{bar}] {percentage}%  {done} units done, {running} running, {waiting} waiting`,
  );
  return {
    update: ({ plan, done, running, waiting }) =>
      bar?.(done.length, plan.units, { done: done.length, running, waiting }),
    stop: () => bar?.(),
  };
}

/** Devices of a rollout that have confirmed, and where it is. */
export function rolloutProgress(quiet: boolean, name: string): Progress<RolloutSummary> {
  const bar = barFor(quiet, besideProof, `  ${name} [{bar}] {done} of {all} confirmed, {state}`);
  return {
    update({ rings, state }) {
      const [done, all] = [sumOf(rings, 'confirmed'), sumOf(rings, 'devices')];
      const ring = rings.find(({ state: is }) => is === 'RUNNING');
      bar?.(done, all, { done, all, state: ring === undefined ? state : `${state}, ring ${ring.name}` });
    },
    stop: () => bar?.(),
  };
}

const sumOf = (rings: RolloutSummary['rings'], what: 'confirmed' | 'devices') =>
  rings.reduce((sum, ring) => sum + ring[what], 0);

/** Draws value of total, or ends the bar when it is called without; undefined without a terminal. */
function barFor(quiet: boolean, beside: number, format: string) {
  if (quiet || !canRedraw(process.stderr)) return undefined;
  const barsize = Math.max(10, Math.min(40, (process.stderr.columns ?? 80) - beside));
  const bar = new cliProgress.SingleBar({
    ...{ stream: process.stderr, hideCursor: true, clearOnComplete: true, barsize },
    ...{ format, barCompleteChar: '=', barIncompleteChar: ' ' },
  });
  let started = false;
  return (value?: number, total = 0, facts: object = {}) => {
    if (value === undefined) {
      if (started) bar.stop();
      return;
    }
    if (!started) bar.start(total, value, facts);
    started = true;
    bar.update(value, facts);
  };
}
