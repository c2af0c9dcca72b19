// Calibrations of a converter line: offset of its inputs, offset of the output, mixer, gain, delay. Those of a line come before those of its channels.
//
// What is measured is what the corrections in force leave. Sources of the formulas are beside them. What must stay true: all of it is measured where no
// resonator is (`quietHertz`), so that a resonator that moved does not look like a gain that did.

import { CalLine, CalSequencer } from '../../../../protocol/calibration/record.ts';
import type { CalibrationRecord, LineCalibration } from '../../calibration-record.ts';
import { fitCurve } from '../fit.ts';
import type { NodeKind } from '../plan.ts';
import type { Measured, Quantity, Situation } from '../quantity.ts';
import { within } from '../quantity.ts';
import { deviationOf, difference, type Iq, meanOf, type Shots, sizeOf } from '../readout-bench.ts';

const CODE_PARTS = 256;
const ONE = 2 ** 20;
/** 64 windows of 8 us: what is 200 codes of noise in a sample is 0.3 codes in their mean. */
const SHOTS = 32;
/** Noise looks like an image: with so many shots it is 0.15 of the limit in each part; with a third of them one calibration in fifty fails by chance. */
const IMAGE_SHOTS = 96;
const WINDOW_NS = 8192;
/** A tone that is weaker than this against its scatter says nothing. */
const SEEN = 10;
const LEVEL = 0.9;
const CLIPPED = 'the converter was out of its range';

type Make = (line: number, timeoutNs: number) => Quantity;

const named = (kind: NodeKind, line: number): string => `${kind}-${line}`;

function withLine(record: CalibrationRecord, line: number, change: Partial<LineCalibration>): CalibrationRecord {
  const lines = record.lines.map((each, index) => (index === line ? { ...each, ...change } : each));
  return { ...record, lines };
}

const columns = (shots: readonly Iq[]): Record<string, number[]> => ({
  i: shots.map(({ i }) => i),
  q: shots.map(({ q }) => q),
});

/** All windows: the state of the qubit does not matter here. */
const all = ({ zero, one }: Shots): Iq[] => [...zero, ...one];
const decibels = (ratio: number): number => 20 * Math.log10(ratio);

/** What both converters show without a signal, from the leakage of the mixer and from the converters. */
export const offsetNode: Make = (line, timeoutNs) => ({
  ...{ name: named('offset', line), dependsOn: [], timeoutNs },
  async measure({ bench, plan }): Promise<Measured> {
    const channel = line * 8;
    const inputs = { channel, windowNs: WINDOW_NS, shots: SHOTS };
    const shots = await bench.measure({ ...inputs, driveHertz: plan.quietHertz, listenHertz: 0, amplitude: 0 });
    const shown = meanOf(all(shots));
    // Offsets are taken off before the device makes up for an attenuation.
    const mean = { i: shown.i / shots.gain, q: shown.q / shots.gain };
    const limit = plan.limits.offsetCodes;
    const off = Math.max(Math.abs(mean.i), Math.abs(mean.q)) / limit;
    const text = `offsets of ${mean.i.toFixed(2)} and ${mean.q.toFixed(2)} codes, limit ${limit}`;
    const bad = shots.clipped ? `${CLIPPED} without a signal` : undefined;
    return {
      inputs,
      data: columns(all(shots)),
      results: { offsetICodes: mean.i, offsetQCodes: mean.q },
      bad,
      off,
      text,
    };
  },
  correct({ record }, { results }) {
    const { offsetI, offsetQ } = record.lines[line];
    const most = CalLine.OFFSET_MOST;
    return withLine(record, line, {
      offsetI: within(offsetI + results.offsetICodes * CODE_PARTS, most, 'the offset of I'),
      offsetQ: within(offsetQ + results.offsetQCodes * CODE_PARTS, most, 'the offset of Q'),
    });
  },
});

/** Sequencer that the calibrations play with, whose output is calibrated with them. */
export const CALIBRATING_SEQUENCER = 0;

