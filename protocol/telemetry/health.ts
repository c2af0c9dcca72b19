// The health word: one bit per thing that is wrong, zero is healthy. An image is confirmed only while it is zero.
//
// Bits 0 to 15 say what is wrong. Bits 16 to 23 say what is kept off because of it, read from the switches themselves. What must stay
// true: the word is zero only while everything that a freshly booted firmware drives is driven.
// A bit keeps its place and its meaning; a new meaning takes a new bit.

import { alarmTable, valuesOf } from '../constants.ts';

export const healthBits = alarmTable('HEALTH', 'Bits of the health word; zero is healthy.', {
  STARTING: [1 << 0, 'The watchdog has not been fed for the first time yet', 'reset-loop'],
  DEADLINE: [1 << 1, 'A task missed its deadline in the last ten seconds', 'task-late'],
  BUDGET: [1 << 2, 'A task used more cycles than its budget in the last ten seconds', 'task-late'],
  LINK: [1 << 3, 'A serial line lost bytes in the last ten seconds', 'link'],
  FLASH: [1 << 4, 'A flash operation did not read back as written; stays until reset', 'flash'],
  SELF_TEST: [1 << 5, 'A self-test failed; stays until reset', 'self-test'],
  HANDOVER: [1 << 6, 'The bootloader left no valid hand-over record; stays until reset', 'self-test'],
  SENSOR: [1 << 8, 'A thermometer is not trusted', 'thermometer'],
  INTERLOCK: [1 << 9, 'An interlock has tripped and was not cleared', 'interlock'],
  RAILS: [1 << 10, 'A rail that should be on is not good', 'rail-under'],
  CLOCK: [1 << 11, 'A clock reference is missing or bad', 'clock'],
  SIGNAL: [1 << 12, 'A signal line loses more than it should, or clips', 'signal-line'],
  SHEDDING: [1 << 13, 'Load is shed: more power is taken than the plate can carry away', 'power-budget'],
  CELLS: [1 << 14, 'A cell of the multiplexer does not hold its value', 'multiplexer-cell'],
  READOUT: [1 << 15, 'A readout channel has less SNR than it must have', 'readout-snr'],
  WAVEFORMS_OFF: [
    1 << 16,
    'Waveform outputs and markers are muted: their gate is closed, or the duty is 0',
    'outputs-off',
  ],
  DUTY_REDUCED: [1 << 17, 'Sequencers play less than the full time: the duty is below 100', 'outputs-off'],
  HEATERS_OFF: [1 << 18, 'Heaters are kept off: their gate is closed', 'outputs-off'],
  MULTIPLEXER_OFF: [1 << 19, 'The multiplexer is parked: its gate is closed', 'outputs-off'],
});

export const Health = valuesOf(healthBits);
