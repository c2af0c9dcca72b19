import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cases } from '../../board/testing/cases.ts';
import { openFridge } from '../../tools/open-fridge.ts';
import { Cryostat, type CryostatOptions, SensorFault } from './cryostat.ts';
import { readingKelvin } from './sensors.ts';

const fridge = openFridge('uts');
const second = 1_000_000_000;
const hour = 3600 * second;
const quiet = (more: CryostatOptions = {}) => new Cryostat(fridge, { drift: false, ...more });
const bitsOf = (cryostat: Cryostat) => Buffer.from(cryostat.snapshot().buffer).toString('hex');

describe('a cryostat at its base', () => {
  test('stays there when nothing happens', () => {
    const cryostat = quiet();
    const before = cryostat.stages.map((stage) => cryostat.temperatureKelvin(stage));
    cryostat.advanceTo(24 * hour);
    const after = cryostat.stages.map((stage) => cryostat.temperatureKelvin(stage));
    for (const [i, kelvin] of after.entries()) expect(kelvin / before[i]).toBeCloseTo(1, 6);
  });

  test('feels 100 mW at 4K within seconds, and at the 50 K plate within an hour', () => {
    const cryostat = quiet();
    const [four, fifty] = [cryostat.temperatureKelvin('4K'), cryostat.temperatureKelvin('50K')];
    cryostat.setHeat('controller', '4K', 0.1);
    cryostat.advanceTo(1 * second);
    expect(cryostat.temperatureKelvin('4K') - four).toBeGreaterThan(0.08);
    cryostat.advanceTo(10 * second);
    expect(cryostat.temperatureKelvin('4K') - four).toBeGreaterThan(0.17);
    expect(cryostat.temperatureKelvin('50K') - fifty).toBeLessThan(0.01);
    cryostat.advanceTo(2 * hour);
    expect(cryostat.temperatureKelvin('50K') - fifty).toBeGreaterThan(0.05);
    expect(cryostat.loadWatts('4K')).toBeLessThan(cryostat.capacityWatts('4K'));
  });

  test('comes back when the heat is gone', () => {
    const cryostat = quiet();
    const before = cryostat.temperatureKelvin('4K');
    cryostat.setHeat('fault', '4K', 0.5);
    cryostat.advanceTo(600 * second);
    expect(cryostat.temperatureKelvin('4K') - before).toBeGreaterThan(0.7);
    cryostat.setHeat('fault', '4K', 0);
    cryostat.advanceTo(4 * hour);
    expect(cryostat.temperatureKelvin('4K')).toBeCloseTo(before, 3);
  });

  test('survives 40 W on 4K: the mixture is lost, then comes back by itself', () => {
    const cryostat = quiet();
    cryostat.setHeat('fault', '4K', 40);
    cryostat.advanceTo(hour);
    expect(cryostat.temperatureKelvin('4K')).toBeGreaterThan(20);
    expect(cryostat.condensedShare).toBeLessThan(0.1);
    cryostat.setHeat('fault', '4K', 0);
    cryostat.advanceTo(24 * hour);
    expect(cryostat.temperatureKelvin('MXC')).toBeLessThan(0.01);
  });

  test('wanders as much as the measured one, when told to', () => {
    const cryostat = new Cryostat(fridge, { seed: 3 });
    const seen = Array.from({ length: 24 * 14 }, (_, i) => {
      cryostat.advanceTo(i * hour);
      return cryostat.stages.map((stage) => cryostat.temperatureKelvin(stage));
    });
    const deviation = (stage: number) => {
      const values = seen.map((row) => row[stage]);
      const mean = values.reduce((a, b) => a + b) / values.length;
      return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    };
    // Standard deviations over the campaign: 0.35-0.5 K, 3-8 mK, 1.3-2 mK, 0.04-0.11 mK; a factor of two for two weeks' luck.
    const seenOnce = [0.42, 6e-3, 1.7e-3, 0.08e-3];
    for (const [stage, kelvin] of seenOnce.entries()) {
      expect(deviation(stage)).toBeGreaterThan(kelvin / 2);
      expect(deviation(stage)).toBeLessThan(kelvin * 2);
    }
  });
});

