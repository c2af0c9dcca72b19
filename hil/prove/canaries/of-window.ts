// Canaries of the window by which the search tells states apart: the bootloader is sound, and the window leaves something out. They are no scenarios of
// `coldrig prove canaries`, which is about bootloaders: the test of the search catches them (explore/explore.test.ts).

import type { Canary } from './canary.ts';

export const windowCanaries: readonly Canary[] = [
  {
    name: 'a window that leaves out a trailer',
    about: 'an image is an image, whatever is written behind it; this bootloader is sound',
    caughtBy: { proof: 'explore', scenario: 'the same version, padded, confirmed, hanging', invariant: 'window' },
    windowLacks: 'trailer',
    changes: [],
  },
];
