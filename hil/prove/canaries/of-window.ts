// Canaries of the window by which the search tells states apart: the bootloader is good, and the window leaves something out. They are no scenarios of
// `coldrig prove canaries`, which is about bootloaders; the test of the search must catch them (explore/explore.test.ts).

import type { Canary } from './canary.ts';

export const windowCanaries: readonly Canary[] = [
  {
    name: 'a window that leaves out a trailer',
    about: 'images with and without a trailer are taken for one state; this bootloader is good',
    caughtBy: { proof: 'explore', scenario: 'the same version, padded, confirmed, hanging', invariant: 'window' },
    windowLacks: 'trailer',
    changes: [],
  },
];
