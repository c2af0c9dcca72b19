// A compiler in a thread of its own: takes the path of one guest's entry after another, puts the module into the cache all share,
// and answers each with null or the text of what went wrong. See build.ts, which starts it.

import { parentPort } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const guest = import('./guest.ts');
parentPort.on('message', async (source) => {
  try {
    await (await guest).compileGuest(source);
    parentPort.postMessage(null);
  } catch (error) {
    parentPort.postMessage(error.message);
  }
});
