// Telemetry records: what a device tells about itself, in one versioned schema. This table is the contract of device, gateway and everything behind it.
//
//   device ──wire record, an array of numbers──> client (host/tools/telemetry) ──envelope record, CBOR or JSON──> gateway, stream, store
//
// The device sends each record as [kind, class, boot, sequence, time (two words), words ...]: the words are the fields of its kind, in the order of the table. The client
// names them and adds what the device does not know (its cryostat, when the record was received). The fields of both are below; the wire is drawn in
// protocol/smp/telemetry.ts.
//
// What must stay true, so that a consumer of version n reads records of versions n - 1 and n + 1:
//   - a field keeps its place, name, type and unit for ever; a new one goes to the end of its kind, with the version it came with in `since`
//   - a kind keeps its number and its meaning; a new kind takes the next number
//   - a consumer keeps what it does not know: words behind the last field, fields with other names, kinds with other numbers
//   - a field that the version of a record has is in the record, or the record is refused by an error that names the field

import { constantTable, NO_ALARM, valuesOf } from '../constants.ts';
import { Channel } from '../plant/places.ts';
import { sequencerFlags } from '../q1/status.ts';
import { EventKind } from './events.ts';

/** Version of the schema that this table describes. */
export const SCHEMA_VERSION = 1;

/**
 * Type of a field. On the wire of the device each takes one word, or `count` words. `u64` is in envelopes only: a bigint, in CBOR an unsigned integer, in JSON a
 * decimal text, because JSON's numbers end at 2^53. `hex`: bytes as small hexadecimal digits, four of them a word.
 */
export type FieldType = 'u32' | 'i32' | 'u64' | 'boolean' | 'text' | 'u32[]' | 'hex' | 'map';

export interface TelemetryField {
  name: string;
  type: FieldType;
  /** Left out: a number, a name or bits. */
  unit?: string;
  /** Version of the schema that it came with. */
  since: number;
  /** Words on the wire, for lists and `hex`. */
  count?: number;
  /** This word on the wire says that the value is not known: `null` in an envelope. */
  absent?: number;
  doc: string;
}

export interface TelemetryKind {
  /** On the wire. */
  number: number;
  since: number;
  doc: string;
  fields: readonly TelemetryField[];
}

// The higher class goes last when there is no room.
export const telemetryClasses = constantTable('TELEMETRY_CLASS', 'Classes of telemetry records.', {
  BULK: [0, 'Routine and figures: sent when enough has come together, dropped first'],
  HEARTBEAT: [1, 'Signs of life, once a second'],
  CRITICAL: [2, 'Trips, faults, boots, and what was dropped: sent at once, dropped last'],
});

export type TelemetryClass = 'bulk' | 'heartbeat' | 'critical';

const field = (name: string, type: FieldType, doc: string, more: Partial<TelemetryField> = {}): TelemetryField => ({
  ...{ name, type, ...more },
  ...{ since: more.since ?? 1, doc },
});

/** The envelope: fields of every record. */
export const envelopeFields: readonly TelemetryField[] = [
  field('schema', 'u32', 'Version of the schema that the record was written by'),
  field('device', 'text', 'Serial number of the chip, in hexadecimal digits'),
  field('cryostat', 'text', 'Which cryostat the device is in, as its gateway was told'),
  field('boot', 'u32', 'Number of the boot, as in the boot log: it grows with every boot, and none has two'),
  field(
    'sequence',
    'u32',
    'Number of the record in its boot, from 0 on: one more for each record, also for one that is dropped',
  ),
  field('deviceTimeNs', 'u64', 'Time of the device: since its power-on, so it goes on through a reset', { unit: 'ns' }),
  field('receiveTimeNs', 'u64', 'Time of the client that received it: since 1970-01-01 UTC', { unit: 'ns' }),
  field('class', 'text', 'critical, heartbeat or bulk'),
  field('kind', 'text', 'What the body is; kind-N for a kind N that the client does not know'),
  field('body', 'map', 'The fields of its kind'),
];

