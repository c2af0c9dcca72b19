// What the bootloader stores about a slot, what it decides at a boot, and the numbers of its policy.

import { alarmTable, constantTable, NO_ALARM, valuesOf } from '../constants.ts';

export const slotStates = constantTable(
  'SLOT',
  'State of a slot’s image. It is about one image hash; another image in the slot is UNMARKED.',
  {
    UNMARKED: [0, 'No one requested to run this image'],
    PENDING: [1, 'Requested, not started yet'],
    TRIAL: [2, 'Started, not confirmed yet'],
    CONFIRMED: [3, 'Confirmed'],
    REJECTED: [4, 'Tried or checked, and refused for a reason'],
  },
);

export const bootDecisions = alarmTable('DECISION', 'What the bootloader decided, and why.', {
  NONE: [0, 'No decision yet', NO_ALARM],
  CONFIRMED: [1, 'Boots the confirmed image', NO_ALARM],
  TRIAL_FIRST: [2, 'First boot of a pending image, on trial', NO_ALARM],
  TRIAL_AGAIN: [3, 'The trial goes on: the last one ended through no fault of the image', NO_ALARM],
  PERMANENT: [
    4,
    'First boot of an image with the permanent mark: on trial, and it confirms itself once it is healthy',
    NO_ALARM,
  ],
  REVERTED: [5, 'The trial failed; back to the confirmed image', 'trial-failed'],
  FALLBACK: [
    6,
    'The confirmed image no longer verifies or fails when it runs; the other confirmed one boots',
    'fallback',
  ],
  RESCUE: [7, 'No confirmed image can run; a valid image that was not requested boots on trial', 'fallback'],
  SAFE_MODE_NO_IMAGE: [8, 'Safe mode: no image is bootable', 'safe-mode'],
  SAFE_MODE_REQUESTED: [9, 'Safe mode: requested by command', 'safe-mode'],
  SAFE_MODE_STRAP: [10, 'Safe mode: fuse strap', 'safe-mode'],
  SAFE_MODE_RESETS: [11, 'Safe mode: every image that can run was reset too often in a row', 'reset-loop'],
});

export const bootPolicy = constantTable('POLICY', 'Numbers of the boot policy.', {
  TRIAL_BOOTS: [3, 'Boots a trial may take when power fails in between'],
  TRIAL_TIMEOUT_MS: [300_000, 'Time a trial has to be confirmed: five minutes, for a person at a terminal'],
  WATCHDOG_TIMEOUT_US: [1_000_000, 'Watchdog the firmware inherits at the hand-over'],
  WATCHDOG_WINDOW_US: [10_000, 'Its window: two feeds closer together than this mean a runaway loop'],
  RESETS_IN_A_ROW_MAX: [
    8,
    'Resets in a row without a request after which a confirmed image has had its turn: then the other one boots, then safe mode',
  ],
  WELL_AFTER_MS: [
    60_000,
    'Time firmware must be healthy without a break before the count of those resets is cleared, and before it may confirm itself',
  ],
  SAFE_MODE_BEAT_MS: [1000, 'From one heartbeat of safe mode to the next'],
  RESET_DELAY_MS: [250, 'From the answer to an SMP reset to the reset'],
});

export const SlotState = valuesOf(slotStates);
export const BootDecision = valuesOf(bootDecisions);
export const BootPolicy = valuesOf(bootPolicy);
