// What an architecture costs and gives, for a number of channels: lines, bits to room temperature, heat on each stage, SNR, latency.
//
//   channels ─▶ lines, converters, sequencers ─▶ bits of the link ─▶ heat: cables and amplifiers (the fridge's model), chips (energies below)
//                                                                        │
//                                            fridge at rest with it ◀────┘──▶ temperature of the plate ─▶ noise of the chain ─▶ SNR
//
// Heat is that with every stage at the highest temperature at which it does its work, so that it can be compared with the cooling power there.
// What must stay true: heat of cables and the temperatures come from host/plant/cryostat, SNR from host/plant/readout: there are no other
// models here.

import { Activity, activityPicojoules, idleMicrowatts } from '../../../protocol/plant/energies.ts';
import { type Budget, solveBudget } from '../../plant/cryostat/budget.ts';
import type { Fridge } from '../../plant/cryostat/fridge.ts';
import { NoRest } from '../../plant/cryostat/solve.ts';
import { FOUR, ROOM_KELVIN, type StageName, stageNames } from '../../plant/cryostat/stages.ts';
import { activeWatts, type Line, spansOf, spanWatts } from '../../plant/cryostat/wiring.ts';
import {
  FULL_SCALE_CODES,
  nominalState,
  type ReadoutChain,
  type ReadoutWindow,
  SAMPLES_A_SECOND,
  type SlowState,
  TONES_A_LINE,
} from '../../plant/readout/chain-data.ts';
import { predictBits, predictShot, usualAmplitude } from '../../plant/readout/predict.ts';
import { stateFor } from '../../plant/readout/sampler.ts';
import type { Architecture, Compression } from './architecture.ts';

/** Scenario values: of the size of published parts, not measured. */
export const energies = {
  /** A converter, for each of its effective steps: published cryogenic ones are between 10 fJ and 400 fJ. */
  jouleAStep: 50e-15,
  /** A complex multiplication and addition of 16 bits, for each sample and tone. */
  jouleAProduct: 2e-12,
  /** Rotation, threshold and bookkeeping of a shot. */
  jouleAShot: 1e-9,
} as const;

/** The 4 K plate among the nodes, of which the first is room temperature. */
const PLATE_NODE = FOUR + 1;
const BITS_A_SAMPLE = 24;
const BITS_OF_SUMS = 64;
const CONVERTERS_A_CHANNEL = 2;
const EVENTS_A_SHOT = 20;
/** Sequencers of a chip, and readout channels of one that only digitises. */
const SEQUENCERS_A_CHIP = 6;
const CHANNELS_A_CHIP = 16;

export interface Workload {
  channels: number;
  windowNs: number;
  shotsPerSecond: number;
}

export interface HeatPart {
  what: string;
  /** By stage index. */
  watts: number[];
}

export interface Outcome {
  architecture: string;
  compression: Compression;
  channels: number;
  /** Into the fridge, wires of supplies among them; and those that begin at 4 K. */
  lines: number;
  coldLines: number;
  readoutLines: number;
  /** Over the link; 0 where signals leave as they are. */
  bitsPerSecond: number;
  /** Analogue bandwidth of the readout that leaves the fridge. */
  analogHertz: number;
  heat: HeatPart[];
  totalWatts: number[];
  /** What is left for it of the cooling power, by stage index. */
  roomWatts: number[];
  overloaded: StageName[];
  /** At rest; undefined where the fridge does not come to rest. */
  plateKelvin: number | undefined;
  snrDecibels: number | undefined;
  assignmentError: number | undefined;
  effectiveBits: number;
  latencyNs: number;
}

