// The report of `coldrig readout` in words and as JSON: beside each measured figure the one that the closed formulas give.

import { TONES_A_LINE } from '../../host/plant/readout/chain-data.ts';
import { noisePhotons } from '../../host/plant/readout/formulas.ts';
import { counted } from '../words.ts';
import { agrees, type ChannelReport, type LineReport, type MeasureOptions, type ReadoutReport } from './measure.ts';

/** Least SNR of a good channel. */
export const GOOD_DECIBELS = 20;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const percent = (rate: number, digits = 3): string => (100 * rate).toPrecision(digits);

export function readoutText({ channels, lines }: ReadoutReport, options: MeasureOptions): string {
  const { chain, fridge, shots, lengthNs } = options;
  const count = counted(channels.length, 'channel');
  const apart = channels.filter((channel) => !agrees(channel));
  const low = channels.filter(({ measured }) => measured.snrDecibels < GOOD_DECIBELS);
  return [
    `chain ${chain.name} in fridge ${fridge.name}: ${count}, ${shots} shots of each state, windows of ${lengthNs} ns`,
    '',
    '                             SNR, dB        assignment error, %',
    'channel       tone photons   shots formula  shots  (95 %)           formula',
    ...channels.map(channelLine),
    '',
    ...lines.map((line) => lineLine(line, chain.lines[line.line].oscillatorHertz)),
    '',
    low.length === 0
      ? `every channel is above ${GOOD_DECIBELS} dB`
      : `below ${GOOD_DECIBELS} dB: ${low.map(({ plan }) => plan.channel).join(', ')}`,
    ...(apart.length === 0
      ? []
      : [
          `shots and formula differ: ${apart.map(({ plan }) => plan.channel).join(', ')}; the converter clips, or its attenuation changed meanwhile`,
        ]),
  ].join('\n');
}

function channelLine({ plan, name, measured, formula }: ChannelReport): string {
  const { errorRate, interval } = measured;
  const range = `${percent(interval.lower, 2)} to ${percent(interval.upper, 2)}`;
  return [
    `${String(plan.channel).padStart(3)} ${name.padEnd(5)}`,
    `${(plan.frequencyHertz / 1e6).toFixed(1)} MHz`.padStart(11),
    mean(formula.photons).toFixed(1).padStart(6),
    measured.snrDecibels.toFixed(2).padStart(8),
    formula.snrDecibels.toFixed(2).padStart(7),
    percent(errorRate).padStart(8),
    ` (${range})`.padEnd(18),
    percent(formula.assignmentError),
  ].join(' ');
}

function lineLine(
  { line, name, noiseKelvin, chipKelvin, jitterFemtoseconds, bits, bitsFormula }: LineReport,
  hertz: number,
): string {
  const [least, most] = [Math.min(...bits), Math.max(...bits)];
  const range = `${mean(bits).toFixed(2)} effective bits (${least.toFixed(2)} to ${most.toFixed(2)}), formula ${bitsFormula.toFixed(2)}`;
  const noise = `noise ${noiseKelvin.toFixed(3)} K (${noisePhotons(hertz, noiseKelvin).toFixed(2)} photons)`;
  return `line ${line} ${name}: ${noise}; converter ${range}; jitter ${Math.round(jitterFemtoseconds)} fs, chip at ${chipKelvin.toFixed(2)} K`;
}

export function readoutJson(
  { channels, lines }: ReadoutReport,
  options: MeasureOptions,
  plot: string | undefined,
): object {
  const { chain, fridge, shots, lengthNs, seed, faults } = options;
  return {
    ...{ fridge: fridge.name, chain: chain.name, shots, lengthNs, seed, faults, plot: plot ?? null },
    channels: channels.map((channel) => {
      const { plan, name, measured, formula, attenuationDecibels } = channel;
      const { centres, deviation, distance, snrDecibels, errors, errorRate, interval } = measured;
      return {
        ...{ channel: plan.channel, line: Math.floor(plan.channel / TONES_A_LINE), name },
        ...{ frequencyHertz: plan.frequencyHertz, amplitude: plan.amplitude, photons: formula.photons },
        ...{ attenuationDecibels, agrees: agrees(channel) },
        measured: {
          centres,
          deviationCodes: deviation,
          distance,
          snrDecibels,
          errors,
          assignmentError: errorRate,
          interval,
        },
        formula: {
          ...{ deviationCodes: formula.deviationCodes, distance: formula.distance, snrDecibels: formula.snrDecibels },
          errors: [formula.errorZero, formula.errorOne],
          assignmentError: formula.assignmentError,
        },
      };
    }),
    lines: lines.map(({ bits, bitsFormula, ...rest }) => ({
      ...rest,
      effectiveBits: { records: bits, mean: mean(bits), formula: bitsFormula },
    })),
  };
}
