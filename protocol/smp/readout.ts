// SMP group 68: the readout and the calibration record. It is ours; other clients list it by ENUM and pass it by.
//
//   RECORD   w {off, data, len, crc, seq}   len and crc (CRC-32 of the payload) with off 0; chunks in order, in multiples of 4 bytes  -> {off}: where the next begins
//            the last one has it stored, and is answered when flash holds it and it is in force. seq: the record that this one was made from; left out,
//            the record is stored whatever is in force. A payload that is in force already is not stored again
//            r {off}  -> {off, len, seq, crc, data}      the payload in force, or a part of it; seq 0: there is none
//   STATE    r {}     -> {seq, place, attenuation}   place: offset of the field for which the last record was refused; attenuation: decibels in front of the converters
//
// The payload is drawn in protocol/calibration/record.ts.

import { constantTable, valuesOf, withCount } from '../constants.ts';

export const readoutCommands = constantTable(
  'ROCMD',
  'Commands of the READOUT group.',
  withCount({
    RECORD: [0, 'Store the calibration record, or read it'],
    STATE: [1, 'State of the readout'],
  }),
);

export const readoutErrors = constantTable('RO_ERR', 'Error codes of the READOUT group.', {
  UNKNOWN: [1, 'Unknown error'],
  NO_OFFSET: [2, 'No offset in the request, or none that the record has'],
  LENGTH: [
    3,
    'No length with the first chunk, or more than a record has room for, or a length that is no multiple of 8, or a chunk that is no multiple of 4 bytes',
  ],
  CRC: [4, 'The CRC-32 is not that of the bytes received; send the record again'],
  FIELD: [5, 'A field of the record is out of its range; STATE says which, by its offset'],
  STALE: [6, 'Another record came into force since this one was made; read it, and make yours from it'],
  FLASH: [7, 'Flash does not hold the record; the one before stays in force'],
});

export const ReadoutRequest = valuesOf(readoutCommands);
export const ReadoutError = valuesOf(readoutErrors);
