// A compiler in its own thread: it takes one guest after another (entry and options), puts the module into the shared cache, and answers with null
// or with the text of the error. compile.ts starts it.

import { parentPort } from 'node:worker_threads';
import { importSource } from './import-source.mjs';

const guest = importSource('host/tools/guest.ts');
// The error is reported with each guest.
guest.catch(() => {});
parentPort.on('message', async ({ entry, options }) => {
  try {
    await (await guest).compileGuest(entry, options);
    parentPort.postMessage(null);
  } catch (error) {
    parentPort.postMessage(error.message);
  }
});
