// The report of `coldrig readout` in words and as JSON: beside each measured figure the one that the closed formulas give.

import { TONES_A_LINE } from '../../host/plant/readout/chain-data.ts';
import { noisePhotons } from '../../host/plant/readout/formulas.ts';
import type { ShotPrediction } from '../../host/plant/readout/predict.ts';
import { counted } from '../words.ts';
import { agrees, type ChannelReport, type LineReport, type ReadoutReport, type ShotOptions } from './measure.ts';

/** Least SNR of a good channel. */
export const GOOD_DECIBELS = 20;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const percent = (rate: number, digits = 3): string => (100 * rate).toPrecision(digits);

export function readoutText({ channels, lines }: ReadoutReport, options: ShotOptions): string {
  const { chain, where, shots, lengthNs } = options;
  const count = counted(channels.length, 'channel');
  const apart = channels.filter((channel) => !agrees(channel));
  const low = channels.filter(({ measured }) => measured.snrDecibels < GOOD_DECIBELS);
  return [
    `chain ${chain.name} ${where}: ${count}, ${shots} shots of each state, windows of ${lengthNs} ns`,
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
    (formula ? mean(formula.photons).toFixed(1) : '–').padStart(6),
    measured.snrDecibels.toFixed(2).padStart(8),
    (formula?.snrDecibels.toFixed(2) ?? '–').padStart(7),
    percent(errorRate).padStart(8),
    ` (${range})`.padEnd(18),
    formula ? percent(formula.assignmentError) : '–',
  ].join(' ');
}

function lineLine({ line, name, bits, state }: LineReport, hertz: number): string {
  const [least, most] = [Math.min(...bits), Math.max(...bits)];
  const range = `${mean(bits).toFixed(2)} effective bits (${least.toFixed(2)} to ${most.toFixed(2)})`;
  if (!state) return `line ${line} ${name}: converter ${range} in ${counted(bits.length, 'record')}`;
  const { noiseKelvin, chipKelvin, jitterFemtoseconds, bitsFormula } = state;
  const noise = `noise ${noiseKelvin.toFixed(3)} K (${noisePhotons(hertz, noiseKelvin).toFixed(2)} photons)`;
  return `line ${line} ${name}: ${noise}; converter ${range}, formula ${bitsFormula.toFixed(2)}; jitter ${Math.round(jitterFemtoseconds)} fs, chip at ${chipKelvin.toFixed(2)} K`;
}

/** `about`: where it was measured, by the names of the command's options. */
export function readoutJson(
  { channels, lines }: ReadoutReport,
  { chain, shots, lengthNs }: ShotOptions,
  about: object,
): object {
  return {
    ...{ chain: chain.name, shots, lengthNs, ...about },
    channels: channels.map((channel) => {
      const { plan, name, measured, formula, attenuationDecibels } = channel;
      const { centres, deviation, distance, snrDecibels, errors, errorRate, interval } = measured;
      return {
        ...{ channel: plan.channel, line: Math.floor(plan.channel / TONES_A_LINE), name },
        ...{ frequencyHertz: plan.frequencyHertz, amplitude: plan.amplitude, photons: formula?.photons ?? null },
        ...{ attenuationDecibels, agrees: formula ? agrees(channel) : null },
        measured: {
          centres,
          deviationCodes: deviation,
          distance,
          snrDecibels,
          errors,
          assignmentError: errorRate,
          interval,
        },
        formula: formula ? formulaJson(formula) : null,
      };
    }),
    lines: lines.map(({ line, name, bits, state }) => ({
      ...{ line, name },
      noiseKelvin: state?.noiseKelvin ?? null,
      chipKelvin: state?.chipKelvin ?? null,
      jitterFemtoseconds: state?.jitterFemtoseconds ?? null,
      effectiveBits: { records: bits, mean: mean(bits), formula: state?.bitsFormula ?? null },
    })),
  };
}

const formulaJson = ({
  deviationCodes,
  distance,
  snrDecibels,
  errorZero,
  errorOne,
  assignmentError,
}: ShotPrediction) => ({
  ...{ deviationCodes, distance, snrDecibels },
  errors: [errorZero, errorOne],
  assignmentError,
});
