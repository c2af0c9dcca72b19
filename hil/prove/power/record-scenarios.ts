// Stories of the calibration record: stored, over a full sector, through an update.

import type { Action } from '../device/actions.ts';
import type { Scenario } from './scenario.ts';

const on: Action = { do: 'switch on' };

export const recordScenarios: readonly Scenario[] = [
  {
    name: 'calibration record stored',
    about:
      'The first calibration record of a device is stored, then another one; both survive what comes after their answers.',
    fleet: 'firmware',
    start: { slots: { A: 'v1' }, story: [on] },
    steps: [
      { do: 'calibrate', record: 1, boots: ['v1'], holds: [0, 1] },
      { do: 'calibrate', record: 2, boots: ['v1'], holds: [1, 2] },
      { do: 'reset', boots: ['v1'], holds: [2] },
    ],
    keeps: 'v1',
    goal: 'v1',
  },
  {
    name: 'calibration record over a full sector',
    about:
      'The sector of the calibration record is full; the other one, which holds older records, is erased for the next.',
    fleet: 'firmware',
    start: {
      slots: { A: 'v1' },
      story: [on, ...[9, 1, 2, 3, 4, 5, 6, 7].map((record): Action => ({ do: 'calibrate', record }))],
    },
    steps: [
      { do: 'calibrate', record: 8, boots: ['v1'], holds: [7, 8] },
      { do: 'reset', boots: ['v1'], holds: [8] },
    ],
    keeps: 'v1',
    goal: 'v1',
  },
  {
    name: 'calibration record through an update',
    about: 'An update is tried and confirmed; the calibration record stays, and one that is stored on trial stays too.',
    fleet: 'firmware',
    start: { slots: { A: 'v1' }, story: [on, { do: 'calibrate', record: 1 }, { do: 'upload', image: 'v2' }] },
    steps: [
      { do: 'mark', image: 'v2', boots: ['v1', 'v2'], holds: [1] },
      { do: 'reset', boots: ['v2'], holds: [1] },
      { do: 'calibrate', record: 2, boots: ['v2'], holds: [1, 2] },
      { do: 'confirm', boots: ['v2'], holds: [2] },
    ],
    keeps: 'v1',
    goal: 'v2',
  },
];
