// What came of a boot after a cut, whether it was run or shared, and the verdict on it.

import type { LogRecord } from '../../../host/board/log.ts';
import type { Ending } from '../device/change.ts';
import type { KnownBoot } from '../device/known-boots.ts';
import type { Operation } from '../device/operations.ts';
import type { Finding } from '../invariants.ts';
import type { Recovery } from './judge.ts';
import type { Outcome } from './scenarios.ts';

export interface Recovered {
  recovery: Recovery;
  ending: Ending;
  /** Of the boot, with times since power-on. */
  records: readonly LogRecord[];
  operations: readonly Operation[];
  boot: KnownBoot;
  /** Chance had no say in it. */
  firm: boolean;
  /** It was not run, for it is known. */
  shared: boolean;
  /** What is wrong with having shared it; only where it was run after all. */
  findings: Finding[];
}

/** What a boot after a cut came to, whatever step of the story the cut was in. */
export interface Verdict {
  /** Broken, whatever may run. */
  findings: Finding[];
  runs: Outcome | undefined;
  /** A trial has used up its boots. */
  spent: boolean;
  tookNs: number;
  operations: readonly Operation[];
  /** The boot, where it was looked at: a cut in it need not run it. */
  boot: KnownBoot | undefined;
}
