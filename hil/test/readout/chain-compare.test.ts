// Heat, lines and SNR of an architecture follow from the models of fridge and chain: the same numbers as those models give by themselves.

import { describe, expect, it } from 'vitest';
import { solveBudget } from '../../../host/plant/cryostat/budget.ts';
import { FOUR, stageNames } from '../../../host/plant/cryostat/stages.ts';
import { spansOf, spanWatts } from '../../../host/plant/cryostat/wiring.ts';
import { type Compression, compressions } from '../../../host/tools/compare/architecture.ts';
import { energies, type Outcome, outcomeOf } from '../../../host/tools/compare/model.ts';
import { architecturePresets, openArchitecture } from '../../../host/tools/compare/open-architecture.ts';
import { openFridge } from '../../../host/tools/open-fridge.ts';
import { openReadout } from '../../../host/tools/readout/open-readout.ts';

function outcome(name: string, compression: Compression, channels: number, shotsPerSecond = 100_000): Outcome {
  const architecture = openArchitecture(name);
  const parts = { fridge: openFridge(architecture.fridge), chain: openReadout(architecture.readout) };
  return outcomeOf(architecture, compression, parts, { channels, windowNs: 1000, shotsPerSecond });
}

const partOf = ({ heat }: Outcome, what: string): number => heat.find((part) => part.what === what)?.watts[FOUR] ?? 0;

describe('an architecture', () => {
  it('cables of all architectures bring what the spans of the fridge’s own model carry at its limits', () => {
    const fridge = openFridge('xld');
    const lengths = fridge.stages.map(({ cableMetres }) => cableMetres);
    const nodes = [300, ...fridge.stages.map(({ limitKelvin }) => limitKelvin)];
    const { lines } = openArchitecture('modular-rack');
    const arriving = (node: number) =>
      lines
        .flatMap((line) => spansOf({ ...line, count: line.id === 'C' ? 64 : 8 }, lengths))
        .reduce((sum, span) => sum + (span.to === node ? 1 : span.from === node ? -1 : 0) * spanWatts(span, nodes), 0);
    const [cables] = outcome('modular-rack', 'raw', 64).heat;
    for (const stage of stageNames.keys()) expect(cables.watts[stage]).toBeCloseTo(arriving(stage + 1), 12);
    expect(cables.watts[FOUR]).toBeGreaterThan(0.05);
  });

  it('what a fridge can take besides its own load is less than its cooling power', () => {
    const { roomWatts } = outcome('modular-rack', 'raw', 8);
    const { stages } = solveBudget({ ...openFridge('xld'), lines: [] });
    for (const [i, { capacityWatts }] of stages.entries()) expect(roomWatts[i]).toBeLessThanOrEqual(capacityWatts);
    // Krinner's 1.5 W at 4.2 K, less what arrives anyway [R2].
    expect(roomWatts[FOUR]).toBeGreaterThan(1.2);
    expect(roomWatts[FOUR]).toBeLessThan(1.6);
  });

  it('eight HEMTs of 7.8 mW are 62.4 mW at 4K', () => {
    expect(outcome('hybrid', 'raw', 64).heat[1].watts[FOUR]).toBeCloseTo(8 * 7.8e-3, 4);
  });

  it('bits: 24 a sample and line, 64 a shot and channel, one a shot and channel, and a quarter more for coding', () => {
    const bits = compressions.map((compression) => outcome('near-qubit', compression, 64).bitsPerSecond / 1.25);
    expect(bits).toEqual([8 * 24 * 1000 * 1e5, 64 * 64 * 1e5, 64 * 1e5]);
  });

  it('compression costs what its arithmetic takes and saves what its link took', () => {
    const [raw, demodulated, thresholded] = compressions.map((each) => outcome('full-cryo', each, 64));
    expect(partOf(raw, 'demodulation')).toBe(0);
    expect(partOf(demodulated, 'demodulation')).toBeCloseTo(64 * 1e8 * energies.jouleAProduct, 9);
    expect(partOf(thresholded, 'thresholds')).toBeCloseTo(64 * 1e5 * energies.jouleAShot, 9);
    expect(partOf(raw, 'link')).toBeCloseTo(raw.bitsPerSecond * 8e-12, 9);
    expect(thresholded.totalWatts[FOUR]).toBeLessThan(raw.totalWatts[FOUR]);
    expect(thresholded.latencyNs).toBeLessThan(demodulated.latencyNs);
    expect(thresholded.lines).toBeLessThan(raw.lines);
  });

  it('lines that begin at 4 K bring no heat to 50K', () => {
    const cold = outcome('full-cryo', 'thresholded', 64);
    const warm = outcome('near-qubit', 'thresholded', 64);
    expect(cold.totalWatts[0]).toBeLessThan(warm.totalWatts[0] / 10);
    expect(cold.coldLines).toBe(64 + 8 + 8);
  });

  it('a plate that is warmer makes the HEMT noisier, and a fridge that takes no more has no SNR', () => {
    const [few, many] = [8, 1024].map((channels) => outcome('modular-rack', 'raw', channels));
    expect(many.plateKelvin as number).toBeGreaterThan(few.plateKelvin as number);
    expect(many.snrDecibels as number).toBeLessThan(few.snrDecibels as number);
    expect(many.overloaded).toContain('4K');
    const most = outcome('near-qubit', 'raw', 1024);
    expect([most.plateKelvin, most.snrDecibels]).toEqual([undefined, undefined]);
  });

  it.each(architecturePresets)(
    '%s works at 8 channels: nothing overloaded, more than 15 dB, under a microsecond',
    (name) => {
      const { overloaded, snrDecibels, latencyNs, totalWatts } = outcome(name, 'raw', 8);
      expect(overloaded).toEqual([]);
      expect(snrDecibels).toBeGreaterThan(15);
      expect(latencyNs).toBeLessThan(1000);
      expect(totalWatts[FOUR]).toBeGreaterThan(0.01);
    },
  );
});
