// The run told in a process of its own: `node --import ./host/tools/typescript-hooks.mjs hil/test/determinism/record-run.ts SEED` prints what it came to.

import { record } from './recorded-run.ts';

const { state } = await record(Number(process.argv[2]));
process.stdout.write(state);
