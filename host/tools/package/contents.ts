// What the package has: its public entries, the code of its command, and the guests that are compiled when it is made.
//
// What must stay true: package.json has each public entry in `exports`, and each folder of guests in `files`; package.test.ts compares them.

import { developmentImages } from '../build.ts';
import { multiplexerSource, readoutSource, sequencerSource } from '../sequencer.ts';

/** What others import, as `coldrig/<name>`: the file that says what is public. */
export const publicEntries: Readonly<Record<string, string>> = {
  hil: 'hil/index.ts',
  board: 'host/board/index.ts',
  smp: 'host/tools/smp/index.ts',
  image: 'host/tools/image/index.ts',
  pulse: 'hil/rig/pulse/index.ts',
  cryostat: 'host/tools/cryostat.ts',
};

/** What the files that the package has as they are (cli/coldrig.mjs, the workers) load by import-source.mjs. */
export const loadedEntries: readonly string[] = ['cli/main.ts', 'hil/prove/run.ts', 'host/tools/guest.ts'];

/** Guests that a new board, an example or a proof needs, so that no command of an installed package waits for the compiler. */
export const packedEntries: readonly string[] = [
  'bootloader/main.ts',
  ...new Set(developmentImages.map(({ source }) => source)),
  ...[sequencerSource, multiplexerSource, readoutSource],
  'bootloader/testing/agent.entry.ts',
];
