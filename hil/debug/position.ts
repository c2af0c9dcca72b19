// A place in a run that can be repeated: how many records its log has, how many moments came since the last of them, and the time.
//
// What must stay true: the same run has the same moments with the same positions every time, on any machine. Nothing else finds a place again.

export interface Position {
  /** Records of the log so far; the board counts them, so a restored state knows its own. */
  record: number;
  /** Moments of the core since that record; 0 while the core sleeps. */
  step: number;
  /** On the board's clock. */
  timeNs: number;
}

/** Below 0 when `one` comes first. While the core sleeps only the time goes on. */
export function compare(one: Position, other: Position): number {
  return one.record - other.record || one.step - other.step || (one.step === 0 ? one.timeNs - other.timeNs : 0);
}
