// Measures the channels of a readout chain on a real board in its fridge, and calculates the same with the closed formulas.
//
//   board in its fridge ─▶ shots of both states, six channels at a time ─▶ figures  ┐
//   slow state at that moment ─▶ closed formulas ──────────────────────────────────┴─▶ report
//   test tone ─▶ scope of the chip ─▶ sine fit ─▶ effective bits of records ─▶ beside their formula

import { PulseDevice } from '../../hil/rig/pulse/pulse-device.ts';
import { amplitudeAsPlayed, type Clouds, measureShots, type ShotPlan } from '../../hil/rig/readout/shots.ts';
import { second } from '../../hil/rig/time.ts';
import { WiredCryostat } from '../../hil/rig/wiring.ts';
import { sequencerCount } from '../../host/board/sequencer/sequencer-module.ts';
import type { Fridge } from '../../host/plant/cryostat/fridge.ts';
import {
  FULL_SCALE_CODES,
  type ReadoutChain,
  type ReadoutWindow,
  TONES_A_LINE,
} from '../../host/plant/readout/chain-data.ts';
import { effectiveBits } from '../../host/plant/readout/formulas.ts';
import type { LineState } from '../../host/plant/readout/line-state.ts';
import { predictBits, predictShot, type ShotPrediction, usualAmplitude } from '../../host/plant/readout/predict.ts';
import { stateFor } from '../../host/plant/readout/sampler.ts';
import type { Build } from '../../host/tools/build.ts';
import { captureTone, type TestTone } from '../../host/tools/readout/capture.ts';
import { type CloudFigures, cloudFigures } from '../../host/tools/readout/clouds.ts';
import { fitSine } from '../../host/tools/readout/sine-fit.ts';
import type { RequestOptions, SmpClient } from '../../host/tools/smp/index.ts';
import { profiles } from '../../protocol/q1/profiles.ts';
import { factoryDevice } from '../factory-device.ts';

/** What is measured, and where. */
export interface ShotOptions {
  /** In words: in which fridge, or which device. */
  where: string;
  chain: ReadoutChain;
  channels: readonly number[];
  shots: number;
  lengthNs: number;
}

export interface MeasureOptions extends ShotOptions {
  fridge: Fridge;
  seed: number;
  faults: readonly string[];
  /** Called again and again while shots are measured. */
  onWait?: () => Promise<void>;
}

export interface ChannelReport {
  plan: ShotPlan;
  name: string;
  attenuationDecibels: number;
  clouds: Clouds['states'];
  measured: CloudFigures;
  /** Undefined of a device whose surroundings are not known. */
  formula?: ShotPrediction;
}

export interface LineReport {
  line: number;
  name: string;
  /** Effective bits of each record. */
  bits: readonly number[];
  /** Of the emulated chain: undefined of a device whose surroundings are not known. */
  state?: LineFigures;
}

export interface LineFigures {
  noiseKelvin: number;
  chipKelvin: number;
  jitterFemtoseconds: number;
  bitsFormula: number;
}

export interface ReadoutReport {
  channels: ChannelReport[];
  lines: LineReport[];
}

/** Deviations that chance does not explain, and those of the distance of two medians from that of two means. */
const [DEVIATIONS, MEDIANS] = [5, 9];

/** Whether the distance of the clouds is the one of the formula, as far as so many shots can tell. Where there is no formula nothing differs. */
export function agrees({ measured, formula }: ChannelReport): boolean {
  if (!formula) return true;
  const root = Math.sqrt(measured.shots[0]);
  const spread = DEVIATIONS / (Math.SQRT2 * root) + MEDIANS / (measured.distance * root);
  return Math.abs(Math.log(measured.distance / formula.distance)) < spread;
}

/** The firmware starts its tasks; and again, while faults begin. */
const SETTLE_NS = 2 * second;
const RECORD_NS = 16_384;
const RECORDS = 32;
/** Of no simple relation to the rate of the samples; nine tenths of full scale, as the chip can make them. */
const TEST_TONE: TestTone = { frequencyHertz: 101_318_359, amplitude: 29_491 / 32_768 };

/** How many channels are measured at a time: each shot of both states has a bin of its own, and all sequencers share the bins. */
export const channelsTogether = (shots: number): number =>
  Math.min(sequencerCount, Math.floor(profiles['qblox-qrm'].bins / (2 * shots)));

