import { beforeAll, describe, expect, test } from 'vitest';
import { openReadout } from '../../readout/open-readout.ts';
import { CalibrationState } from '../graph.ts';
import { CorrectionRefused, calibrateOne, check } from '../quantity.ts';
import type { RunRecord } from '../record.ts';
import { CalibrationRecords, calibrate } from '../session.ts';
import { graphOf, quantitiesOf, rootsOf, Station } from '../station.ts';
import { MemoryFolder } from '../testing.ts';
import { ChainReadout, planOf } from './testing.ts';

const chain = openReadout('uts');
const channels = [0, 3];

/** A readout with its graph; everything below runs on one that was calibrated from resonators 1 MHz off. */
function stationOf(readout: ChainReadout, folder = new MemoryFolder()) {
  const plan = planOf(chain, channels, 1e6);
  const quantities = quantitiesOf(plan);
  const records = new CalibrationRecords(folder);
  const device = { identity: { device: 'd', image: 'i' }, now: async () => ({ boot: 1, ns: readout.timeNs }) };
  const graph = graphOf(quantities);
  const station = new Station(quantities, plan, readout, records, device);
  const run = async (doubted: string[] = []): Promise<RunRecord[]> => {
    const before = records.records.length;
    for (const root of rootsOf(graph)) await calibrate(graph, root, records, station, { doubted });
    return records.records.slice(before);
  };
  return { station, records, graph, run, quantities, plan };
}

const calibrated = stationOf(new ChainReadout(chain));
const readout = Object.assign(new ChainReadout(chain), { outputOffset: { i: 0.03, q: -0.02 } });
let first: RunRecord[];
let device: ReturnType<typeof stationOf>;
beforeAll(async () => {
  device = stationOf(readout);
  first = await device.run();
});

describe('all calibrations of a line and two channels', () => {
  test('come in the order of their dependencies, and every one ends in spec', () => {
    const made = first.filter(({ kind }) => kind === 'calibrate').map(({ node }) => node);
    expect(made).toEqual(
      expect.arrayContaining([
        'offset-0',
        'mixer-0',
        'timing-0',
        'resonator-0',
        'threshold-0',
        'resonator-3',
        'threshold-3',
      ]),
    );
    const state = new CalibrationState(first);
    for (const root of rootsOf(device.graph))
      expect(state.fault(device.graph, root, { boot: 1, ns: readout.timeNs })).toBeUndefined();
  });

  test('find what the chain has: output offset, delay, imbalance, frequency', async () => {
    const { lines, channels: tones, sequencers } = await readout.corrections();
    expect(sequencers[0].offset0 / 32_768).toBeCloseTo(-0.03, 2);
    expect(sequencers[0].offset1 / 32_768).toBeCloseTo(0.02, 2);
    const { delayNs, mixer, resonators } = chain.lines[0];
    expect(lines[0].delayNs).toBe(delayNs);
    // I is larger than Q by the imbalance of the mixer, so Q shows less.
    expect(20 * Math.log10(1 + lines[0].imbalance / 2 ** 20)).toBeCloseTo(-mixer.imbalanceDecibels, 1);
    for (const channel of channels) {
      const hertz = tones[channel].frequencyQuarterHertz / 4;
      // Drift of the resonator in these seconds: 5 kHz, and jumps of 10 kHz.
      expect(Math.abs(hertz - resonators[channel].offsetHertz)).toBeLessThan(150e3);
    }
  });

  test('leave an SNR above 20 dB', () => {
    const last = first.filter(({ node }) => node.startsWith('threshold'));
    for (const { results } of last.filter(({ kind }) => kind === 'calibrate'))
      expect(results.afterSnrDecibels).toBeGreaterThan(20);
  });

  test('are not repeated while their state passes', async () => {
    expect(await device.run()).toEqual([]);
  });

  test('have the nodes of a person’s words', () => {
    expect(rootsOf(device.graph)).toEqual(['output-0', 'threshold-0', 'threshold-3']);
    expect(rootsOf(device.graph, 'resonator')).toEqual(['resonator-0', 'resonator-3']);
    expect(rootsOf(device.graph, 'gain-0')).toEqual(['gain-0']);
    expect(() => rootsOf(device.graph, 'gains')).toThrow("no calibration 'gains'; there are offset-0, mixer-0");
  });
});

const quantity = (name: string) => {
  const found = calibrated.quantities.find((each) => each.name === name);
  if (!found) throw new Error(name);
  return found;
};
const situation = async (bench: ChainReadout, before?: Record<string, number>) => ({
  ...{ bench, plan: calibrated.plan, record: await bench.corrections(), before },
});

