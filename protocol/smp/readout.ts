// SMP group 68: the calibration record, and the readout: its settings, figures and captures. It is ours; other clients list it by ENUM and pass it by.
//
//   RECORD     w {off, data, len, crc, seq}   len and crc (CRC-32 of the payload) with off 0; chunks in order, in multiples of 4 bytes  -> {off}: where the next begins
//              the last one has it stored, and is answered when flash holds it and it is in force. seq: the record that this one was made from; left out,
//              the record is stored whatever is in force. A payload that is in force already is not stored again
//              r {off}  -> {off, len, seq, crc, data}      the payload in force, or a part of it; seq 0: there is none
//   STATE      r {}     -> {seq, place, attenuation, unreadable}     place: offset of the field for which the last record was refused; attenuation: decibels in front of the
//              converters; unreadable: channels with too low an SNR, one bit each: no experiment may rely on their qubits
//   CONFIGURE  w {setting, index, value}    READOUT_SETTING_*; index: its channel or line, 0 when left out             -> {}
//              r {setting, index}           -> {value}: as it was set last; negative numbers in two's complement
//   CHANNEL    r {channel}                  -> {i, q, windows, clipi, clipq, peaki, peakq, snr, zero, one}
//              i and q: sums of its last window; windows, clips and peaks: of its line; zero and one: statistics by state, u32 each in the order of READOUT_MOMENT_*
//   CAPTURE    w {line, source, length}     source 0: the line, 1: the test tone; length: samples, SCOPE_LENGTH when left out        -> {len, clip}
//              r {off}                      -> {off, len, line, clip, crc, data}     len: samples there are; data: those from off on, 4 bytes each: i16 I, i16 Q
//              crc (CRC-32 of all that was captured) with off 0 only; clip: bit 0: a sample of I was out of range, bit 1: one of Q
//              snr: of a channel whose threshold is calibrated, by its statistics, in hundredths of a decibel; left out before the first estimate
//   CLEAR      w {what, line}               READOUT_CLEAR_*; line 0 when left out                                       -> {}
//   CLAIM      w {id, ms}                   the client `id` works with the readout for so long from now on; ms 0: it has ended        -> {}
//              r {}                         -> {id, ms}: who has it, and for how long yet; id 0: nobody
//   SELF_TEST  w {line}                     starts the test of its converters by the test tone                          -> {}
//              r {line}                     -> {running, bits}    bits: effective bits of the worse converter of the line, in 1/256; left out before the first test
//
// The payload is drawn in protocol/calibration/record.ts, what can be set and asked in protocol/readout/module.ts. Settings last until the next reset; those that
// follow from the record, until the next record comes into force. So a scan that moves the tone of a channel writes no flash. Whoever reads or sets anything
// releases the readout, and finds the corrections of the record in force. A claim refuses nothing but another claim: it is for clients that ask for it,
// so that two calibrations do not work on one device at once; it ends by itself.

import { constantTable, valuesOf, withCount } from '../constants.ts';

export const readoutCommands = constantTable('ROCMD', 'Commands of the READOUT group.', {
  ...withCount({
    RECORD: [0, 'Store the calibration record, or read it'],
    STATE: [1, 'State of the calibration record'],
    CONFIGURE: [2, 'Set a setting of the readout, or read it'],
    CHANNEL: [3, 'Figures and statistics of a channel'],
    CAPTURE: [4, 'Capture raw samples, or read them'],
    CLEAR: [5, 'Clear statistics, counters, or what was captured'],
    CLAIM: [6, 'Say that a client works with the readout, or ask whether one does'],
    SELF_TEST: [7, 'Test the converters of a line, or read the result'],
  }),
  CAPTURE_MAX: [384, 'Samples in one answer'],
  CLAIM_MS_MAX: [600_000, 'Longest time of a claim'],
});

export const readoutErrors = constantTable('RO_ERR', 'Error codes of the READOUT group.', {
  UNKNOWN: [1, 'Unknown error'],
  NO_OFFSET: [2, 'No offset in the request, or one behind the end of what there is to read'],
  LENGTH: [
    3,
    'No length with the first chunk, or more than a record has room for, or a length that is no multiple of 8, or a chunk that is no multiple of 4 bytes',
  ],
  CRC: [4, 'The CRC-32 is not that of the bytes received; send the record again'],
  FIELD: [5, 'A field of the record is out of its range; STATE says which, by its offset'],
  STALE: [6, 'Another record came into force since this one was made; read it, and make yours from it'],
  FLASH: [7, 'Flash does not hold the record; the one before stays in force'],
  SETTING: [8, 'The readout has no such setting'],
  INDEX: [9, 'The readout has no such channel or line, or the setting is of all and has no index'],
  VALUE: [10, 'The value is out of the range of its setting'],
  CLAIMED: [11, 'Another client works with the readout of this device; wait until it has ended'],
  PLAYED: [12, 'A sequencer plays into the line; stop it first'],
  CAPTURED: [13, 'The scope holds samples that nobody has read; read and clear them first'],
});

export const ReadoutRequest = valuesOf(readoutCommands);
export const ReadoutError = valuesOf(readoutErrors);
