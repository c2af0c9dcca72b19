// One line of the benchmark table and of build/bench.json: our figure, what we want it to be, and somebody else's figure
// for the same work, measured in the same run.

export interface BenchRow {
  id: string;
  value: number;
  /** Of value, goal and peerValue. More is better for a rate such as MiB/s or points/verification, less for anything else. */
  unit: string;
  /** Zero where the row is for comparison only. */
  goal: number;
  /** Who the peer is. */
  peer: string;
  peerValue: number;
}

export const moreIsBetter = (unit: string): boolean => unit.endsWith('/s') || unit.endsWith('/verification');

export const reachesGoal = ({ value, unit, goal }: BenchRow): boolean =>
  moreIsBetter(unit) ? value >= goal : value <= goal;

export function median(values: number[]): number {
  if (values.length === 0) throw new Error('the median of nothing: measure at least once');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