/** Kinds of records by name. Fields are in the order of their words on the wire. */
export const telemetryKinds = {
  event: {
    number: 1,
    since: 1,
    doc: 'An event of the recorder (protocol/telemetry/events.ts)',
    fields: [
      field('event', 'u32', 'Number of the event'),
      field('argument0', 'u32', 'Its first argument; the table of events says what it is'),
      field('argument1', 'u32', 'Its second argument'),
    ],
  },
  boot: {
    number: 2,
    since: 1,
    doc: 'The firmware starts. Events of the bootloader come before it, in the same boot',
    fields: [
      field('cause', 'u32', 'Reset cause'),
      field(
        'kept',
        'boolean',
        'Records of earlier boots that nobody had acknowledged were kept; false after power-on: if there were any, they are lost',
      ),
      field('slot', 'u32', 'Slot that it runs from'),
      field('state', 'u32', 'State of its image'),
      field('version', 'u32', 'Version: major << 24 | minor << 16 | revision'),
      field('build', 'u32', 'Build number'),
      field('imageHash', 'hex', 'SHA-256 of the image', { count: 8 }),
    ],
  },
  heartbeat: {
    number: 3,
    since: 1,
    doc: 'A heartbeat: the heartbeat record (protocol/telemetry/heartbeat.ts) without the hash, which the record `boot` has',
    fields: [
      field('heartbeat', 'u32', 'Heartbeats since the firmware started'),
      field('uptimeSeconds', 'u32', 'Since reset', { unit: 's' }),
      field('health', 'u32', 'Health word: 0 is healthy'),
      field('slot', 'u32', 'Slot that the firmware runs from'),
      field('slotState', 'u32', 'State of its image'),
      field('temperaturesMicrokelvin', 'u32[]', 'By channel; null: not known', {
        unit: 'µK',
        count: Channel.COUNT,
        absent: 0,
      }),
      field('leastSlackUs', 'i32', 'Least time that any task had left before its deadline, since reset', {
        unit: 'µs',
      }),
      field('leastSlackTask', 'u32', 'Which task that was'),
      field('faultCause', 'u32', 'Cause of the last fault of the core'),
      field('faultCount', 'u32', 'Faults since power-on'),
      field('tripped', 'u32', 'Interlocks that have tripped and were not cleared, one bit each'),
      field('lastTrip', 'u32', 'Interlock that tripped last', { absent: 0xffff_ffff }),
      field('powerMicrowatts', 'u32', 'Estimated power', { unit: 'µW' }),
      field('budgetMicrowatts', 'u32', 'What it may be', { unit: 'µW' }),
      field('shed', 'u32', 'Load that is shed'),
      field('railsGood', 'u32', 'Rails that are good, one bit each'),
      field('reference', 'u32', 'Clock reference, and bit 2: locked'),
      field('thermometers', 'u32', 'Thermometers that are trusted, one bit each'),
    ],
  },
  readout: {
    number: 4,
    since: 1,
    doc: 'Summary of a readout channel that is in use, every few seconds',
    fields: [
      field('channel', 'u32', 'line * 8 + tone'),
      field('snrCentidecibel', 'i32', 'SNR at the last estimate', { unit: '0.01 dB', absent: 0x8000_0000 }),
      field('unreadable', 'boolean', 'It cannot tell the states of its qubit apart'),
      field('attenuationDecibel', 'u32', 'Attenuation in front of the converters: the gain is its negative', {
        unit: 'dB',
      }),
      field('windows', 'u32', 'Windows of its line since the readout was released'),
      field('clippedI', 'u32', 'Samples of its line that were out of range, path I'),
      field('clippedQ', 'u32', 'Likewise path Q'),
    ],
  },
  dropped: {
    number: 5,
    since: 1,
    doc: 'Records that the device dropped before they were acknowledged, because it had no room for them. A record that was received all the same is counted too',
    fields: [
      field('count', 'u32', 'How many'),
      field('firstBoot', 'u32', 'Boot of the first'),
      field('firstSequence', 'u32', 'Its sequence number'),
      field('lastBoot', 'u32', 'Boot of the last'),
      field('lastSequence', 'u32', 'Its sequence number'),
    ],
  },
} as const satisfies Record<string, TelemetryKind>;

export type TelemetryKindName = keyof typeof telemetryKinds;

const kindRow = (name: TelemetryKindName): readonly [number, string] => [
  telemetryKinds[name].number,
  telemetryKinds[name].doc,
];

export const telemetryKindTable = constantTable('TELEMETRY_KIND', 'Kinds of telemetry records.', {
  EVENT: kindRow('event'),
  BOOT: kindRow('boot'),
  HEARTBEAT: kindRow('heartbeat'),
  READOUT: kindRow('readout'),
  DROPPED: kindRow('dropped'),
});

/** Events of everyday work: they are bulk. Every other event is critical, and a heartbeat of safe mode is a heartbeat. */
const routineEvents: readonly number[] = [
  EventKind.SEQUENCER_LOADED,
  EventKind.SEQUENCER_STARTED,
  EventKind.SEQUENCER_STOPPED,
  EventKind.UPLOAD_START,
  EventKind.SLOT_ERASED,
  EventKind.REQUEST_REFUSED,
  EventKind.MUX_TABLE,
  EventKind.ATTENUATED,
  EventKind.CALIBRATION,
  EventKind.PHASES_CORRECTED,
  EventKind.SELF_TESTED,
];

/** One bit an event, those of the n-th 32 kinds. */
const routineBits = (n: number): number =>
  routineEvents.reduce((bits, kind) => (kind >>> 5 === n ? bits | (1 << (kind & 31)) : bits), 0) >>> 0;

const alarmsOfStops = Object.values(sequencerFlags.values)
  .filter(([, , runbook]) => runbook !== NO_ALARM)
  .reduce((bits, [flag]) => (bits | flag) >>> 0, 0);

export const telemetryTable = constantTable('TELEMETRY', 'Telemetry records of the device.', {
  SCHEMA_VERSION: [SCHEMA_VERSION, 'Version of the schema'],
  ROUTINE_0: [routineBits(0), 'Events 0 to 31 that are bulk, one bit each'],
  ROUTINE_1: [routineBits(1), 'Events 32 to 63'],
  ROUTINE_2: [routineBits(2), 'Events 64 to 95'],
  STOP_ALARMS: [alarmsOfStops, 'A sequencer that stopped with one of these flags is critical all the same'],
  READOUT_BEATS: [5, 'Heartbeats between two summaries of the readout'],
  SNR_UNKNOWN: [0x8000_0000, 'SNR before the first estimate'],
  BODY_WORDS_MAX: [25, 'Most words of a body'],
});

export const TelemetryClassNumber = valuesOf(telemetryClasses);
export const Telemetry = valuesOf(telemetryTable);
