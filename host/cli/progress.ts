// A progress bar on stderr, on a terminal; elsewhere silence, so that logs stay short.

import cliProgress from 'cli-progress';
import type { UploadProgress } from '../tools/smp/index.ts';
import { bytesText } from './words.ts';

export interface Progress {
  update(progress: UploadProgress): void;
  stop(): void;
}

export function uploadProgress(quiet: boolean): Progress {
  if (quiet || !process.stderr.isTTY) return { update: () => {}, stop: () => {} };
  const barsize = Math.max(10, Math.min(40, (process.stderr.columns ?? 80) - 45));
  const bar = new cliProgress.SingleBar({
    ...{ stream: process.stderr, hideCursor: true, clearOnComplete: true, barsize },
    ...{ format: '  uploading [{bar}] {percentage}%  {done}, {rate}/s', barCompleteChar: '=', barIncompleteChar: ' ' },
  });
  let started = false;
  return {
    update({ bytes, totalBytes, elapsedMs }) {
      const facts = { done: bytesText(bytes), rate: bytesText(Math.round((bytes * 1000) / Math.max(1, elapsedMs))) };
      if (!started) bar.start(totalBytes, bytes, facts);
      started = true;
      bar.update(bytes, facts);
    },
    stop() {
      if (started) bar.stop();
    },
  };
}
