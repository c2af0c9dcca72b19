// The calibration record for programs: its payload as an object, and back; and the record in force, read from flash itself.
// protocol/calibration/record.ts has the layout; the rule is that of the firmware: the newest record that holds counts.
//
// What must stay true: encode(decode(payload)) is the payload. A payload of other code is completed with zeros, and what follows the fields known here
// is kept as it is.

import { crc32 } from 'node:zlib';
import { CalChannel, Calibration, CalLine, CalSequencer, CalThermometer } from '../../protocol/calibration/record.ts';

/** Corrections of a converter line; the integers of the record. */
export interface LineCalibration {
  /** 1/256 of a converter step. */
  offsetI: number;
  offsetQ: number;
  /** 1/2^20, beside 1. */
  gain: number;
  imbalance: number;
  /** 1/2^20 rad. */
  skew: number;
  delayNs: number;
}

export interface ChannelCalibration {
  /** CalChannel.FLAG_*. */
  flags: number;
  frequencyQuarterHertz: number;
  /** Turns / 4e9. */
  phase: number;
  /** 1/2^30. */
  rotationCos: number;
  rotationSin: number;
  /** Full scale times ns. */
  threshold: number;
}

export interface SequencerCalibration {
  /** 1/2^20, beside 1. */
  gain0: number;
  gain1: number;
  /** 1/2^20: of path 1, added to path 0. */
  cross: number;
  offset0: number;
  offset1: number;
  /** Turns / 4e9. */
  phase: number;
}

export interface CalibrationRecord {
  lines: LineCalibration[];
  channels: ChannelCalibration[];
  sequencers: SequencerCalibration[];
  /** Microkelvin added to the temperature of each thermometer. */
  thermometerOffsets: number[];
  /** What later code has put behind the fields known here. */
  rest: Uint8Array;
}

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** An empty payload gives the record that corrects nothing. */
export function decodeCalibration(payload: Uint8Array): CalibrationRecord {
  const bytes = Buffer.alloc(Math.max(payload.length, Calibration.PAYLOAD_SIZE));
  bytes.set(payload);
  const entries = <T>(count: number, first: number, size: number, fields: Record<keyof T, number>): T[] =>
    times(count, (index) => {
      const read = (name: string) => {
        const place = first + index * size + fields[name as keyof T];
        return [name, unsigned.has(name) ? bytes.readUInt32LE(place) : bytes.readInt32LE(place)];
      };
      return Object.fromEntries(Object.keys(fields).map(read)) as T;
    });
  return {
    lines: entries(Calibration.LINE_COUNT, Calibration.LINES, Calibration.LINE_SIZE, lineFields),
    channels: entries(Calibration.CHANNEL_COUNT, Calibration.CHANNELS, Calibration.CHANNEL_SIZE, channelFields),
    sequencers: entries(
      ...([Calibration.SEQUENCER_COUNT, Calibration.SEQUENCERS, Calibration.SEQUENCER_SIZE] as const),
      sequencerFields,
    ),
    thermometerOffsets: times(Calibration.THERMOMETER_COUNT, (index) =>
      bytes.readInt32LE(Calibration.THERMOMETERS + index * Calibration.THERMOMETER_SIZE + CalThermometer.OFFSET),
    ),
    rest: new Uint8Array(bytes.subarray(Calibration.PAYLOAD_SIZE)),
  };
}

/** Where each field stands in its entry. */
const lineFields: Record<keyof LineCalibration, number> = {
  offsetI: CalLine.OFFSET_I,
  offsetQ: CalLine.OFFSET_Q,
  gain: CalLine.GAIN,
  imbalance: CalLine.IMBALANCE,
  skew: CalLine.SKEW,
  delayNs: CalLine.DELAY,
};
const channelFields: Record<keyof ChannelCalibration, number> = {
  flags: CalChannel.FLAGS,
  frequencyQuarterHertz: CalChannel.FREQUENCY,
  phase: CalChannel.PHASE,
  rotationCos: CalChannel.ROTATION_COS,
  rotationSin: CalChannel.ROTATION_SIN,
  threshold: CalChannel.THRESHOLD,
};
const sequencerFields: Record<keyof SequencerCalibration, number> = {
  gain0: CalSequencer.GAIN_0,
  gain1: CalSequencer.GAIN_1,
  cross: CalSequencer.CROSS,
  offset0: CalSequencer.OFFSET_0,
  offset1: CalSequencer.OFFSET_1,
  phase: CalSequencer.PHASE,
};
/** Fields without a sign. */
const unsigned = new Set(['flags', 'phase']);

/** The payload of a record. Throws a RangeError that names the field where a number is none of 32 bits. */
export function encodeCalibration(record: CalibrationRecord): Uint8Array {
  const bytes = Buffer.alloc(Calibration.PAYLOAD_SIZE + record.rest.length);
  const put = (place: number, value: number, what: string) => {
    if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 32)
      throw new RangeError(`calibration record: ${what} is ${value}; it must be an integer of 32 bits`);
    bytes.writeInt32LE(value | 0, place);
  };
  const putAll = <T>(first: number, size: number, what: string, fields: Record<keyof T, number>, entries: T[]) => {
    for (const [index, entry] of entries.entries())
      for (const name of Object.keys(fields) as (keyof T & string)[])
        put(first + index * size + fields[name], entry[name] as number, `${name} of ${what} ${index}`);
  };
  putAll(Calibration.LINES, Calibration.LINE_SIZE, 'line', lineFields, record.lines);
  putAll(Calibration.CHANNELS, Calibration.CHANNEL_SIZE, 'channel', channelFields, record.channels);
  putAll(Calibration.SEQUENCERS, Calibration.SEQUENCER_SIZE, 'sequencer', sequencerFields, record.sequencers);
  for (const [index, offset] of record.thermometerOffsets.entries())
    put(Calibration.THERMOMETERS + index * Calibration.THERMOMETER_SIZE, offset, `offset of thermometer ${index}`);
  bytes.set(record.rest, Calibration.PAYLOAD_SIZE);
  return new Uint8Array(bytes);
}

export interface RecordInFlash {
  sequence: number;
  payload: Uint8Array;
  /** CRC-32 of the payload. */
  crc: number;
}

/** The record that both calibration sectors hold, one behind the other; undefined where there is none. */
export function recordInFlash(sectors: Uint8Array): RecordInFlash | undefined {
  let newest: RecordInFlash | undefined;
  for (let at = 0; at + Calibration.PLACE_SIZE <= sectors.length; at += Calibration.PLACE_SIZE) {
    const record = recordIn(Buffer.from(sectors.subarray(at, at + Calibration.PLACE_SIZE)));
    if (record && (newest === undefined || record.sequence >= newest.sequence)) newest = record;
  }
  return newest;
}

function recordIn(place: Buffer): RecordInFlash | undefined {
  const length = place.readUInt32LE(Calibration.LENGTH);
  if (place.readUInt32LE(Calibration.MAGIC) !== Calibration.MAGIC_VALUE) return undefined;
  if (length === 0 || length > Calibration.PAYLOAD_MAX || length % 8 !== 0) return undefined;
  const payload = new Uint8Array(place.subarray(Calibration.PAYLOAD, Calibration.PAYLOAD + length));
  const crc = place.readUInt32LE(Calibration.CRC);
  const headCrc = crc32(place.subarray(0, Calibration.HEAD_CRC));
  if (crc !== crc32(payload) || place.readUInt32LE(Calibration.HEAD_CRC) !== headCrc) return undefined;
  return { sequence: place.readUInt32LE(Calibration.SEQUENCE), payload, crc };
}
