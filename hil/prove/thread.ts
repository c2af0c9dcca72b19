// A thread that runs parts of one proof. Its bench is opened once (worker.mjs) and serves every part that comes to it.

import { Worker } from 'node:worker_threads';
import type { OnPartProgress, Part, PartResult, ProofOptions } from './proof.ts';

/** What goes to a thread. */
export interface WorkerTask {
  proof: string;
  options: ProofOptions;
}

/** What comes back from it, for each part. */
type WorkerAnswer = { share: number; points: number } | { result: PartResult } | { error: string };

/** Most of what a try allocates is dropped soon after. With the engine's own 48 MiB a tenth of the time went into moving what was still in use. */
const maxYoungGenerationSizeMb = 128;

export class ProofThread {
  private readonly worker: Worker;

  constructor(task: WorkerTask) {
    this.worker = new Worker(new URL('./worker.mjs', import.meta.url), {
      workerData: task,
      resourceLimits: { maxYoungGenerationSizeMb },
    });
  }

  /** Has the thread do a part; one at a time. Throws when it fails or is ended. */
  run(part: Part, progress: OnPartProgress): Promise<PartResult> {
    const { worker } = this;
    return new Promise<PartResult>((resolve, reject) => {
      const onExit = () => reject(new Error('a thread of the proof ended before its part was done'));
      const onMessage = (answer: WorkerAnswer) => {
        if ('share' in answer) {
          progress(answer.share, answer.points);
          return;
        }
        worker.off('message', onMessage).off('error', reject).off('exit', onExit);
        if ('result' in answer) resolve(answer.result);
        else reject(new Error(answer.error));
      };
      worker.on('message', onMessage).on('error', reject).on('exit', onExit);
      worker.postMessage(part);
    });
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }
}
