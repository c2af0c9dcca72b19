// The calibration record as a client meets it on a running device: stored over SMP, in force after resets, loss of power and updates.

import { beforeAll, describe, expect, test } from 'vitest';
import { LogKind } from '../../../host/board/log.ts';
import {
  type CalibrationRecord,
  decodeCalibration,
  encodeCalibration,
  recordInFlash,
} from '../../../host/tools/calibration-record.ts';
import { readCalibration, readoutState, storeCalibration } from '../../../host/tools/smp/readout.ts';
import { Calibration, CalLine } from '../../../protocol/calibration/record.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { firmwareImage } from '../../rig/images.ts';

/** A record whose every number says which record it is. */
function record(number: number): CalibrationRecord {
  const made = decodeCalibration(new Uint8Array());
  for (const line of made.lines)
    Object.assign(line, { offsetI: number, offsetQ: -number, gain: 1000 + number, delayNs: 200 });
  for (const [index, channel] of made.channels.entries())
    Object.assign(channel, { flags: 3, frequencyQuarterHertz: -4e8 + index * 1e6 + number, threshold: -number });
  for (const sequencer of made.sequencers) Object.assign(sequencer, { gain0: -number, phase: 3_999_999_999 });
  made.thermometerOffsets[1] = -number;
  return made;
}
beforeAll(async () => {
  await firmwareImage('1.0.0');
});

const payload = (number: number) => encodeCalibration(record(number));

function inFlash(device: DeviceUnderTest) {
  const sectors = new Uint8Array(2 * MemoryMap.SECTOR_SIZE);
  device.board.machine.flash.readBytes(MemoryMap.CALIBRATION_0, sectors);
  return recordInFlash(sectors);
}
const flashOperations = (device: DeviceUnderTest) =>
  device.log.filter(({ kind }) => kind === LogKind.FLASH_DONE).length;

describe('a calibration record', () => {
  test('is decoded and encoded without a loss, what later code has added included', () => {
    const bytes = Uint8Array.from([...payload(7), 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(encodeCalibration(decodeCalibration(bytes))).toEqual(bytes);
    expect(encodeCalibration(decodeCalibration(new Uint8Array()))).toEqual(new Uint8Array(Calibration.PAYLOAD_SIZE));
    const wrong = record(1);
    wrong.channels[3].threshold = 0.5;
    expect(() => encodeCalibration(wrong)).toThrow('threshold of channel 3 is 0.5');
  });

  test('is in force and in flash when its store is answered, and after a reset, a loss of power and an update', async () => {
    const device = await DeviceUnderTest.running();
    expect(await readCalibration(device.client())).toEqual({ sequence: 0, payload: new Uint8Array() });
    await storeCalibration(device.client(), payload(1));
    const stored = { sequence: 1, payload: payload(1) };
    expect(inFlash(device)).toMatchObject(stored);
    const told = device.events('CALIBRATION').map(({ argument0, argument1 }) => [argument0, argument1]);
    expect(told).toEqual([[inFlash(device)?.crc, 1]]);
    for (const restart of [() => device.reset(), () => device.powerCycle()]) {
      restart();
      expect(await readCalibration(device.client())).toEqual(stored);
    }
    await device.testImage(await device.upload(await firmwareImage('1.1.0')));
    expect(await readCalibration(device.client())).toEqual(stored);
    expect(device.statistics('faults').count).toBe(0);
  });

  test('costs three program operations, and an erase with every fourth', async () => {
    const device = await DeviceUnderTest.running();
    const costs: number[] = [];
    for (let number = 1; number <= 13; number++) {
      const before = flashOperations(device);
      await storeCalibration(device.client(), payload(number));
      costs.push(flashOperations(device) - before);
      expect(inFlash(device)).toMatchObject({ sequence: number, payload: payload(number) });
    }
    expect(costs).toEqual([3, 3, 3, 3, 4, 3, 3, 3, 4, 3, 3, 3, 4]);
  });

  test('is not stored again when its store is asked for again', async () => {
    const device = await DeviceUnderTest.running();
    await storeCalibration(device.client(), payload(1), 0);
    const before = flashOperations(device);
    await storeCalibration(device.client(), payload(1), 0);
    expect(flashOperations(device)).toBe(before);
    expect(await readCalibration(device.client())).toMatchObject({ sequence: 1 });
  });

  test('that is refused leaves the one in force as it was, and says why', async () => {
    const device = await DeviceUnderTest.running();
    await storeCalibration(device.client(), payload(1));
    await expect(storeCalibration(device.client(), payload(2), 0)).rejects.toThrow('Another record came into force');
    const wrong = record(2);
    wrong.lines[1].skew = CalLine.SKEW_MOST + 1;
    await expect(storeCalibration(device.client(), encodeCalibration(wrong))).rejects.toThrow('out of its range');
    const { refusedPlace } = await readoutState(device.client());
    expect(refusedPlace).toBe(Calibration.LINES + Calibration.LINE_SIZE + CalLine.SKEW);
    await expect(storeCalibration(device.client(), new Uint8Array(Calibration.PAYLOAD_MAX + 8))).rejects.toThrow(
      'room',
    );
    expect(await readCalibration(device.client())).toEqual({ sequence: 1, payload: payload(1) });
  });

  test('that has rotted gives way to the one before it', async () => {
    const device = await DeviceUnderTest.running();
    for (const number of [1, 2]) await storeCalibration(device.client(), payload(number));
    const at = MemoryMap.CALIBRATION_0 + Calibration.PLACE_SIZE + Calibration.PAYLOAD + 100;
    const byte = new Uint8Array(1);
    device.board.machine.flash.readBytes(at, byte);
    device.board.machine.flash.writeBytes(at, Uint8Array.of(byte[0] ^ 4));
    device.reset();
    expect(await readCalibration(device.client())).toEqual({ sequence: 1, payload: payload(1) });
    // The next one goes behind the rotten one, and is newer than it.
    await storeCalibration(device.client(), payload(3));
    expect(await readCalibration(device.client())).toEqual({ sequence: 3, payload: payload(3) });
  });
});
