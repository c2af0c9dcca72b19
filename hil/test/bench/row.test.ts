import { describe, expect, it } from 'vitest';
import { median, reachesGoal } from './row.ts';

describe('a benchmark row', () => {
  const row = { id: 'x', goal: 10, peer: 'y', peerValue: 9 };

  it('is good with more of a rate and less of a time', () => {
    expect(reachesGoal({ ...row, unit: 'MiB/s', value: 11 })).toBe(true);
    expect(reachesGoal({ ...row, unit: 'MiB/s', value: 9 })).toBe(false);
    expect(reachesGoal({ ...row, unit: 'us', value: 9 })).toBe(true);
    expect(reachesGoal({ ...row, unit: 'us', value: 11 })).toBe(false);
  });

  it('takes the middle of the runs, and the mean of the middle two', () => {
    expect(median([3, 100, 1])).toBe(3);
    expect(median([4, 1, 100, 2])).toBe(3);
    expect(() => median([])).toThrow('measure at least once');
  });
});
