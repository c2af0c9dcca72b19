// The story told in a process of its own: `node --import tsx hil/test/determinism/tell.ts SEED` prints what it came to.

import { record } from './story.ts';

const { state } = await record(Number(process.argv[2]));
process.stdout.write(state);
