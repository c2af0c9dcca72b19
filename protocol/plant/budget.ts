// The power budget: how much power the controller may take at the 4 K plate, and which load it sheds when it takes more.
//
//   normal --over budget 2 s--> half duty --2 s--> quarter duty --2 s--> muted --2 s--> safe state (interlock, or the end of a trial)
//      ^------------------------- below 80 % of the budget for 10 s: one step back --------'
//
// Management requests have a part of the core's budget. When it is used up, the next request waits, and so does its sender. So no
// client, however fast, can make the controller shed load.
//
// A plate follows its load within seconds (1.75 mK/mW at 3 K, measured on a dilution fridge), so the controller's power changes the
// temperature of its qubits. The management core has its own share: the power that warms the plate by 10 mK. What must stay true: load is
// shed in this order, and restored in the opposite one. While an interlock is tripped only the last step is taken back, so that the trip can
// be cleared.

import { alarmTable, constantTable, NO_ALARM, valuesOf } from '../constants.ts';

export const budgetTable = constantTable('BUDGET', 'Numbers of the power budget.', {
  TOTAL_MICROWATTS: [150_000, 'What the controller may take in all, while its plate is cold enough'],
  CORE_MICROWATTS: [5_000, 'What its management core may take of that: 9 mK on the plate'],
  REQUEST_MICROWATTS: [3_500, 'What management requests may take of the core on average: more of them wait'],
  REQUEST_BURST_MICROJOULES: [10_000, 'What they may take at once, after a pause: a full slot and its token verified'],
  PLATE_NANOKELVIN_PER_MICROWATT: [1_750, 'What a microwatt does to the 4 K plate'],
  PLATE_LIMIT_MICROKELVIN: [
    4_200_000,
    'The plate may be no warmer than this with everything on: the budget shrinks towards it',
  ],
  STEP_SECONDS: [2, 'After this time over budget the next load is shed'],
  RECOVER_SECONDS: [10, 'After this time well below the budget one load is restored'],
  RECOVER_PERCENT: [80, 'Well below means: under this share of the budget'],
});

export const shedTable = alarmTable('SHED', 'What is shed: each step contains those before it.', {
  NOTHING: [0, 'Nothing', NO_ALARM],
  HALF_DUTY: [1, 'Sequencers play half of the time', 'power-budget'],
  QUARTER_DUTY: [2, 'Sequencers play a quarter of the time', 'power-budget'],
  MUTED: [3, 'Waveform outputs are muted', 'power-budget'],
  SAFE_STATE: [
    4,
    'All load was shed and the power is still over budget: the interlock OVER_BUDGET trips',
    'power-budget',
  ],
});

export const Budget = valuesOf(budgetTable);
export const Shed = valuesOf(shedTable);
