import { describe, expect, test } from 'vitest';
import { cables } from './cables.ts';
import { copperHeatCapacity } from './heat-capacity.ts';
import { conductivityIntegral, integralBand, type MaterialName, materialNames, materials } from './materials.ts';
import { activeWatts, type Line, spanBand, spansOf, spanWatts } from './wiring.ts';

const within = (value: number, golden: number, share: number) =>
  expect(Math.abs(value / golden - 1)).toBeLessThan(share);

describe('conductivity', () => {
  // Computed from NIST's published coefficients, checked against two independent calculators.
  const kelvins = [4, 10, 20, 40, 77, 100, 300];
  const spots: Partial<Record<MaterialName, number[]>> = {
    'stainless steel': [0.2724, 0.9039, 2.169, 4.67, 7.921, 9.224, 15.31],
    PTFE: [0.04599, 0.09545, 0.1422, 0.1953, 0.2324, 0.2434, 0.2728],
    'beryllium copper': [1.879, 4.955, 10.66, 21.48, 36.29, 41.4],
    'aluminium 6061': [5.347, 14.2, 28.43, 52.23, 83.53, 97.7, 155.3],
    G10: [0.07232, 0.1122, 0.1564, 0.2175, 0.28, 0.3096, 0.608],
    cupronickel: [0.5298, 2.109, 6.384, 14.63, 21.2, 22.08, 27.24],
    'copper RRR50': [320.4, 778.1, 1368, 1163, 515, 444, 392],
    'copper RRR100': [642.3, 1540, 2423, 1485, 547, 462, 396],
    'copper RRR150': [961.8, 2275, 3245, 1629, 556, 466, 398],
  };
  for (const [name, values] of Object.entries(spots)) {
    test(`of ${name} is NIST’s`, () => {
      for (const [i, value] of values.entries()) {
        within(materials[name as MaterialName].conductivity(kelvins[i]), value, 2e-3);
      }
    });
  }

  const integrals: [MaterialName, number, number, number][] = [
    ['stainless steel', 4, 300, 3030.8],
    ['stainless steel', 50, 300, 2891],
    ['stainless steel', 4, 50, 139.85],
    ['PTFE', 4, 300, 71.43],
    ['PTFE', 50, 300, 64.31],
    ['PTFE', 4, 50, 7.12],
    ['aluminium 6061', 4, 300, 32325],
    ['aluminium 6061', 50, 300, 30663],
    ['aluminium 6061', 4, 50, 1662],
    ['G10', 4, 300, 111.7],
    ['cupronickel', 4, 300, 6323.7],
    ['cupronickel', 50, 300, 5898.9],
    ['cupronickel', 4, 50, 424.8],
    ['copper RRR100', 4, 300, 194330],
    ['copper RRR100', 50, 300, 113040],
    ['copper RRR100', 4, 50, 81287],
  ];
  for (const [name, cold, hot, golden] of integrals) {
    test(`of ${name} from ${cold} to ${hot} K adds up to ${golden} W/m`, () => {
      const curve = conductivityIntegral(name);
      within(curve.value(hot) - curve.value(cold), golden, 1e-3);
    });
  }

  test('is positive, continuous, and within its own band, for every material from 2 mK to 350 K', () => {
    for (const name of materialNames) {
      let before = materials[name].conductivity(2e-3);
      for (let kelvin = 2e-3; kelvin < 350; kelvin *= 1.02) {
        const now = materials[name].conductivity(kelvin);
        expect(now, `${name} at ${kelvin} K`).toBeGreaterThan(0);
        // Steeper than T² is nothing here.
        expect(now / before, `${name} at ${kelvin} K`).toBeLessThan(1.1);
        before = now;
      }
      const [low, high] = integralBand(name, 0.01, 3);
      const curve = conductivityIntegral(name);
      const best = curve.value(3) - curve.value(0.01);
      expect(low).toBeLessThanOrEqual(best);
      expect(high).toBeGreaterThanOrEqual(best);
    }
  });
});

describe('heat capacity of copper', () => {
  const golden = {
    0.02: 2.17e-4,
    0.1: 1.09e-3,
    1: 0.0116,
    2: 0.0277,
    3: 0.0529,
    4: 0.0915,
    4.2: 0.101,
    6: 0.227,
    10: 0.858,
  };
  for (const [kelvin, value] of Object.entries(golden)) {
    test(`at ${kelvin} K is ${value} J/kg/K`, () => within(copperHeatCapacity(Number(kelvin)), value, 0.01));
  }

  test('takes 77.5 kJ/kg from 4 K to room temperature', () => {
    let joules = 0;
    for (let kelvin = 4; kelvin < 300; kelvin += 0.5) joules += 0.5 * copperHeatCapacity(kelvin + 0.25);
    within(joules, 77_500, 0.01);
  });
});