describe('what no fridge can stand', () => {
  const cases: [string, (cryostat: Cryostat) => void][] = [
    ['no heat on the still', (cryostat) => cryostat.setHeat('heater', 'Still', 0)],
    ['1 W on the still', (cryostat) => cryostat.setHeat('fault', 'Still', 1)],
    ['1 W on the mixing chamber', (cryostat) => cryostat.setHeat('fault', 'MXC', 1)],
    ['1 kW on 4K', (cryostat) => cryostat.setHeat('fault', '4K', 1000)],
    ['1 kW on 50K', (cryostat) => cryostat.setHeat('fault', '50K', 1000)],
    ['no cooling and 10 W on everything', (cryostat) => {
      cryostat.setPulseTube(false);
      for (const stage of cryostat.stages) cryostat.setHeat('fault', stage, 10);
    }], // biome-ignore format: one case
  ];
  for (const [what, happens] of cases) {
    test(`${what} neither stops time nor breaks temperatures, and is got over`, () => {
      const cryostat = quiet();
      happens(cryostat);
      cryostat.advanceTo(48 * hour);
      for (const stage of cryostat.stages) {
        expect(cryostat.temperatureKelvin(stage), stage).toBeGreaterThan(1e-4);
        expect(cryostat.temperatureKelvin(stage), stage).toBeLessThan(510);
      }
      for (const stage of cryostat.stages) cryostat.setHeat('fault', stage, 0);
      cryostat.setHeat('heater', 'Still', 0.01);
      cryostat.setPulseTube(true);
      cryostat.advanceTo(120 * hour);
      expect(cryostat.temperatureKelvin('4K')).toBeCloseTo(quiet().temperatureKelvin('4K'), 2);
    });
  }
});

describe('a cooldown', () => {
  test('from room temperature is at base within a day, and counts as a thermal cycle', () => {
    const cryostat = quiet({ start: 'warm' });
    expect(cryostat.temperatureKelvin('MXC')).toBe(300);
    cryostat.advanceTo(24 * hour);
    expect(cryostat.temperatureKelvin('4K')).toBeLessThan(3.2);
    expect(cryostat.temperatureKelvin('MXC')).toBeLessThan(0.01);
    expect(cryostat.thermalCycles).toBe(1);
    const base = quiet();
    for (const stage of cryostat.stages) {
      expect(cryostat.temperatureKelvin(stage) / base.temperatureKelvin(stage)).toBeCloseTo(1, 2);
    }
  });

  test('undone by switching everything off ends near room temperature, and the next one counts again', () => {
    const cryostat = quiet();
    cryostat.setPulseTube(false);
    cryostat.setCirculation(false);
    cryostat.advanceTo(20 * 24 * hour);
    expect(cryostat.temperatureKelvin('4K')).toBeGreaterThan(260);
    expect(cryostat.temperatureKelvin('MXC')).toBeGreaterThan(250);
    cryostat.setPulseTube(true);
    cryostat.setCirculation(true);
    cryostat.advanceTo(22 * 24 * hour);
    expect(cryostat.temperatureKelvin('MXC')).toBeLessThan(0.01);
    expect(cryostat.thermalCycles).toBe(1);
  });
});

describe('a run is a function of its inputs', () => {
  const heats = fc.record({
    atMs: fc.integer({ min: 1, max: 200_000 }),
    stage: fc.constantFrom(...fridge.stages.map(({ name }) => name)),
    share: fc.double({ min: 0, max: 2, noNaN: true }),
  });
  const scale = { '50K': 5, '4K': 0.2, Still: 0.02, CP: 2e-4, MXC: 2e-5 };
  const inputs = fc.array(heats, { maxLength: 8 }).map((list) => [...list].sort((a, b) => a.atMs - b.atMs));
  const looks = fc
    .array(fc.integer({ min: 1, max: 250_000 }), { maxLength: 20 })
    .map((list) => list.sort((a, b) => a - b));
  const end = 260 * second;

  function run(list: { atMs: number; stage: keyof typeof scale; share: number }[], looking: number[]): string {
    const cryostat = new Cryostat(fridge, { seed: 9 });
    const lookUntil = (ms: number) => {
      while (looking.length > 0 && looking[0] <= ms) {
        cryostat.advanceTo((looking.shift() as number) * 1_000_000);
        for (const stage of cryostat.stages) cryostat.temperatureKelvin(stage);
        for (const channel of cryostat.sensors.keys()) cryostat.reading(channel);
        cryostat.capacityWatts('4K');
      }
    };
    for (const { atMs, stage, share } of list) {
      lookUntil(atMs);
      cryostat.advanceTo(atMs * 1_000_000);
      cryostat.setHeat('controller', stage, share * scale[stage]);
    }
    lookUntil(Number.MAX_SAFE_INTEGER);
    cryostat.advanceTo(end);
    return bitsOf(cryostat);
  }

  test('whoever looks, and however often, changes not one bit', () => {
    fc.assert(
      fc.property(inputs, looks, (list, looking) => {
        expect(run(list, [...looking])).toBe(run(list, []));
      }),
      cases(60),
    );
  });

  test('a fork goes the way the original goes', () => {
    const one = new Cryostat(fridge, { seed: 2 });
    one.setHeat('controller', '4K', 0.03);
    one.advanceTo(1234 * second + 567);
    const other = new Cryostat(fridge, { seed: 2 });
    other.restore(one.snapshot());
    for (const cryostat of [one, other]) {
      cryostat.advanceTo(2000 * second);
      cryostat.setHeat('fault', 'Still', 0.01);
      cryostat.advanceTo(hour);
    }
    expect(bitsOf(other)).toBe(bitsOf(one));
    expect(other.sensors.map((_, i) => other.reading(i))).toEqual(one.sensors.map((_, i) => one.reading(i)));
  });

  test('ends in the bits that are written down here, on every engine', () => {
    const cryostat = new Cryostat(fridge, { seed: 5, start: 'warm' });
    cryostat.advanceTo(17 * hour);
    cryostat.setHeat('controller', '4K', 0.05);
    cryostat.advanceTo(20 * hour + 1);
    const words = new BigUint64Array(Float64Array.from(cryostat.stages, (s) => cryostat.temperatureKelvin(s)).buffer);
    expect([...words].map((word) => word.toString(16))).toMatchInlineSnapshot(`
      [
        "4044929487171495",
        "400937e908abd8d1",
        "3feef0075c3f301a",
        "3fb1a1f992504bc4",
        "3f69f160a7c62520",
      ]
    `);
  });

  test('its state can live in memory somebody lends', () => {
    const lent = new Float64Array(2000);
    const cryostat = new Cryostat(fridge, { memory: (length) => lent.subarray(0, length) });
    cryostat.advanceTo(second);
    expect(lent.slice(0, cryostat.state.length)).toEqual(cryostat.snapshot());
    // Put back behind its back, as a board's snapshot does it, heat and all.
    const before = lent.slice();
    cryostat.setHeat('fault', '4K', 1);
    cryostat.advanceTo(5 * second);
    lent.set(before);
    cryostat.advanceTo(5 * second);
    const undisturbed = new Cryostat(fridge);
    undisturbed.advanceTo(second);
    undisturbed.advanceTo(5 * second);
    expect(bitsOf(cryostat)).toBe(bitsOf(undisturbed));
  });

  test('time goes forward, in whole nanoseconds', () => {
    const cryostat = quiet();
    cryostat.advanceTo(10);
    expect(() => cryostat.advanceTo(9)).toThrow(/not a whole number at or after its present, 10 ns/);
    expect(() => cryostat.advanceTo(10.5)).toThrow(/not a whole number/);
  });
});