/** What the output sends beside its drive: the answers to a drive and to its negative are not symmetrical about zero. */
export const outputNode: Make = (line, timeoutNs) => ({
  ...{ name: named('output', CALIBRATING_SEQUENCER), dependsOn: [named('offset', line)], timeoutNs },
  async measure({ bench, plan }): Promise<Measured> {
    const inputs = { channel: line * 8, driveHertz: plan.quietHertz, windowNs: WINDOW_NS, shots: SHOTS, level: LEVEL };
    const answers = [
      await bench.measure({ ...inputs, amplitude: LEVEL }),
      await bench.measure({ ...inputs, amplitude: -LEVEL }),
    ];
    const [plus, minus] = answers.map((shots) => meanOf(all(shots)));
    const slope = difference(plus, minus);
    const seen = sizeOf(slope) / deviationOf(all(answers[0]));
    // (plus + minus) / (plus - minus), complex, is the offset in parts of the level.
    const sum = { i: plus.i + minus.i, q: plus.q + minus.q };
    const square = sizeOf(slope) ** 2;
    const parts = LEVEL * ((sum.i * slope.i + sum.q * slope.q) / square);
    const quarter = LEVEL * ((sum.q * slope.i - sum.i * slope.q) / square);
    const limit = plan.limits.outputParts;
    const [up, down] = answers.map((shots) => columns(all(shots)));
    return {
      ...{ inputs, data: { upI: up.i, upQ: up.q, downI: down.i, downQ: down.q } },
      results: { offset0Parts: parts, offset1Parts: quarter },
      bad: answers.some(({ clipped }) => clipped)
        ? CLIPPED
        : seen > SEEN
          ? undefined
          : 'the drive is not seen at the input',
      off: Math.max(Math.abs(parts), Math.abs(quarter)) / limit,
      text: `output offsets of ${percent(parts)} and ${percent(quarter)} % of full scale, limit ${100 * limit} %`,
    };
  },
  correct({ record }, { results }) {
    const most = CalSequencer.OFFSET_MOST;
    const sequencers = record.sequencers.map((each, index) => {
      if (index !== CALIBRATING_SEQUENCER) return each;
      const offset0 = within(each.offset0 - results.offset0Parts * FULL_SCALE_STEPS, most, 'the offset of path 0');
      const offset1 = within(each.offset1 - results.offset1Parts * FULL_SCALE_STEPS, most, 'the offset of path 1');
      return { ...each, offset0, offset1 };
    });
    return { ...record, sequencers };
  },
});

const FULL_SCALE_STEPS = 32_768;
const percent = (parts: number): string => (100 * parts).toFixed(3);

/** Tones at both sides: the mean of their images, because what is not the mixer's differs from tone to tone. */
const mixerSides = [1, -1] as const;

/**
 * Mixer. I' = I, Q' = (1 + e) Q + b I makes of a tone z the sum (2 + e + i b) / 2 z + (-e + i b) / 2 z*. So image over conjugated tone is
 * (-e + i b) / 2 for small errors; a second calibration takes what is left of the squares.
 */
export const mixerNode: Make = (line, timeoutNs) => ({
  ...{ name: named('mixer', line), dependsOn: [named('offset', line)], timeoutNs },
  async measure({ bench, plan }): Promise<Measured> {
    const inputs = {
      channel: line * 8,
      windowNs: WINDOW_NS,
      shots: IMAGE_SHOTS,
      amplitude: LEVEL,
      quietHertz: plan.quietHertz,
    };
    const data: Record<string, number[]> = { driveHertz: [], toneI: [], toneQ: [], imageI: [], imageQ: [] };
    const [e, b]: [number[], number[]] = [[], []];
    let [clipped, seen] = [false, Number.POSITIVE_INFINITY];
    for (const side of mixerSides) {
      const tone = { ...inputs, driveHertz: side * plan.quietHertz };
      const direct = await bench.measure(tone);
      const mirrored = await bench.measure({ ...tone, listenHertz: -tone.driveHertz });
      const [d, m] = [meanOf(all(direct)), meanOf(all(mirrored))];
      clipped ||= direct.clipped || mirrored.clipped;
      seen = Math.min(seen, sizeOf(d) / deviationOf(all(direct)));
      const square = sizeOf(d) ** 2;
      // m / d*, whose real part is -e / 2 and whose imaginary part is b / 2.
      e.push((-2 * (m.i * d.i - m.q * d.q)) / square);
      b.push((2 * (m.i * d.q + m.q * d.i)) / square);
      for (const [key, value] of Object.entries({
        driveHertz: tone.driveHertz,
        toneI: d.i,
        toneQ: d.q,
        imageI: m.i,
        imageQ: m.q,
      }))
        data[key].push(value);
    }
    const [imbalance, skew] = [e, b].map((each) => (each[0] + each[1]) / 2);
    const ratio = Math.hypot(imbalance, skew) / 2;
    const limit = plan.limits.imageRatio;
    return {
      ...{ inputs, data, results: { imbalance, skewRadians: -skew, imageRatio: ratio } },
      bad: clipped ? CLIPPED : seen > SEEN ? undefined : 'the tone is not seen at the input',
      off: ratio / limit,
      text: `an image at ${decibels(ratio).toFixed(1)} dB, limit ${decibels(limit).toFixed(1)} dB`,
    };
  },
  correct({ record }, { results }) {
    const { imbalance, skew } = record.lines[line];
    return withLine(record, line, {
      imbalance: within(imbalance + results.imbalance * ONE, CalLine.IMBALANCE_MOST, 'the imbalance'),
      skew: within(skew + results.skewRadians * ONE, CalLine.SKEW_MOST, 'the skew'),
    });
  },
});

