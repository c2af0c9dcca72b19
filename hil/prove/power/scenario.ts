// A story in which power is cut.
//
// `start` is the device as it comes to the bench and what happened to it before; `steps` is the story in which power is cut. In `boots`, each step
// names what may run once power is back, when the cut was between the end of the step before and the answer of this step. So an answer is a promise:
// what was answered survives a cut right after it. `keeps` is the image that was confirmed at the start: it must stay bootable until the goal is
// confirmed. `goal` is the image that runs at the end, when the story is begun again from its first step.

import type { Action } from '../device/actions.ts';
import type { Fleet, ImageName } from '../device/images.ts';

export type Outcome = ImageName | 'safe mode';

/** `holds`: calibration records, by number, of which one must be in force when firmware runs after a cut in this step; 0 is none. */
export type Step = Action & { boots: readonly Outcome[]; holds?: readonly number[] };

export interface Scenario {
  name: string;
  /** The story in one sentence. */
  about: string;
  /** What runs on the device. */
  fleet: Fleet;
  start: { slots: { A?: ImageName; B?: ImageName }; story: readonly Action[] };
  steps: readonly Step[];
  keeps?: ImageName;
  goal: ImageName;
}