describe('a thermometer in it', () => {
  test('shows the temperature of its stage, within noise and self-heating', () => {
    const cryostat = quiet();
    for (const [channel, { type, stage, name }] of cryostat.sensors.entries()) {
      const shown = readingKelvin(type, cryostat.reading(channel));
      const kelvin = cryostat.temperatureKelvin(stage);
      expect(Math.abs(shown - kelvin), name).toBeLessThan(0.006 + kelvin * 3e-3);
    }
  });

  test('shows an end of the scale when it is open, shorted or dead, and stays put when stuck', () => {
    const cryostat = quiet();
    const channel = cryostat.sensors.findIndex(({ name }) => name === '4K plate');
    const { type } = cryostat.sensors[channel];
    const show = (fault: SensorFault) => {
      cryostat.setSensorFault(channel, fault);
      return cryostat.reading(channel);
    };
    expect(show(SensorFault.OPEN)).toBe(0xffff_ffff);
    expect(show(SensorFault.SHORT)).toBe(0);
    expect(readingKelvin(type, show(SensorFault.ZERO_KELVIN))).toBe(0);
    cryostat.setSensorFault(channel, SensorFault.NONE);
    const stuck = cryostat.reading(channel);
    cryostat.setSensorFault(channel, SensorFault.STUCK);
    cryostat.setHeat('fault', '4K', 1);
    cryostat.advanceTo(60 * second);
    expect(cryostat.reading(channel)).toBe(stuck);
  });

  test('that lost its calibration is wrong by as much as it was told', () => {
    const cryostat = quiet();
    const channel = cryostat.sensors.findIndex(({ name }) => name === '4K plate');
    const { type } = cryostat.sensors[channel];
    const before = readingKelvin(type, cryostat.reading(channel));
    cryostat.setSensorOffset(channel, 0.05);
    expect(readingKelvin(type, cryostat.reading(channel)) - before).toBeCloseTo(0.05, 2);
  });
});

describe('errors', () => {
  test('name the stages there are', () => {
    const stand = new Cryostat(openFridge('stand'));
    expect(stand.stages).toEqual(['50K', '4K']);
    expect(() => stand.setHeat('heater', 'MXC', 1e-6)).toThrow('stand has no stage MXC; it has 50K, 4K');
    expect(() => stand.setHeat('heater', '4K', Number.NaN)).toThrow(/expected a number/);
    expect(() => stand.reading(99)).toThrow(/no sensor 99/);
    expect(() => stand.restore(new Float64Array(3))).toThrow(/does not fit/);
  });
});
