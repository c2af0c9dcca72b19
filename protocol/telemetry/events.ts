// Kinds of recorder events, each with the meaning of its two arguments. Version 2: the cryostat’s.
// A kind keeps its number and its meaning, because recorded logs carry it; a new meaning is a new kind.

import { alarmTable, BY_ARGUMENT, NO_ALARM, valuesOf } from '../constants.ts';

export const eventKinds = alarmTable('EVENT', 'Recorder event kinds: name, then what argument 0 and 1 hold.', {
  BOOT_START: [1, 'The bootloader starts: reset cause, resets since power-on', BY_ARGUMENT],
  BOOT_VERIFY: [2, 'A slot was verified: slot, reason (0 is good)', BY_ARGUMENT],
  BOOT_DECISION: [3, 'The bootloader decided: decision, slot', BY_ARGUMENT],
  BOOT_HANDOVER: [4, 'Control goes to the firmware: slot, version', NO_ALARM],
  BOOT_REJECT: [5, 'An image was marked rejected: slot, reason', BY_ARGUMENT],
  SECURITY_COUNTER: [7, 'The security counter in the fuses was to advance: to what, 1 if it did', 'flash'],
  KEYS_REVOKED: [8, 'A confirmed image revoked keys: which, as bits; its slot', NO_ALARM],
  BOOT_LOG_FAILED: [10, 'This boot could not be logged: decision, slot', 'flash'],
  SAFE_MODE_BEAT: [9, 'Heartbeat of safe mode: sequence number, decision that says why', BY_ARGUMENT],
  SAFE_MODE: [6, 'Safe mode begins: decision, reset cause', BY_ARGUMENT],
  FIRMWARE_START: [16, 'The firmware starts: slot, slot state', NO_ALARM],
  HEARTBEAT: [17, 'Heartbeat: sequence number, health word', BY_ARGUMENT],
  DEADLINE_MISSED: [18, 'A task ended past its deadline: task, microseconds late', 'task-late'],
  BUDGET_EXCEEDED: [19, 'A task used more cycles than its budget: task, cycles', 'task-late'],
  INTERLOCK_TRIPPED: [48, 'An interlock tripped: number, what was measured', BY_ARGUMENT],
  INTERLOCK_CLEARED: [49, 'A trip was cleared: number, 1 by an operator, 0 by itself', NO_ALARM],
  SAFE_STATE: [50, 'All outputs are off: interlock, rails that stay on', 'interlock'],
  RAILS_UP: [51, 'All rails are up: rails that are good, milliseconds it took', NO_ALARM],
  RAIL_FAILED: [52, 'A rail does not come up: rail, millivolts', 'rail-under'],
  CLOCK_SWITCHED: [53, 'The clock follows another reference: reference, why (0 lost, 1 offset, 2 jitter)', 'clock'],
  LOAD_SHED: [54, 'Load was shed or restored: step (SHED_*), microwatts estimated', BY_ARGUMENT],
  SENSOR_LOST: [55, 'A thermometer is no longer trusted: channel, why (SENSOR_*)', BY_ARGUMENT],
  SENSOR_BACK: [56, 'A thermometer is used again: channel, microkelvin', NO_ALARM],
  SIGNAL_LOST: [57, 'A signal line loses more than it should: line, thousandths of a decibel', 'signal-line'],
  SIGNAL_BACK: [58, 'A signal line is good again: line, thousandths of a decibel', NO_ALARM],
  ATTENUATED: [59, 'Attenuation before a converter was changed: line, decibels', 'clipping'],
  TRIAL_ENDED: [60, 'The firmware ends its own trial: reason, microwatts', BY_ARGUMENT],
  UPLOAD_START: [24, 'An upload begins: slot, bytes', NO_ALARM],
  UPLOAD_DONE: [
    25,
    'An upload is complete: slot, 1 if its SHA-256 matched, 0 if not, 2 if none was given',
    'image-damaged',
  ],
  IMAGE_PENDING: [26, 'An image was marked pending: slot, 1 if permanent', NO_ALARM],
  IMAGE_CONFIRMED: [27, 'An image was confirmed: slot, version', NO_ALARM],
  SLOT_ERASED: [28, 'A slot was erased: slot, 0', NO_ALARM],
  SEQUENCER_LOADED: [32, 'A sequence was loaded: sequencer, bytes', NO_ALARM],
  SEQUENCER_STARTED: [33, 'Sequencers were started: which, one bit each; 0', NO_ALARM],
  SEQUENCER_STOPPED: [34, 'A sequencer has stopped: which, its flags', BY_ARGUMENT],
  SEQUENCER_DEADLOCK: [
    35,
    'Sequencers wait for each other: those in wait_sync, those they wait for; one bit each',
    'sequencer-deadlock',
  ],
  CELL_LATE: [
    64,
    'A cell of the multiplexer has missed its deadline: cell, missed deadlines so far',
    'multiplexer-cell',
  ],
  CELL_SWITCH_ERROR: [65, 'A switch of the multiplexer connected the wrong cell: errors so far, 0', 'multiplexer-cell'],
  MUX_TABLE: [
    66,
    'A refresh table came into force, or was discarded: 1 if it came into force, tables so far',
    'multiplexer-load',
  ],
  MUX_EDGE_LOST: [
    67,
    'Edges of markers were lost, so a pulse window began or ended too late: lost so far, 0',
    'multiplexer-load',
  ],
  CELL_VALUE_REFUSED: [
    68,
    'A prepared value of a cell was refused when its marker rose: cell, refused so far',
    'multiplexer-load',
  ],
  CALIBRATION: [72, 'A calibration record is in force: CRC-32 of its payload, its sequence number', NO_ALARM],
  CALIBRATION_FAILED: [73, 'A calibration record could not be stored: 0, sequence number of the one in force', 'flash'],
  PHASES_CORRECTED: [
    74,
    'The oscillators make up for the step of the clock: parts in 10^9 that it is fast, signed; sequencers that run, one bit each',
    NO_ALARM,
  ],
  CORRECTION_LIMITED: [
    75,
    'A correction of the calibration record is more than the readout can make; the most it can is applied: line, READOUT_SETTING_*',
    'calibration',
  ],
  READOUT_LOST: [
    76,
    'A readout channel cannot tell the states of its qubit apart as it should: channel, SNR in hundredths of a decibel, signed',
    'readout-snr',
  ],
  READOUT_BACK: [77, 'A readout channel can again: channel, SNR in hundredths of a decibel, signed', NO_ALARM],
  SELF_TESTED: [78, 'The converters of a line were tested: line, effective bits of the worse one in 1/256', NO_ALARM],
  REQUEST_REFUSED: [
    30,
    'A request came over a line that may not make it: line, and from bit 8 on how many since the last such event; operation, from bit 8 on the command, from bit 16 on the group',
    NO_ALARM,
  ],
  ACCESS_CHANGED: [
    31,
    'It was locked to its gateway, or unlocked: 1 or 0, how many times it can still be locked',
    NO_ALARM,
  ],
  RESET_REQUESTED: [29, 'A reset was requested over SMP: boot mode, force', NO_ALARM],
});

export const EventKind = valuesOf(eventKinds);

/** Kinds whose first argument is the number of a task (protocol/firmware/tasks.ts has their names). */
export const eventsOfTasks: readonly number[] = [EventKind.DEADLINE_MISSED, EventKind.BUDGET_EXCEEDED];
