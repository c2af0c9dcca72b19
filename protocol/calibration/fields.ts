// The fields of a calibration record as a table: where each is and what may be stored in it. The reference page is made from it, and the tests try its ends.
//
// What must stay true: these are the ranges of the firmware's own check (firmware/calibration/payload.ts); hil/test/readout/record-fields.test.ts tries both.

import type { ConstantTable } from '../constants.ts';
import {
  CalChannel,
  Calibration,
  CalLine,
  CalSequencer,
  CalThermometer,
  calibrationChannelTable,
  calibrationLineTable,
  calibrationSequencerTable,
  calibrationThermometerTable,
} from './record.ts';

export interface RecordField {
  name: string;
  /** In its part, in bytes. */
  place: number;
  least: number;
  most: number;
  doc: string;
}

/** Parts that repeat: lines, channels, sequencers, thermometers. */
export interface RecordPart {
  name: string;
  /** In the payload, in bytes. */
  first: number;
  count: number;
  size: number;
  fields: readonly RecordField[];
}

type Range = readonly [least: number, most: number];
const either = (most: number): Range => [-most, most];
const upTo = (most: number): Range => [0, most];

function fieldsOf<Names extends string>(
  table: ConstantTable<Names>,
  ranges: Partial<Record<Names, Range>>,
): RecordField[] {
  return Object.entries<Range | undefined>(ranges).map(([name, range]) => {
    const [place, doc] = table.values[name as Names];
    const [least, most] = range ?? [0, 0];
    return { name, place, least, most, doc };
  });
}

const phases = upTo(CalChannel.PHASE_TURN - 1);

export const recordParts: readonly RecordPart[] = [
  {
    ...{ name: 'line', first: Calibration.LINES, count: Calibration.LINE_COUNT, size: Calibration.LINE_SIZE },
    fields: fieldsOf(calibrationLineTable, {
      OFFSET_I: either(CalLine.OFFSET_MOST),
      OFFSET_Q: either(CalLine.OFFSET_MOST),
      GAIN: either(CalLine.GAIN_MOST),
      IMBALANCE: either(CalLine.IMBALANCE_MOST),
      SKEW: either(CalLine.SKEW_MOST),
      DELAY: upTo(CalLine.DELAY_MOST),
    }),
  },
  {
    ...{ name: 'channel', first: Calibration.CHANNELS, count: Calibration.CHANNEL_COUNT },
    size: Calibration.CHANNEL_SIZE,
    fields: fieldsOf(calibrationChannelTable, {
      FLAGS: upTo(CalChannel.FLAGS_ALL),
      FREQUENCY: either(CalChannel.FREQUENCY_MOST),
      PHASE: phases,
      ROTATION_COS: either(CalChannel.ROTATION_ONE),
      ROTATION_SIN: either(CalChannel.ROTATION_ONE),
      THRESHOLD: [-(2 ** 31), 2 ** 31 - 1],
    }),
  },
  {
    ...{ name: 'sequencer', first: Calibration.SEQUENCERS, count: Calibration.SEQUENCER_COUNT },
    size: Calibration.SEQUENCER_SIZE,
    fields: fieldsOf(calibrationSequencerTable, {
      GAIN_0: either(CalSequencer.GAIN_MOST),
      GAIN_1: either(CalSequencer.GAIN_MOST),
      CROSS: either(CalSequencer.GAIN_MOST),
      OFFSET_0: either(CalSequencer.OFFSET_MOST),
      OFFSET_1: either(CalSequencer.OFFSET_MOST),
      PHASE: phases,
    }),
  },
  {
    ...{ name: 'thermometer', first: Calibration.THERMOMETERS, count: Calibration.THERMOMETER_COUNT },
    size: Calibration.THERMOMETER_SIZE,
    fields: fieldsOf(calibrationThermometerTable, { OFFSET: either(CalThermometer.OFFSET_MOST), SPARE: upTo(0) }),
  },
];
