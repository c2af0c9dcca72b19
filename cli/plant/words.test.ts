import { describe, expect, it } from 'vitest';
import { plantJson, plantText } from './words.ts';

const quiet = {
  thermometers: [{ channel: 1, microkelvin: 3_070_000, state: 0, readsMicrokelvin: 3_070_000 }],
  interlocks: { tripped: 0, trips: 0, last: undefined, value: 0 },
  power: {
    ...{ estimatedMicrowatts: 3_950, allowedMicrowatts: 150_000, shed: 0, clock: 4, dutyPercent: 100, railsGood: 3 },
    railsMillivolts: [800, 1800],
  },
  heaters: [{ heater: 1, askedMicrowatts: 13_000, measuredMicrowatts: 13_000 }],
};

describe('what a device measures', () => {
  it('is a line for each thermometer, and one for what is driven', () => {
    expect(plantText(quiet).split('\n')).toEqual([
      'plate 4k    3.070 K',
      'interlocks  none is tripped',
      'power       3.95 mW of 150 mW, duty 100 %',
      'clock       primary',
      'rails       core 800 mV, sense 1800 mV',
      'heaters     still 13.0 mW of 13.0 mW asked for',
    ]);
  });

  it('says what is wrong in words, and which page to read', () => {
    const text = plantText({
      ...quiet,
      thermometers: [{ channel: 5, microkelvin: 0, state: 2, readsMicrokelvin: 4000 }],
      interlocks: { tripped: (1 << 3) | (1 << 10), trips: 2, last: 3, value: 266_000 },
      power: { ...quiet.power, shed: 1, clock: 1, dutyPercent: 50, railsGood: 1, railsMillivolts: [800, 0] },
    });
    expect(text.split('\n').slice(0, 6)).toEqual([
      'mxc         not trusted: no current flows: a broken contact; it reads 4.00 mK',
      'interlocks  PLATE_4K_RISE has tripped: 266 mK in a few minutes. Warms faster than its load explains. Read: coldrig runbook stage-warm',
      '            BLIND has tripped. The 4 K plate cannot be measured any more. Read: coldrig runbook blind',
      'power       3.95 mW of 150 mW; shed: sequencers play half of the time, duty 50 %',
      'clock       secondary, not locked',
      'rails       core 800 mV, sense NOT GOOD (0 mV)',
    ]);
  });

  it('has names in place of numbers for a machine, and null for what is not known', () => {
    expect(plantJson({ ...quiet, interlocks: { tripped: 1 << 10, trips: 1, last: 10, value: 1 } })).toMatchObject({
      thermometers: [{ channel: 'PLATE_4K', microkelvin: 3_070_000, state: 'TRUSTED' }],
      interlocks: { tripped: [{ interlock: 'BLIND', runbook: 'docs/runbooks/blind.md' }], last: 'BLIND' },
      power: { shed: 'NOTHING' },
      clock: { reference: 'primary', locked: true },
      rails: [{ rail: 'CORE', millivolts: 800, good: true }, { rail: 'SENSE' }],
      heaters: [{ heater: 'STILL', askedMicrowatts: 13_000 }],
    });
  });
});