describe('a coaxial line', () => {
  const krinnerLengths = [0.2, 0.29, 0.25, 0.17, 0.14];
  const measured = [300, 35, 2.85, 0.882, 0.082, 0.006];
  const nominal = [300, 50, 4, 0.8, 0.1, 0.01];
  const line = (cable: string, more: Partial<Line> = {}): Line => ({
    ...{ id: 'C00', role: 'control', count: 1, anchoring: 'all', endsAt: 'MXC', components: {}, signal: undefined },
    cables: { '50K': cable, '4K': cable, Still: cable, CP: cable, MXC: cable },
    ...more,
  });
  const loads = (cable: string, kelvins: number[]): number[] => {
    const arriving = [0, 0, 0, 0, 0];
    for (const span of spansOf(line(cable), krinnerLengths)) arriving[span.to - 1] += spanWatts(span, kelvins);
    return arriving;
  };
  const golden: [string, number[], number[]][] = [
    ['UT-085-SS-SS', measured, [27.2e-3, 0.437e-3, 1.98e-6, 0.286e-6, 2.92e-9]],
    ['UT-085-SS-SS', nominal, [26.5e-3, 0.912e-3, 4.25e-6, 0.233e-6, 4.33e-9]],
    ['SC-119-SS-SS', measured, [7.37e-3, 0.119e-3, 0.542e-6, 77.6e-9, 0.79e-9]],
    ['SC-086-SS-SS', measured, [4.12e-3, 66e-6, 0.3e-6, 43e-9, 0.44e-9]],
  ];
  for (const [cable, kelvins, watts] of golden) {
    test(`${cable} in Krinner’s fridge, 50K at ${kelvins[1]} K, brings what other calculators say`, () => {
      // The golden figures are written with two or three digits.
      for (const [i, load] of loads(cable, kelvins).entries()) within(load, watts[i], 0.01);
    });
  }

  test('0.085 inch steel from 40 to 4 K over 30 mm conducts 4.8438 mW without its dielectric', () => {
    const inch = (inches: number) => 0.25 * Math.PI * (inches * 0.0254) ** 2;
    const area = inch(0.085) - inch(0.066) + inch(0.02);
    const steel = conductivityIntegral('stainless steel');
    within((area / 0.03) * (steel.value(40) - steel.value(4)), 4.8438e-3, 1e-4);
  });

  test('UT-085 from 50 to 4 K over 0.2447 m conducts 1.0230 mW in steel and 0.0582 mW in PTFE', () => {
    const spans = spansOf(line('UT-085-SS-SS', { endsAt: '4K' }), [0.2, 0.2447]).filter(({ to }) => to === 2);
    const watts = Object.fromEntries(spans.map((span) => [span.part, spanWatts(span, [300, 50, 4])]));
    within(watts.inner + watts.outer, 1.023e-3, 1e-3);
    within(watts.dielectric, 0.0582e-3, 1e-3);
  });

  test('says how far published conductivities below 4 K disagree: more than twice at the still, five times at the mixing chamber', () => {
    const [low, high] = [
      [0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0],
    ];
    for (const span of spansOf(line('UT-085-SS-SS'), krinnerLengths)) {
      const band = spanBand(span, measured);
      low[span.to - 1] += band[0];
      high[span.to - 1] += band[1];
    }
    // The reference's spread is of the steel alone, PTFE as one of its two laws.
    within(low[2], 1.18e-6, 0.1);
    within(high[2], 2.92e-6, 0.1);
    expect(high[4] / low[4]).toBeGreaterThan(4);
  });

  test('runs on past a stage where its inner conductor is not anchored', () => {
    const drive = spansOf(line('UT-085-SS-SS', { anchoring: 'drive' }), krinnerLengths);
    const ends = (part: string) => drive.filter((span) => span.part === part).map(({ from, to }) => [from, to]);
    expect(ends('inner')).toEqual([[0, 2], [2, 4], [4, 5]]); // biome-ignore format: one pair a span
    expect(ends('outer').length).toBe(5);
  });

  const attenuator = { type: 'attenuator', model: 'XMA-20dB', valueDecibel: 20, dissipationWatts: 0 } as const;

  test('carrying 20 mA leaves 19.8 mW in a 20 dB attenuator at 4 K', () => {
    const signal = { powerWatts: 0, duty: 1, gigahertz: 6, amperes: 0.02 };
    const flux = line('UT-085-SS-SS', { components: { '4K': [attenuator] }, signal });
    within(activeWatts(flux, krinnerLengths, measured)[1], 19.8e-3, 1e-9);
  });

  test('carrying 0 dBm through 20, 20 and 20 dB leaves 0.99 mW, 9.9 µW and 99 nW', () => {
    const signal = { powerWatts: 1e-3, duty: 1, gigahertz: 6, amperes: 0 };
    const components = { '4K': [attenuator], CP: [attenuator], MXC: [attenuator] };
    const lossless = line('phosphor-bronze-36AWG', { components, signal });
    const watts = activeWatts(lossless, krinnerLengths, measured);
    for (const [i, expected] of [0, 0.99e-3, 0, 9.9e-6, 99e-9].entries()) {
      expect(watts[i]).toBeCloseTo(expected, 12);
    }
  });

  test('loses more in a warm cable than in a cold one, and nothing where it superconducts', () => {
    for (const [name, { lossWarm, lossCold }] of Object.entries(cables)) {
      for (const [i, loss] of lossWarm.entries()) expect(lossCold[i], name).toBeLessThanOrEqual(loss);
    }
  });
});
