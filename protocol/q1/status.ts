// What a sequencer says about itself: one state, and flags that stay until it is armed again.
//
//   IDLE --arm--> ARMED --start--> RUNNING --stop, illegal instruction--> Q1_STOPPED --queue empty--> STOPPED
//                                     '-----------------underflow, real-time fault----------------------^
//
// States and flags are those of the instrument's driver (qblox_instruments, SequencerStates and SequencerStatusFlags), one bit
// each. Flags of the time-tagging module (DIO_*) are not here. Those from bit 27 on are not the driver's, which has no flags for these
// conditions. q1simulator has two messages for what is ACQ_TTL_WINDOW here, because there is no bit left.

import { alarmTable, constantTable, NO_ALARM, valuesOf } from '../constants.ts';

export const sequencerStates = constantTable('SEQUENCER_STATE', 'State of a sequencer.', {
  IDLE: [0, 'Nothing was loaded or armed since the reset'],
  ARMED: [1, 'Ready to start'],
  RUNNING: [2, 'Its classic core runs'],
  Q1_STOPPED: [3, 'Its classic core has stopped, its real-time core finishes what is queued'],
  STOPPED: [4, 'Both have stopped'],
});

export const sequencerFlags = alarmTable('SEQUENCER_FLAG', 'Flags of a sequencer, since it was armed.', {
  DISARMED: [1 << 0, 'It was disarmed before it started', NO_ALARM],
  FORCED_STOP: [1 << 1, 'It was stopped from outside', NO_ALARM],
  SEQUENCE_PROCESSOR_Q1_ILLEGAL_INSTRUCTION: [
    1 << 2,
    'The classic core met an illegal instruction, or ran off the end',
    'sequencer-program',
  ],
  SEQUENCE_PROCESSOR_RT_EXEC_ILLEGAL_INSTRUCTION: [
    1 << 3,
    'The real-time core met an operand it cannot execute: a duration below 4 or above 65535 ns, an address or operator that does not exist',
    'sequencer-program',
  ],
  SEQUENCE_PROCESSOR_RT_EXEC_COMMAND_UNDERFLOW: [
    1 << 4,
    'An instruction reached the real-time core after its time',
    'sequencer-late',
  ],
  AWG_WAVE_PLAYBACK_INDEX_INVALID_PATH_0: [1 << 5, 'No such waveform for path 0', 'sequencer-program'],
  AWG_WAVE_PLAYBACK_INDEX_INVALID_PATH_1: [1 << 6, 'No such waveform for path 1', 'sequencer-program'],
  ACQ_WEIGHT_PLAYBACK_INDEX_INVALID_PATH_0: [1 << 7, 'No such weight for path 0', 'sequencer-program'],
  ACQ_WEIGHT_PLAYBACK_INDEX_INVALID_PATH_1: [1 << 8, 'No such weight for path 1', 'sequencer-program'],
  ACQ_SCOPE_DONE_PATH_0: [1 << 9, 'Scope acquisition of path 0 is complete', NO_ALARM],
  ACQ_SCOPE_DONE_PATH_1: [1 << 10, 'Scope acquisition of path 1 is complete', NO_ALARM],
  ACQ_SCOPE_OUT_OF_RANGE_PATH_0: [1 << 11, 'Input of path 0 was out of range', 'clipping'],
  ACQ_SCOPE_OUT_OF_RANGE_PATH_1: [1 << 12, 'Input of path 1 was out of range', 'clipping'],
  ACQ_SCOPE_OVERWRITTEN_PATH_0: [1 << 13, 'Scope data of path 0 was overwritten', 'sequencer-program'],
  ACQ_SCOPE_OVERWRITTEN_PATH_1: [1 << 14, 'Scope data of path 1 was overwritten', 'sequencer-program'],
  ACQ_BINNING_DONE: [1 << 15, 'It has stopped, and every acquisition is in its bin', NO_ALARM],
  ACQ_BINNING_FIFO_ERROR: [1 << 16, 'Acquisitions came faster than they can be binned', 'sequencer-late'],
  ACQ_BINNING_COMM_ERROR: [
    1 << 17,
    'An acquisition of a converter met a readout that is held in reset; its sums are zero',
    'sequencer-program',
  ],
  ACQ_BINNING_OUT_OF_RANGE: [1 << 18, 'A bin would have overflowed; the acquisition is not in it', 'sequencer-program'],
  ACQ_INDEX_INVALID: [1 << 19, 'No such acquisition', 'sequencer-program'],
  ACQ_BIN_INDEX_INVALID: [1 << 20, 'No such bin in the acquisition', 'sequencer-program'],
  TRIGGER_NETWORK_CONFLICT: [
    1 << 21,
    'Its trigger met one of another sequencer on the network and was lost',
    'sequencer-late',
  ],
  TRIGGER_NETWORK_MISSED_INTERNAL_TRIGGER: [
    1 << 22,
    'Its trigger came while an earlier one of its own was still being sent',
    'sequencer-late',
  ],
  OUTPUT_OVERFLOW: [
    1 << 23,
    'Gain, waveform and offset together left the range of an output, which was clipped',
    'sequencer-program',
  ],
  CLOCK_INSTABILITY: [1 << 24, 'The clock was unstable', 'clock'],
  ACQ_INTEGRATOR_OUT_OF_RANGE_PATH_0: [
    1 << 25,
    'Samples of path 0 in a window were out of the converter’s range',
    'clipping',
  ],
  ACQ_INTEGRATOR_OUT_OF_RANGE_PATH_1: [
    1 << 26,
    'Samples of path 1 in a window were out of the converter’s range',
    'clipping',
  ],
  ACQ_TTL_WINDOW: [
    1 << 27,
    'acquire_ttl opened a window while one was open, whose count is lost, or closed one when none was open (in q1simulator: ACQ TTL already enabled, ACQ TTL not enabled)',
    'sequencer-program',
  ],
  CELL_INVALID: [
    1 << 28,
    'It played or acquired while a cell of the multiplexer that it relies on was late, or did not hold its value yet',
    'multiplexer-cell',
  ],
  ACQ_OVERLAP: [
    1 << 29,
    'An acquisition window opened before the one before it had closed; no document says what the instrument does, here both are integrated whole',
    'sequencer-program',
  ],
  REGISTER_OUT_OF_RANGE: [
    1 << 30,
    'A register held what its instruction cannot take (gain, offset, frequency, phase, marker, condition), and something else was played',
    'sequencer-program',
  ],
  SYNC_DEADLOCK: [2 ** 31, 'It waits in wait_sync for a sequencer that will not come', 'sequencer-deadlock'],
});

export const SequencerState = valuesOf(sequencerStates);
export const SequencerFlag = valuesOf(sequencerFlags);

/** Names of flags, in the order of their bits. */
export function sequencerFlagNames(flags: number): string[] {
  return Object.entries(sequencerFlags.values)
    .filter(([, [bit]]) => (flags & bit) !== 0)
    .map(([name]) => name);
}
