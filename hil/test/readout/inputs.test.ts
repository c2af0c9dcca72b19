// What the firmware does with the corrections of the input lines in the calibration record: the readout measures with them, in fixed point, as the formulas
// of the record say in double precision.

import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { cases } from '../../../host/board/testing/cases.ts';
import {
  type CalibrationRecord,
  decodeCalibration,
  encodeCalibration,
  type LineCalibration,
} from '../../../host/tools/calibration-record.ts';
import { readoutState, storeCalibration } from '../../../host/tools/smp/readout.ts';
import { configureSequencer } from '../../../host/tools/smp/sequencer.ts';
import { CalChannel, Calibration, CalLine } from '../../../protocol/calibration/record.ts';
import { READOUT } from '../../../protocol/generated/registers.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { ReadoutLimit, ReadoutSetting } from '../../../protocol/readout/module.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { firmwareImage } from '../../rig/images.ts';
import { second } from '../../rig/time.ts';
import { expected, filling } from './exactly.ts';

const recordOne = 2 ** 20;

beforeAll(async () => {
  await firmwareImage('1.0.0');
});

/** As protocol/calibration/record.ts describes the fields. */
function lineOf({ offsetI, offsetQ, gain, imbalance, skew }: LineCalibration) {
  const g = 1 + gain / recordOne;
  const angle = skew / recordOne;
  return {
    ...{ offsetI: offsetI / 256, offsetQ: offsetQ / 256, ii: g, iq: 0, qi: g * Math.tan(angle) },
    qq: g / ((1 + imbalance / recordOne) * Math.cos(angle)),
  };
}

/** A window of the device's readout, over samples that are given. */
function measured({ board }: DeviceUnderTest, line: number, samples: Int32Array): [number, number] {
  const { module } = board.readout;
  module.open(8 * line, 0, samples.length / 2, ReadoutLimit.STATE_UNKNOWN);
  module.feed(line, samples.length / 2, filling(samples));
  return module.sumsOf(8 * line);
}

function expectCorrected(device: DeviceUnderTest, record: CalibrationRecord): void {
  const { frequencyQuarterHertz: frequency, phase } = record.channels[0];
  for (const [line, calibration] of record.lines.entries())
    for (const [i, q] of [
      [0, 0],
      [1900, 0],
      [0, -1900],
    ]) {
      const samples = Int32Array.from({ length: 2000 }, (_, at) => (at % 2 === 0 ? i : q));
      const window = {
        channel: 8 * line,
        frequency: line === 0 ? frequency : 0,
        phase: line === 0 ? phase : 0,
        samples,
      };
      const { sums, bound } = expected(window, lineOf(calibration));
      // An entry of the matrix is rounded to 1/65536.
      const rounding = 16 * 1000 * (1900 + 512) * 2 ** -16;
      for (const [path, sum] of measured(device, line, samples).entries())
        expect(Math.abs(sum - sums[path]), `line ${line}, ${i}, ${q}, path ${path}`).toBeLessThan(bound + rounding);
    }
}

const within = (most: number) =>
  fc.oneof({ weight: 3, arbitrary: fc.integer({ min: -most, max: most }) }, fc.constantFrom(-most, most));
const line = fc.record({
  offsetI: within(CalLine.OFFSET_MOST),
  offsetQ: within(CalLine.OFFSET_MOST),
  gain: within(CalLine.GAIN_MOST),
  imbalance: within(CalLine.IMBALANCE_MOST),
  skew: within(CalLine.SKEW_MOST),
  delayNs: fc.constant(0),
});

