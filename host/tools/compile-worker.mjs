// A compiler in a thread of its own: takes one guest after another (entry and options), puts the module into the cache all share, and
// answers each with null or the text of what went wrong. See compile.ts, which starts it.

import { parentPort } from 'node:worker_threads';
import { importSource } from './bundle.mjs';

const guest = importSource('host/tools/guest.ts');
// Whoever sends a guest is told.
guest.catch(() => {});
parentPort.on('message', async ({ entry, options }) => {
  try {
    await (await guest).compileGuest(entry, options);
    parentPort.postMessage(null);
  } catch (error) {
    parentPort.postMessage(error.message);
  }
});