async function quietTone({ bench, plan }: Situation, line: number, stepHertz = 0) {
  const driveHertz = plan.quietHertz + stepHertz;
  const inputs = { channel: line * 8, driveHertz, amplitude: LEVEL, windowNs: WINDOW_NS, shots: SHOTS };
  const shots = await bench.measure(inputs);
  const mean = meanOf(all(shots));
  const seen = sizeOf(mean) / deviationOf(all(shots)) > SEEN;
  const bad = shots.clipped ? CLIPPED : seen ? undefined : 'the tone is not seen at the input';
  return { inputs, shots: all(shots), mean, bad };
}

/**
 * The level of a tone that no resonator touches, against what it was at the first calibration: thresholds are made for that level. Where the record
 * cannot bring the level back (an amplifier is gone), the level without correction is the new reference; the thresholds follow.
 */
export const gainNode: Make = (line, timeoutNs) => ({
  ...{ name: named('gain', line), dependsOn: [named('mixer', line)], timeoutNs },
  async measure(situation, width): Promise<Measured> {
    const { inputs, shots, mean, bad } = await quietTone(situation, line);
    const levelCodes = sizeOf(mean);
    const uncorrected = levelCodes / (1 + situation.record.lines[line].gain / ONE);
    const before = situation.before?.referenceCodes ?? levelCodes;
    const isOutOfReach = Math.abs(before / uncorrected - 1) > CalLine.GAIN_MOST / ONE;
    const referenceCodes = width === 'calibrate' && isOutOfReach ? uncorrected : before;
    const limit = situation.plan.limits.gainParts;
    const ratio = levelCodes / referenceCodes;
    return {
      ...{ inputs, data: columns(shots), results: { levelCodes, referenceCodes } },
      bad,
      off: Math.abs(ratio - 1) / limit,
      text: `a level of ${levelCodes.toFixed(2)} codes, ${(100 * (ratio - 1)).toFixed(2)} % from the reference, limit ${100 * limit} %`,
    };
  },
  correct({ record }, { results }) {
    const factor = (1 + record.lines[line].gain / ONE) * (results.referenceCodes / results.levelCodes);
    return withLine(record, line, { gain: within((factor - 1) * ONE, CalLine.GAIN_MOST, 'the gain') });
  },
});

/** Each step tells the next one's whole turns: a step of 1 MHz is unambiguous up to 1 us. */
const delayStepsHertz = [0, 1e6, 4e6, 16e6, 64e6];
const PHASE_RMS_TURNS = 0.01;

/** The delay of the line, from the phase of its answer: phase = phase at 0 - frequency times delay. */
export const timingNode: Make = (line, timeoutNs) => ({
  ...{ name: named('timing', line), dependsOn: [named('gain', line)], timeoutNs },
  async measure(situation): Promise<Measured> {
    const turns: number[] = [];
    let bad: string | undefined;
    let inputs: Record<string, number> = {};
    let delaySeconds = 0;
    for (const [index, step] of delayStepsHertz.entries()) {
      const tone = await quietTone(situation, line, step);
      bad ??= tone.bad;
      if (index === 0) inputs = tone.inputs;
      const phase = Math.atan2(tone.mean.q, tone.mean.i) / (2 * Math.PI);
      const expected = index === 0 ? phase : turns[0] - step * delaySeconds;
      turns.push(expected + nearest(phase - expected));
      if (index > 0) delaySeconds = (turns[0] - turns[index]) / step;
      // A line is late, never early: the first step alone may be a turn off.
      if (index === 1 && delaySeconds < -NOT_EARLY_SECONDS)
        [turns[1], delaySeconds] = [turns[1] - 1, delaySeconds + 1 / step];
    }
    const found = fitCurve('phaseLine', delayStepsHertz, turns, [turns[0], delaySeconds], [1, 1e-7]);
    const delay = found.parameters.delay * 1e9;
    const stored = situation.record.lines[line].delayNs;
    const limit = situation.plan.limits.delayNs;
    const isLine = found.rms < PHASE_RMS_TURNS;
    return {
      ...{ inputs, data: { stepHertz: delayStepsHertz, turns }, fit: found },
      results: { delayNs: delay, delayErrorNs: found.errors.delay * 1e9 },
      bad: bad ?? (isLine ? undefined : `the phase is no line over frequency: ${found.rms.toFixed(3)} turns about it`),
      off: Math.abs(delay - stored) / limit,
      text: `a delay of ${delay.toFixed(2)} ns, ${stored} ns in the record, limit ${limit} ns`,
    };
  },
  correct({ record }, { results }) {
    return withLine(record, line, { delayNs: within(results.delayNs, CalLine.DELAY_MOST, 'the delay') });
  },
});

const NOT_EARLY_SECONDS = 50e-9;
/** A difference of phases, without its whole turns. */
const nearest = (turns: number): number => turns - Math.round(turns);
