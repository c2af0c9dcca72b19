// A compiler in its own process: it takes one guest after another (entry and options), puts the module into the shared cache, and answers with null
// or with the text of the error. compile.ts starts it.

import { setFlagsFromString } from 'node:v8';
import { importSource } from './import-source.mjs';

// The optimizer of guests is itself a large WebAssembly module, and to optimize that takes longer than it saves in a few compilations. Here only
// the compiler runs, so the fast first translation of it is enough; a node that does not know this option says so and goes on.
setFlagsFromString('--liftoff-only');

const guest = importSource('host/tools/guest.ts');
// The error is reported with each guest.
guest.catch(() => {});
process.on('message', async ({ entry, options }) => {
  try {
    await (await guest).compileGuest(entry, options);
    process.send(null);
  } catch (error) {
    process.send(error.message);
  }
});
