import { describe, expect, test } from 'vitest';
import { openFridge } from '../../tools/open-fridge.ts';
import { jitterFemtoseconds } from './clock-source.ts';
import { ConnectorFault, Cryostat, RailFault } from './cryostat.ts';

const fridge = openFridge('uts');
const millisecond = 1_000_000;
const second = 1_000_000_000;
const hour = 3600 * second;
const cold = () => new Cryostat(fridge, { drift: false });
const warm = () => new Cryostat(fridge, { drift: false, start: 'warm' });
const core = 0;
const nominal = fridge.rails[core].nominalVolts * 1e6;

function powered(cryostat: Cryostat): Cryostat {
  cryostat.setRailEnabled(core, true);
  cryostat.setRailLoad(core, 0.01);
  cryostat.advanceTo(cryostat.timeNs + 10 * millisecond);
  return cryostat;
}

/** Deepest point of the rail in the 20 µs after a step of load, in microvolts below what it was. */
function dip(cryostat: Cryostat): number {
  const before = cryostat.railMicrovolts(core);
  cryostat.setRailLoad(core, 0.4);
  let least = before;
  for (let i = 0; i < 200; i++) {
    cryostat.advanceTo(cryostat.timeNs + 100);
    least = Math.min(least, cryostat.railMicrovolts(core));
  }
  return before - least;
}

describe('a rail', () => {
  test('comes up when it is switched on, and dies away when it is switched off', () => {
    const cryostat = cold();
    expect(cryostat.railMicrovolts(core)).toBe(0);
    cryostat.setRailEnabled(core, true);
    cryostat.advanceTo(20_000);
    expect(cryostat.railMicrovolts(core)).toBeLessThan(nominal * 0.5);
    cryostat.advanceTo(5 * millisecond);
    expect(cryostat.railMicrovolts(core) / nominal).toBeCloseTo(1, 3);
    cryostat.setRailEnabled(core, false);
    cryostat.advanceTo(50 * millisecond);
    expect(cryostat.railMicrovolts(core)).toBeLessThan(1000);
  });

  test('dips twenty times as deep at 4 K as at 300 K under the same step of load, for its ceramics have lost as much', () => {
    const [atFour, atRoom] = [dip(powered(cold())), dip(powered(warm()))];
    const { capacitanceFarads, responseNs } = fridge.rails[core];
    // I t / C until the regulator answers, a hair more for its output resistance.
    const expected = ((0.39 * responseNs) / 1e9 / capacitanceFarads) * 1e6;
    expect(atRoom / expected).toBeGreaterThan(0.9);
    expect(atRoom / expected).toBeLessThan(1.5);
    expect(atFour / expected).toBeGreaterThan(15);
    expect(atFour / expected).toBeLessThan(22);
  });

  test('fails as it is told: dead, too high, sagging; and comes back', () => {
    const cryostat = powered(cold());
    const settle = (fault: RailFault) => {
      cryostat.setRailFault(core, fault);
      cryostat.advanceTo(cryostat.timeNs + 50 * millisecond);
      return cryostat.railMicrovolts(core) / nominal;
    };
    expect(settle(RailFault.HIGH)).toBeCloseTo(1.25, 2);
    expect(settle(RailFault.SAG)).toBeCloseTo(0.82, 2);
    expect(settle(RailFault.DEAD)).toBeCloseTo(0, 3);
    expect(settle(RailFault.NONE)).toBeCloseTo(1, 2);
  });

  test('carries a surge on top, which halves in its length, and a brown-out for as long as it lasts', () => {
    const cryostat = powered(cold());
    const before = cryostat.railMicrovolts(core);
    cryostat.surge({ rail: core, volts: 2, durationNs: 50_000 });
    const begin = cryostat.timeNs;
    cryostat.advanceTo(begin + 50_000);
    expect((cryostat.railMicrovolts(core) - before) / 1e6).toBeCloseTo(1, 2);
    cryostat.advanceTo(begin + 100_000);
    expect((cryostat.railMicrovolts(core) - before) / 1e6).toBeCloseTo(0.5, 2);
    cryostat.advanceTo(begin + millisecond);
    cryostat.surge({ rail: core, volts: -0.5, durationNs: 20 * millisecond });
    cryostat.advanceTo(cryostat.timeNs + 10 * millisecond);
    expect(cryostat.railMicrovolts(core)).toBe(nominal - 500_000);
    cryostat.advanceTo(cryostat.timeNs + 11 * millisecond);
    expect(cryostat.railMicrovolts(core)).toBe(before);
  });
});