export function outcomeOf(
  architecture: Architecture,
  compression: Compression,
  parts: { fridge: Fridge; chain: ReadoutChain },
  workload: Workload,
): Outcome {
  const { fridge, chain } = parts;
  const readoutLines = Math.ceil(workload.channels / TONES_A_LINE);
  const quality = (slow: SlowState) => qualityOf(chain, slow, workload);
  const effectiveBits = quality(nominalState(chain)).bits;
  const bitsPerSecond = bitsOf(architecture, compression, workload, readoutLines);
  const lines = linesOf(architecture, workload, bitsPerSecond);
  const heat = [
    ...wiringHeat(lines, architecture, fridge),
    ...chipHeat(architecture, compression, workload, readoutLines, effectiveBits, bitsPerSecond),
  ];
  const totalWatts = stageNames.map((_, stage) => heat.reduce((sum, { watts }) => sum + watts[stage], 0));
  const bare = { ...fridge, lines: [] };
  const idle = solveBudget(bare);
  const roomWatts = idle.stages.map(({ capacityWatts }, i) => capacityWatts - ownLoad(idle, i));
  const rest = atRest(bare, totalWatts);
  const kelvins = rest?.stages.map(({ temperatureKelvin }) => temperatureKelvin);
  const seen = kelvins && quality({ ...nominalState(chain), stageKelvin: kelvins });
  const { latency, convertersCold } = architecture;
  const cable = chain.lines[0].delayNs / 2;
  return {
    ...{ architecture: architecture.name, compression, channels: workload.channels, readoutLines, bitsPerSecond },
    ...countsOf(lines, architecture),
    analogHertz: convertersCold ? 0 : readoutLines * SAMPLES_A_SECOND,
    ...{ heat, totalWatts, roomWatts, effectiveBits },
    overloaded: stageNames.filter((_, i) => i < roomWatts.length && totalWatts[i] > roomWatts[i]),
    plateKelvin: kelvins?.[FOUR],
    snrDecibels: seen?.snrDecibels,
    assignmentError: seen?.assignmentError,
    latencyNs: cable + linkNs(architecture, compression) + latency.reduce((sum, { ns }) => sum + ns, 0),
  };
}

/** A decision in the rack needs the link once, or twice where the pulse that depends on it is made at 4 K. */
function linkNs({ link, driveCold, convertersCold }: Architecture, compression: Compression): number {
  if (!link || !convertersCold) return 0;
  if (!driveCold) return link.latencyNs;
  return compression === 'thresholded' ? 0 : 2 * link.latencyNs;
}

/** Heat that arrives at a stage of the bare fridge from anything but lines. */
function ownLoad({ parts }: Budget, stage: number): number {
  return parts.filter(({ kind }) => kind !== 'helium').reduce((sum, { watts }) => sum + (watts[stage] ?? 0), 0);
}

function atRest(fridge: Fridge, watts: readonly number[]): Budget | undefined {
  const heat = new Map(fridge.stages.map(({ name }, i) => [name, watts[i] + fridge.operatingWatts[i]] as const));
  try {
    return solveBudget(fridge, heat);
  } catch (error) {
    if (error instanceof NoRest) return undefined;
    throw error;
  }
}

/** Bits that leave the fridge as numbers. */
function bitsOf(
  { convertersCold, link }: Architecture,
  compression: Compression,
  workload: Workload,
  readoutLines: number,
): number {
  if (!convertersCold || !link) return 0;
  const { channels, windowNs, shotsPerSecond } = workload;
  const perSecond = {
    raw: readoutLines * BITS_A_SAMPLE * windowNs * shotsPerSecond,
    demodulated: channels * BITS_OF_SUMS * shotsPerSecond,
    thresholded: channels * shotsPerSecond,
  };
  return perSecond[compression] * link.overhead;
}

function linesOf({ lines, link, channelsALine }: Architecture, { channels }: Workload, bitsPerSecond: number): Line[] {
  return lines.map((line) => {
    if (line.id === link?.line)
      return { ...line, count: Math.max(1, Math.ceil(bitsPerSecond / link.bitsPerSecondALane)) * link.linesALane };
    return { ...line, count: line.count * Math.ceil(channels / (channelsALine.get(line.id) ?? 1)) };
  });
}

function countsOf(lines: readonly Line[], { beginAt4K }: Architecture): { lines: number; coldLines: number } {
  const sum = (isCold: boolean): number =>
    lines.filter(({ id }) => beginAt4K.includes(id) === isCold).reduce((all, { count }) => all + count, 0);
  return { lines: sum(false), coldLines: sum(true) };
}

