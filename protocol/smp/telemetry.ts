// SMP group 69: telemetry records (protocol/telemetry/records.ts). It is ours; other clients list it by ENUM and pass it by.
//
//   RECORDS    r {boot?, seq?, max?}   -> {schema, boot, next, records: [record ...], more}
//              the records behind number (boot, seq), oldest first; without boot and seq, from the oldest that is kept. Nothing changes: the same request
//              gives the same records again, as long as they are kept
//              w {boot, seq, max?}     -> likewise, after every record up to (boot, seq) was acknowledged: those are kept no longer
//              max: most records in the answer; as many as fit when left out or 0
//
//   record     [kind, class, boot, sequence, timeLow, timeHigh, word ...]     TELEMETRY_KIND_*, TELEMETRY_CLASS_*; time: ns since power-on, two words; the words
//              behind it are the fields of its kind. Every number is an unsigned word
//   schema     version of the schema that the records are written by
//   boot       number of the boot that runs; next: sequence number that its next record gets, so a client sees that it has all
//   more       there are records behind the last one of the answer
//
// Records are numbered (boot, sequence) and are told in this order. The device keeps what was not acknowledged, also through a reset, but not without
// power. Where it has no room it drops the oldest of the lowest class; what it dropped is a record of its own, of kind DROPPED, made when somebody reads.
// An acknowledgement that comes twice does nothing the second time. Safe mode does not have this group: what happened there is told when firmware runs again.

import { constantTable, valuesOf, withCount } from '../constants.ts';

export const telemetryCommands = constantTable(
  'TELCMD',
  'Commands of the TELEMETRY group.',
  withCount({ RECORDS: [0, 'Read records; write: acknowledge those before, then read'] }),
);

export const telemetryErrors = constantTable('TEL_ERR', 'Error codes of the TELEMETRY group.', {
  UNKNOWN: [1, 'Unknown error'],
  NOT_TOLD: [2, 'The acknowledgement is of a record that this device has not made yet; is it of another device?'],
});

export const TelemetryCommand = valuesOf(telemetryCommands);
export const TelemetryError = valuesOf(telemetryErrors);
