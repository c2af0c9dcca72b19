import { describe, expect, it } from 'vitest';
import { erasedSlot } from './erased-slot.ts';

const runs = (slot: number) => ({ slot, active: true });
const lies = (slot: number) => ({ slot, active: false });

describe('the slot a device chose to erase', () => {
  it.each([
    ['the one whose image is gone', [runs(0), lies(1)], [runs(0)], 1],
    ['the one whose image is gone, of a device that runs from B', [lies(0), runs(1)], [runs(1)], 0],
    ['the one that does not run, where it was empty before', [runs(0)], [runs(0)], 1],
    ['the one whose image is gone, in safe mode', [lies(0), lies(1)], [lies(1)], 0],
    ['the empty one, in safe mode', [lies(1)], [lies(1)], 0],
    ['not known where both were empty', [], [], undefined],
    ['not known where safe mode erased nothing that was listed', [lies(0), lies(1)], [lies(0), lies(1)], undefined],
  ])('is %s', (_, before, after, slot) => {
    expect(erasedSlot(before, after)).toBe(slot);
  });
});
