// A thread of a proof, started by run.ts: opens its bench, then answers each part with progress and its result.

import { parentPort, workerData } from 'node:worker_threads';
import { importSource } from '../../host/tools/import-source.mjs';

const tellEveryMs = 200;
const bench = importSource('hil/prove/run.ts').then(({ openBench }) => openBench(workerData));
// The error is reported to the caller with the first part.
bench.catch(() => {});

parentPort.on('message', async (part) => {
  let told = performance.now();
  const progress = (share, points) => {
    if (performance.now() - told < tellEveryMs) return;
    told = performance.now();
    parentPort.postMessage({ share, points });
  };
  try {
    parentPort.postMessage({ result: await (await bench).run(part, progress) });
  } catch (error) {
    parentPort.postMessage({ error: `${part.scenario}: ${error.stack ?? error}` });
  }
});
