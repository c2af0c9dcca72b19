// Compiles one guest in a thread of its own, into the cache all share: see build.ts, which starts it.
// Answers null, or the text of what went wrong.

import { parentPort, workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
try {
  const { compileGuest } = await import('./guest.ts');
  await compileGuest(workerData);
  parentPort.postMessage(null);
} catch (error) {
  parentPort.postMessage(error.message);
}
