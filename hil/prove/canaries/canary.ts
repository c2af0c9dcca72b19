// What a canary is: a bootloader broken on purpose, in pieces of its source (the firmware stays sound); one has the harness broken with it.
//
// A change that no longer fits the source fails the compilation with the place and the text: mend it, with the source.

import type { SourceChange } from '../../../host/tools/guest.ts';
import type { Invariant } from '../invariants.ts';

export interface Canary {
  name: string;
  /** What its author may have thought. */
  about: string;
  /** Where it is caught: a part of the slice that every test run can afford; and, where it breaks just one promise, as which. */
  caughtBy: { proof: string; scenario: string; invariant?: Invariant };
  changes: SourceChange[];
  /** The harness is broken as well: its notes of what a boot reads miss this word of flash (device/boot-reads.ts). */
  blindTo?: number;
}