describe('corrections of the inputs in the record', () => {
  test('are those that the readout measures with, whatever the record may hold; so is the tone of a channel', async () => {
    const device = await DeviceUnderTest.running();
    await configureSequencer(device.client(), 0, 'INPUT', 1);
    await fc.assert(
      fc.asyncProperty(line, line, async (first, other) => {
        const record = decodeCalibration(new Uint8Array());
        record.lines = [first, other];
        const tone = { flags: CalChannel.FLAG_TONE, frequencyQuarterHertz: 4 * first.gain, phase: 1e9 };
        Object.assign(record.channels[0], tone);
        await storeCalibration(device.client(), encodeCalibration(record));
        expectCorrected(device, record);
      }),
      cases(12),
    );
    expect(device.events('CORRECTION_LIMITED')).toEqual([]);
  });

  test('are in force after a reset as soon as a sequencer listens; before that the readout is held in reset', async () => {
    const device = await DeviceUnderTest.running();
    const record = decodeCalibration(new Uint8Array());
    Object.assign(record.lines[1], { offsetI: 256 * 77, gain: recordOne / 4 });
    await storeCalibration(device.client(), encodeCalibration(record));
    device.run(2 * second);
    expect(device.board.machine.peek(READOUT, 'CONTROL')).toBe(0);
    device.reset();
    await configureSequencer(device.client(), 2, 'INPUT', 9);
    expectCorrected(device, record);
  });

  test('that the readout cannot make are refused, each with the place of its field', async () => {
    const device = await DeviceUnderTest.running();
    const beyond = [
      ['offsetI', CalLine.OFFSET_I, CalLine.OFFSET_MOST + 1],
      ['offsetQ', CalLine.OFFSET_Q, -CalLine.OFFSET_MOST - 1],
      ['gain', CalLine.GAIN, CalLine.GAIN_MOST + 1],
      ['imbalance', CalLine.IMBALANCE, -CalLine.IMBALANCE_MOST - 1],
      ['skew', CalLine.SKEW, CalLine.SKEW_MOST + 1],
    ] as const;
    for (const [field, place, value] of beyond) {
      const record = decodeCalibration(new Uint8Array());
      record.lines[1][field] = value;
      await expect(storeCalibration(device.client(), encodeCalibration(record))).rejects.toThrow('out of its range');
      const { refusedPlace } = await readoutState(device.client());
      expect(refusedPlace, field).toBe(Calibration.LINES + Calibration.LINE_SIZE + place);
    }
  });

  test('that older firmware stored are applied as far as the readout can, and it is told', async () => {
    const device = await DeviceUnderTest.running();
    const record = decodeCalibration(new Uint8Array());
    Object.assign(record.lines[0], { offsetI: 256 * 2000, gain: recordOne / 2, imbalance: -recordOne / 2 });
    device.board.machine.flash.writeBytes(MemoryMap.CALIBRATION_0, placeOf(encodeCalibration(record)));
    device.reset();
    await configureSequencer(device.client(), 0, 'INPUT', 1);
    const { OFFSET_I, MATRIX_QQ } = ReadoutSetting;
    const told = device.events('CORRECTION_LIMITED').map(({ argument0, argument1 }) => [argument0, argument1]);
    expect(told).toEqual([
      [0, OFFSET_I],
      [0, MATRIX_QQ],
    ]);
    const samples = new Int32Array(2000).fill(1000);
    const scale = 16 * 1000;
    expect(measured(device, 0, samples)).toEqual([scale * 1.5 * (1000 - 512), scale * 2 * 1000]);
  });
});

/** A record as it lies in flash. */
function placeOf(payload: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(Calibration.PAYLOAD + payload.length);
  bytes.writeUInt32LE(Calibration.MAGIC_VALUE, Calibration.MAGIC);
  bytes.writeUInt32LE(Calibration.VERSION_VALUE, Calibration.VERSION);
  bytes.writeUInt32LE(payload.length, Calibration.LENGTH);
  bytes.writeUInt32LE(1, Calibration.SEQUENCE);
  bytes.writeUInt32LE(crc32(payload), Calibration.CRC);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, Calibration.HEAD_CRC)), Calibration.HEAD_CRC);
  bytes.set(payload, Calibration.PAYLOAD);
  return new Uint8Array(bytes);
}