describe('one calibration', () => {
  test('of the offset is right while gain control has switched in an attenuator that the device makes up for', async () => {
    const bench = new ChainReadout(chain);
    Object.assign(bench, { attenuationDecibels: 18, gain: 10 ** (18 / 20) });
    const run = await calibrateOne(quantity('offset-0'), await situation(bench));
    expect(run.verdict).toBe('in_spec');
    const { offsetI } = (await bench.corrections()).lines[0];
    expect(offsetI / 256).toBeCloseTo(run.results.offsetICodes, 1);
  });

  test('of the gain brings the level back to what it was', async () => {
    const bench = new ChainReadout(chain);
    const { results } = await check(quantity('gain-0'), await situation(bench));
    bench.attenuationDecibels = 2;
    const lost = await check(quantity('gain-0'), await situation(bench, results));
    expect(lost.verdict).toBe('out_of_spec');
    const run = await calibrateOne(quantity('gain-0'), await situation(bench, results));
    expect(run.verdict).toBe('in_spec');
    expect(run.results.afterLevelCodes / results.levelCodes).toBeCloseTo(1, 1);
  });

  test('says bad data when the converter is out of its range, and stores nothing', async () => {
    const bench = new ChainReadout(chain);
    bench.slow.intruder = 1.5;
    const run = await calibrateOne(quantity('offset-0'), await situation(bench));
    expect(run).toMatchObject({ verdict: 'bad_data', reason: expect.stringContaining('out of its range') });
    expect(bench.stores).toBe(0);
  });

  test('of a resonator is not failed by chance: two scans differ by a quarter of the limit at most, one standard deviation', async () => {
    const resonator = quantity('resonator-0');
    const bench = new ChainReadout(chain);
    const errors: number[] = [];
    for (const width of ['calibrate', 'check'] as const)
      errors.push((await resonator.measure(await situation(bench), width)).fit?.errors.centre ?? Number.NaN);
    const limitHertz = calibrated.plan.limits.frequencyParts * calibrated.plan.channels[0].kappaHertz;
    expect(Math.hypot(...errors)).toBeLessThan(limitHertz / 4);
  });

  test('of the mixer is not failed by chance: noise is a fifth of the limit at most, one standard deviation', async () => {
    const bench = new ChainReadout(chain);
    const [tones, images]: [number[], number[]] = [[], []];
    const measure = bench.measure.bind(bench);
    bench.measure = async (tone) => {
      const shots = await measure(tone);
      const all = [...shots.zero, ...shots.one].map(({ i }) => i);
      const mean = all.reduce((sum, i) => sum + i) / all.length;
      const variance = all.reduce((sum, i) => sum + (i - mean) ** 2, 0) / (all.length - 1) / all.length;
      if (tone.listenHertz === undefined || tone.listenHertz === tone.driveHertz)
        tones.push(Math.hypot(mean, [...shots.zero, ...shots.one].reduce((sum, { q }) => sum + q, 0) / all.length));
      else images.push(variance);
      return shots;
    };
    await quantity('mixer-0').measure(await situation(bench), 'check');
    expect([tones.length, images.length]).toEqual([2, 2]);
    // Image over tone, the mean of both sides.
    const noise = Math.sqrt(images[0] + images[1]) / 2 / Math.min(...tones);
    expect(noise).toBeLessThan(calibrated.plan.limits.imageRatio / 5);
  });

  test('finds a resonator that jumped out of the narrow scan', async () => {
    const far = calibrated.plan.channels[0];
    const moved = { ...calibrated.plan, channels: [{ ...far, frequencyHertz: far.frequencyHertz + 9e6 }] };
    const [resonator] = quantitiesOf(moved).filter(({ name }) => name === 'resonator-0');
    const bench = new ChainReadout(chain);
    const checked = await check(resonator, await situation(bench));
    expect(checked.verdict).not.toBe('in_spec');
    const run = await calibrateOne(resonator, await situation(bench));
    expect(run.verdict).toBe('in_spec');
    expect(run.results.frequencyHertz / chain.lines[0].resonators[0].offsetHertz).toBeCloseTo(1, 2);
  });

  test('that makes nothing better puts the former record back', async () => {
    const bench = new ChainReadout(chain);
    const before = await bench.corrections();
    const wrong = { ...quantity('offset-0'), correct: quantity('offset-0').correct };
    // The sign of the correction is wrong.
    wrong.correct = (at, { results }) => ({
      ...at.record,
      lines: at.record.lines.map((line) => ({ ...line, offsetI: Math.round(-256 * results.offsetICodes) })),
    });
    const run = await calibrateOne(wrong, await situation(bench));
    expect(run).toMatchObject({ verdict: 'out_of_spec', reason: expect.stringContaining('is in force again') });
    expect(await bench.corrections()).toBe(before);
  });

  test('of a gain that the record cannot make up for takes the level as it is from now on', async () => {
    const bench = new ChainReadout(chain);
    const { results } = await check(quantity('gain-0'), await situation(bench));
    bench.attenuationDecibels = 10;
    const run = await calibrateOne(quantity('gain-0'), await situation(bench, results));
    expect(run.verdict).toBe('in_spec');
    expect(run.results.referenceCodes / results.referenceCodes).toBeCloseTo(10 ** (-10 / 20), 1);
    expect((await bench.corrections()).lines[0].gain).toBe(0);
  });

  test('that the record cannot hold is refused with its figure, and nothing is stored', async () => {
    const bench = new ChainReadout(chain);
    const wrong = { ...quantity('gain-0') };
    wrong.correct = () => {
      throw new CorrectionRefused('the gain would be 3.2; a record holds at most 0.5');
    };
    const run = await calibrateOne(wrong, await situation(bench));
    expect(run).toMatchObject({ verdict: 'out_of_spec', reason: expect.stringContaining('a record holds at most') });
    expect(bench.stores).toBe(0);
  });
});
