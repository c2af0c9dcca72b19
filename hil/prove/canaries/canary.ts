// A canary is a bootloader or a firmware that is broken on purpose, by changes of its source (the other one stays correct). With one of them the harness
// is broken, too.
//
// A change that no longer fits the source fails the compilation with the place and the text: adapt it to the source.

import type { SourceChange } from '../../../host/tools/guest.ts';
import type { BlindSpots } from '../device/boards.ts';
import type { Invariant } from '../invariants.ts';

export interface Canary {
  name: string;
  /** The wrong assumption behind the defect. */
  about: string;
  /** Where the slice catches it; and as which invariant, when it breaks only one promise. */
  caughtBy: { proof: string; scenario: string; invariant?: Invariant };
  /** What is broken; the bootloader when left out. */
  breaks?: 'firmware';
  changes: SourceChange[];
  /** The harness is broken as well: its list of what a boot reads leaves out this word of flash (device/boot-reads.ts). */
  blindTo?: number;
  /** The harness is broken as well: what shared calls read leaves out a word of RAM, or of flash (host/board/cpu/known-calls.ts). */
  callsBlind?: BlindSpots;
  /** The harness is broken as well: the window by which states are told apart leaves this out (explore/state.ts). */
  windowLacks?: 'trailer';
}