describe('the clock', () => {
  test('jitters least around 150 K: more at room temperature, and more again at 4 K', () => {
    const course = [300, 220, 150, 77, 11, 4].map(jitterFemtoseconds);
    expect(Math.min(...course)).toBe(course[2]);
    expect(course[0]).toBeGreaterThan(course[1]);
    expect(course[5]).toBeGreaterThan(course[3]);
    const read = cold().clock();
    expect(read).toMatchObject({ selected: 0, present: [true, true], locked: true, errorPpb: 0 });
    expect(read.jitterFemtoseconds).toBe(Math.round(jitterFemtoseconds(cold().temperatureKelvin('4K'))));
  });

  test('unlocks when its reference goes, drifts away, and locks again on the other one', () => {
    const cryostat = cold();
    cryostat.advanceTo(second);
    cryostat.setReference(0, { present: false });
    expect(cryostat.clock()).toMatchObject({ present: [false, true], locked: false });
    const quiet = cold().clock().jitterFemtoseconds;
    expect(cryostat.clock().jitterFemtoseconds).toBeGreaterThan(10 * quiet);
    cryostat.advanceTo(5 * second);
    expect(cryostat.clock().errorPpb).toBe(100);
    cryostat.selectReference(1);
    expect(cryostat.clock().locked).toBe(false);
    cryostat.advanceTo(5 * second + 200_000);
    expect(cryostat.clock()).toMatchObject({ selected: 1, locked: true, errorPpb: 120 });
  });

  test('follows a reference that drifts', () => {
    const cryostat = cold();
    cryostat.setReference(0, { driftPpbPerHour: 1000 });
    cryostat.advanceTo(hour / 2);
    expect(cryostat.clock()).toMatchObject({ locked: true, errorPpb: 500 });
    expect(() => cryostat.setReference(2 as 0, {})).toThrow(/no clock reference 2/);
  });
});

describe('a connector', () => {
  test('loses a little more with every mating and every thermal cycle', () => {
    const cryostat = cold();
    const fresh = cryostat.insertionLossMilliDecibel(0);
    expect(fresh).toBe(Math.round(fridge.connectors[0].lossMillidecibel));
    for (let i = 0; i < 100; i++) cryostat.mate(0);
    expect(cryostat.insertionLossMilliDecibel(0) - fresh).toBe(
      Math.round(100 * fridge.connectors[0].perMatingMillidecibel),
    );
    const cycled = warm();
    cycled.advanceTo(20 * hour);
    expect(cycled.insertionLossMilliDecibel(0) - fresh).toBe(Math.round(fridge.connectors[0].perCycleMillidecibel));
  });

  test('wears out some day: a thousand matings are more than most survive', () => {
    const worn = [1, 2, 3, 4, 5, 6, 7, 8].filter((seed) => {
      const cryostat = new Cryostat(fridge, { seed });
      for (let i = 0; i < 1000; i++) cryostat.mate(0);
      return cryostat.insertionLossMilliDecibel(0) > 1000;
    });
    expect(worn.length).toBeGreaterThan(5);
  });

  test('open is open, and intermittent is open in three windows of ten', () => {
    const cryostat = cold();
    cryostat.setConnectorFault(0, ConnectorFault.OPEN);
    expect(cryostat.insertionLossMilliDecibel(0)).toBeGreaterThan(60_000);
    cryostat.setConnectorFault(0, ConnectorFault.INTERMITTENT, 250);
    let open = 0;
    for (let i = 1; i <= 1000; i++) {
      cryostat.advanceTo(i * 10 * millisecond);
      if (cryostat.insertionLossMilliDecibel(0) > 60_000) open++;
    }
    expect(open / 1000).toBeCloseTo(0.3, 1);
    cryostat.setConnectorFault(0, ConnectorFault.NONE);
    expect(cryostat.insertionLossMilliDecibel(0)).toBeLessThan(1000);
  });
});
