// Every field of every part of the calibration record: both ends of its range are stored, and what lies beyond is refused with the place of the field.

import { beforeAll, expect, test } from 'vitest';
import { decodeCalibration, encodeCalibration } from '../../../host/tools/calibration-record.ts';
import { readCalibration, readoutState, storeCalibration } from '../../../host/tools/smp/readout.ts';
import { recordParts } from '../../../protocol/calibration/fields.ts';
import { Calibration } from '../../../protocol/calibration/record.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { firmwareImage } from '../../rig/images.ts';

beforeAll(async () => {
  await firmwareImage('1.0.0');
});

test('the fields of the table are all that a payload has', () => {
  const places = recordParts.flatMap(({ first, count, size, fields }) =>
    Array.from({ length: count }, (_, n) => fields.map(({ place }) => first + n * size + place)).flat(),
  );
  expect(places.sort((a, b) => a - b)).toEqual(Array.from({ length: Calibration.PAYLOAD_SIZE / 4 }, (_, n) => 4 * n));
});

test.each(recordParts.flatMap((part) => part.fields.map((field) => [part.name, field.name, part, field] as const)))(
  'of a %s: %s',
  async (_part, _field, { first, count, size }, { place, least, most }) => {
    const device = await DeviceUnderTest.running();
    const client = device.client();
    const at = first + (count - 1) * size + place;
    const payload = (value: number) => {
      const bytes = encodeCalibration(decodeCalibration(new Uint8Array()));
      new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, value >>> 0, true);
      return bytes;
    };
    for (const value of [least, most]) {
      await storeCalibration(client, payload(value));
      expect((await readCalibration(client)).payload).toEqual(payload(value));
    }
    const { sequence } = await readCalibration(client);
    // A number of 32 bits has no place for what lies beyond its own ends.
    for (const value of [least - 1, most + 1].filter((each) => each >= -(2 ** 31) && each < 2 ** 32)) {
      if (least === -(2 ** 31)) continue;
      await expect(storeCalibration(client, payload(value))).rejects.toMatchObject({ name: 'FIELD' });
      expect((await readoutState(client)).refusedPlace).toBe(at);
    }
    expect((await readCalibration(client)).sequence).toBe(sequence);
  },
);
