// The result of a boot after a cut, whether it was run or shared, and the verdict on it.

import type { LogRecord } from '../../../host/board/log.ts';
import type { Ending } from '../device/change.ts';
import type { KnownBoot } from '../device/known-boots.ts';
import type { Operation } from '../device/operations.ts';
import type { Finding } from '../invariants.ts';
import type { Recovery } from './judge.ts';
import type { Outcome } from './scenario.ts';

export interface Recovered {
  recovery: Recovery;
  ending: Ending;
  /** The log of the boot, with times since power-on. */
  records: readonly LogRecord[];
  operations: readonly Operation[];
  boot: KnownBoot;
  /** It did not depend on chance. */
  firm: boolean;
  /** It was not run, because it is known. */
  shared: boolean;
  /** Why sharing it was wrong; only when it was run as a check. */
  findings: Finding[];
}

/** The verdict on a boot after a cut, for any step of the story. */
export interface Verdict {
  /** Violations that do not depend on which image may run. */
  findings: Finding[];
  runs: Outcome | undefined;
  /** Number of the calibration record that the firmware says is in force; undefined where it is none of the story. */
  holds: number | undefined;
  /** A trial has used up its boots. */
  spent: boolean;
  tookNs: number;
  operations: readonly Operation[];
  /** The boot, when it was recorded: a cut in it need not run it. */
  boot: KnownBoot | undefined;
}
