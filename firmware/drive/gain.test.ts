// Gain control of lines on which nothing is measured: from what the front end shows of them at rest. hil/test/readout/gain.test.ts has the converters.

import { beforeEach, describe, expect, test } from 'vitest';
import { GuestUnit } from '../../hil/rig/guest/guest-unit.ts';
import { Reading } from '../../host/board/surroundings.ts';
import { FRONTEND } from '../../protocol/generated/registers.ts';
import { Signal } from '../../protocol/plant/places.ts';

interface Drive {
  runGain(): void;
  clippingSignals(): number;
}

let unit: GuestUnit<Drive>;
beforeEach(async () => {
  unit = await GuestUnit.of<Drive>('firmware/drive/drive.entry.ts');
});

describe.each(['CONTROL', 'READOUT_SEND', 'READOUT_RETURN'] as const)('the line %s', (name) => {
  const line = Signal[name];
  const attenuation = () => unit.peek(FRONTEND, 'ATTENUATION', line);
  const look = (times: number, peak: number) => {
    unit.setReading(Reading.PEAK + line, peak);
    for (let time = 0; time < times; time++) unit.part.runGain();
  };

  test('that clips twice in a row gets 6 dB, up to 30, and gives them back after ten quiet looks each', () => {
    look(1, 2000);
    expect([attenuation(), unit.part.clippingSignals()]).toEqual([0, 0]);
    look(1, 2000);
    expect([attenuation(), unit.part.clippingSignals()]).toEqual([6, 1 << line]);
    look(18, 2000);
    expect([attenuation(), unit.part.clippingSignals()]).toEqual([30, 1 << line]);
    look(9, 100);
    expect([attenuation(), unit.part.clippingSignals()]).toEqual([30, 0]);
    look(1, 100);
    expect(attenuation()).toBe(24);
    look(40, 100);
    expect([attenuation(), unit.events('ATTENUATED').length]).toEqual([0, 10]);
  });

  test('keeps its attenuation while its peak is between a quarter and full scale, and when it clips now and then', () => {
    look(2, 1000);
    for (let round = 0; round < 20; round++) {
      look(9, 249);
      look(1, round % 2 === 0 ? 250 : 1000);
    }
    expect([attenuation(), unit.events('ATTENUATED')]).toEqual([6, [[line, 6]]]);
  });
});