/** Yields what it is at. */
export async function* measureReadout(build: Build, options: MeasureOptions): AsyncGenerator<string, ReadoutReport> {
  const { fridge, chain, channels, seed } = options;
  const wired = new WiredCryostat(fridge, { seed, readout: chain });
  const device = await factoryDevice(build, { seed, surroundings: () => wired });
  device.run(SETTLE_NS);
  // The drive is set on the healthy chain; faults come afterwards.
  const plans = channels.map((channel) => planOf(wired, channel, device.now, seed));
  for (const fault of options.faults) device.fault(fault);
  device.run(SETTLE_NS);
  const pulse = new PulseDevice(device);
  const reports: ChannelReport[] = [];
  const together = channelsTogether(options.shots);
  for (let first = 0; first < channels.length; first += together) {
    const some = plans.slice(first, first + together);
    yield `channels ${some.map(({ channel }) => channel).join(', ')}`;
    for (const clouds of await measureShots(pulse, some, options, options.onWait))
      reports.push(reportOf(wired, clouds, options));
  }
  const lines: LineReport[] = [];
  for (const line of new Set(channels.map((channel) => Math.floor(channel / TONES_A_LINE)))) {
    lines.push(yield* testLine(wired, pulse, line, seed));
  }
  return { channels: reports, lines };
}

function stateAt(wired: WiredCryostat, window: ReadoutWindow, seed: number): LineState {
  const { readout, cryostat, faults } = wired;
  return stateFor(readout.chain, readout.stateAt(window.openedNs, cryostat, faults), seed, window);
}

function windowAt(line: number, startNs: number, lengthNs: number, drive: ReadoutWindow['drive'] = []): ReadoutWindow {
  return { line, startNs, openedNs: startNs, lengthNs, source: 'line', attenuationDecibels: 0, drive };
}

function planOf(wired: WiredCryostat, channel: number, nowNs: number, seed: number): ShotPlan {
  const [line, own] = [Math.floor(channel / TONES_A_LINE), channel % TONES_A_LINE];
  const { chain } = wired.readout;
  const amplitude = usualAmplitude(stateAt(wired, windowAt(line, nowNs, 1), seed), own);
  return {
    channel,
    frequencyHertz: Math.round(chain.lines[line].resonators[own].offsetHertz),
    amplitude: amplitudeAsPlayed(Math.min(1 - 2 ** -15, amplitude)),
  };
}

function reportOf(wired: WiredCryostat, clouds: Clouds, { lengthNs, seed }: MeasureOptions): ChannelReport {
  const { plan, startNs, states } = clouds;
  const { channel, frequencyHertz, amplitude } = plan;
  const [line, own] = [Math.floor(channel / TONES_A_LINE), channel % TONES_A_LINE];
  const drive = {
    channel,
    frequencyQuarterHertz: 4 * frequencyHertz,
    phase: 0,
    amplitude: [amplitude, 0],
    state: 0 as const,
  };
  const window = { ...windowAt(line, startNs, lengthNs, [drive]), attenuationDecibels: clouds.attenuationDecibels };
  return {
    plan,
    name: wired.readout.chain.lines[line].resonators[own].name,
    attenuationDecibels: clouds.attenuationDecibels,
    clouds: states,
    measured: cloudFigures(states),
    formula: predictShot(stateAt(wired, window, seed), window),
  };
}

async function* testLine(
  wired: WiredCryostat,
  { device, client }: PulseDevice,
  line: number,
  seed: number,
): AsyncGenerator<string, LineReport> {
  const states: LineState[] = [];
  const bits: number[] = [];
  for (let record = 0; record < RECORDS; record++) {
    yield `the converter of line ${line}`;
    // To fetch records warms the chip, which costs effective bits: each is compared with what the formula gives at its own moment.
    states.push(stateAt(wired, windowAt(line, device.now, RECORD_NS), seed));
    bits.push(await recordBits(client, line, record));
  }
  const meanOf = (figure: (state: LineState) => number) =>
    states.reduce((sum, state) => sum + figure(state), 0) / RECORDS;
  const state = {
    noiseKelvin: meanOf(({ noiseKelvin }) => noiseKelvin),
    chipKelvin: meanOf(({ chipKelvin }) => chipKelvin),
    jitterFemtoseconds: meanOf(({ jitterNs }) => jitterNs * 1e6),
    bitsFormula: meanOf((each) => predictBits(each, TEST_TONE, RECORD_NS)),
  };
  return { line, name: states[0].data.name, bits, state };
}

/** Effective bits of one record of the test tone: of I and Q in turn. */
export async function recordBits(
  client: SmpClient,
  line: number,
  record: number,
  options?: RequestOptions,
): Promise<number> {
  const codes = await captureTone(client, line, TEST_TONE, RECORD_NS, options);
  const path = Float64Array.from({ length: RECORD_NS }, (_, n) => codes[2 * n + (record % 2)]);
  return effectiveBits(2 * FULL_SCALE_CODES, fitSine(path, TEST_TONE.frequencyHertz / 1e9).residual);
}
