// The boots that were judged and in which nothing was found, by the window that each began in.
//
// From one window a boot leads to one end, and all that is judged of it follows from both; most boots are seen a thousand times. What must stay true: of
// the boots that are known here one in so many is judged again as a check.

import { oneIn } from '../../rig/choice.ts';
import { recordInForce } from '../device/calibration.ts';
import type { KnownBoot } from '../device/known-boots.ts';
import type { Window } from '../device/window.ts';
import { isTrialSpent, runningNow } from './judge.ts';
import type { Recovered, Verdict } from './recovered.ts';

const judgedAgainIn = 8;

export class JudgedBoots {
  private readonly verdicts = new Map<KnownBoot, Map<number, Verdict>>();
  private readonly seed: number;

  constructor(seed: number) {
    this.seed = seed;
  }

  /** The verdict on a shared boot; undefined where it is to be judged. `name`: of the point. */
  find({ shared, boot }: Recovered, { key, firm }: Window, name: string): Verdict | undefined {
    const verdict = shared && firm ? this.verdicts.get(boot)?.get(key) : undefined;
    return verdict && !oneIn(judgedAgainIn, this.seed, `${name} judged again`) ? verdict : undefined;
  }

  /** Whether the boot was not judged from this window before. */
  add({ boot }: Recovered, { key }: Window, verdict: Verdict): boolean {
    const from = this.verdicts.get(boot);
    if (from?.has(key)) return false;
    if (from) from.set(key, verdict);
    else this.verdicts.set(boot, new Map([[key, verdict]]));
    return true;
  }
}

/** What came of a boot, as long as nothing is found. */
export function verdictOn({ ending, recovery, records, operations, boot }: Recovered): Verdict {
  const [runs, holds, spent] = [runningNow(ending, recovery), recordInForce(records), isTrialSpent(ending)];
  return { runs, holds, spent, tookNs: recovery.tookNs, findings: [], operations, boot };
}