function wiringHeat(lines: readonly Line[], { beginAt4K }: Architecture, fridge: Fridge): HeatPart[] {
  const lengths = fridge.stages.map(({ cableMetres }) => cableMetres);
  const nodes = [ROOM_KELVIN, ...fridge.stages.map(({ limitKelvin }) => limitKelvin)];
  const passive = stageNames.map(() => 0);
  const active = stageNames.map(() => 0);
  for (const line of lines) {
    const isCold = beginAt4K.includes(line.id);
    for (const span of spansOf(line, lengths)) {
      if (isCold && span.from < PLATE_NODE) continue;
      const watts = spanWatts(span, nodes);
      passive[span.to - 1] += watts;
      if (span.from > 0) passive[span.from - 1] -= watts;
    }
    const below = isCold ? lengths.map((length, i) => (i <= FOUR ? 0 : length)) : lengths;
    for (const [stage, watts] of activeWatts(line, below, nodes).entries()) active[stage] += watts;
  }
  return [
    { what: 'cables', watts: passive },
    { what: 'attenuators, amplifiers', watts: active },
  ];
}

function chipHeat(
  architecture: Architecture,
  compression: Compression,
  { channels, windowNs, shotsPerSecond }: Workload,
  readoutLines: number,
  bits: number,
  bitsPerSecond: number,
): HeatPart[] {
  const { convertersCold, driveCold, lineWatts, link } = architecture;
  const at4K = (watts: number): number[] => stageNames.map((_, i) => (i === FOUR ? watts : 0));
  let steps = SAMPLES_A_SECOND * energies.jouleAStep;
  for (let i = 0; i < Math.floor(bits); i++) steps *= 2;
  const converters = CONVERTERS_A_CHANNEL * steps * (1 + (bits - Math.floor(bits)));
  const samples = windowNs * shotsPerSecond;
  const idle = idleMicrowatts * 1e-6;
  const event = activityPicojoules[Activity.EVENTS] * 1e-12;
  // Picojoules a microsecond are microwatts.
  const dac = activityPicojoules[Activity.DAC_MICROSECONDS] * 1e-6;
  const parts: HeatPart[] = [
    {
      what: 'mixers, pumps',
      watts: stageNames.map((name) => readoutLines * (lineWatts.find(({ stage }) => stage === name)?.watts ?? 0)),
    },
    { what: 'converters', watts: at4K(convertersCold ? readoutLines * converters : 0) },
    {
      what: 'demodulation',
      watts: at4K(convertersCold && compression !== 'raw' ? channels * samples * energies.jouleAProduct : 0),
    },
    {
      what: 'thresholds',
      watts: at4K(
        convertersCold && compression === 'thresholded' ? channels * shotsPerSecond * energies.jouleAShot : 0,
      ),
    },
    { what: 'link', watts: at4K(link ? bitsPerSecond * link.joulesABit : 0) },
    {
      what: 'sequencers and drive',
      watts: at4K(driveCold ? channels * (CONVERTERS_A_CHANNEL * dac + EVENTS_A_SHOT * shotsPerSecond * event) : 0),
    },
    { what: 'chips at rest', watts: at4K(chipsOf(architecture, channels) * idle) },
  ];
  return parts.filter(({ watts }) => watts.some((each) => each !== 0));
}

function chipsOf({ driveCold, convertersCold }: Architecture, channels: number): number {
  if (driveCold) return Math.ceil(channels / SEQUENCERS_A_CHIP);
  return convertersCold ? Math.ceil(channels / CHANNELS_A_CHIP) : 0;
}

/** SNR of the first channel and effective bits of its converter, by the closed formulas. */
function qualityOf(chain: ReadoutChain, slow: SlowState, { windowNs }: Workload) {
  const window: ReadoutWindow = {
    ...{ line: 0, startNs: 0, openedNs: 0, lengthNs: windowNs, source: 'line', attenuationDecibels: 0, drive: [] },
  };
  const quiet = stateFor(chain, slow, 1, window);
  const frequencyQuarterHertz = 4 * chain.lines[0].resonators[0].offsetHertz;
  const drive = {
    channel: 0,
    frequencyQuarterHertz,
    phase: 0,
    amplitude: [usualAmplitude(quiet, 0), 0],
    state: 0 as const,
  };
  const whole = { ...window, drive: [drive] };
  const { snrDecibels, assignmentError } = predictShot(stateFor(chain, slow, 1, whole), whole);
  const bits = predictBits(quiet, { frequencyHertz: 100e6, amplitude: 1 - 1 / FULL_SCALE_CODES }, 16_384);
  return { snrDecibels, assignmentError, bits };
}
