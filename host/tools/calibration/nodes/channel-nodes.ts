// Calibrations of a readout channel: where its resonator is, and how both states of its qubit are told apart.
//
// What must stay true: a frequency that was calibrated is in the record; before that it is the plan's.

import { CalChannel } from '../../../../protocol/calibration/record.ts';
import { ReadoutLimit } from '../../../../protocol/readout/module.ts';
import type { CalibrationRecord, ChannelCalibration } from '../../calibration-record.ts';
import { medianOf } from '../../readout/clouds.ts';
import { fitCurve } from '../fit.ts';
import { type CalibrationPlan, type ChannelPlan, lineOf } from '../plan.ts';
import type { Measured, Quantity } from '../quantity.ts';
import { within } from '../quantity.ts';
import { deviationOf, difference, type Iq, meanOf, sizeOf } from '../readout-bench.ts';

const QUARTERS = 4;
const CLIPPED = 'the converter was out of its range';

type Make = (channel: ChannelPlan, timeoutNs: number) => Quantity;

function withChannel(
  record: CalibrationRecord,
  channel: number,
  change: Partial<ChannelCalibration>,
): CalibrationRecord {
  const channels = record.channels.map((each, index) => (index === channel ? { ...each, ...change } : each));
  return { ...record, channels };
}

/** Without a tone in the record nobody but a plan knows what the channel listens to. */
export const hasTone = ({ channels }: CalibrationRecord, channel: number): boolean =>
  (channels[channel].flags & CalChannel.FLAG_TONE) !== 0;

/** Where the tone of a channel is now. */
export function toneHertz(record: CalibrationRecord, { channel, frequencyHertz }: ChannelPlan): number {
  return hasTone(record, channel) ? record.channels[channel].frequencyQuarterHertz / QUARTERS : frequencyHertz;
}

/**
 * Points of a scan, in linewidths from where the resonator should be, and shots of each. So many that what one scan finds differs from what the next one finds by
 * a quarter of the limit at most (one standard deviation, in the usual chain): else a calibration would fail by chance.
 */
const scans = {
  check: { reach: 1.2, points: 9, shots: 80 },
  calibrate: { reach: 4, points: 33, shots: 60 },
} as const;
/** A peak against the scatter of a point, and how much of the scan its curve explains. */
const PEAK_LEAST = 8;
const EXPLAINED_LEAST = 0.9;

/** The middle of both states of the resonator, where their answers are furthest apart. */
export const resonatorNode: Make = (plan, timeoutNs) => ({
  ...{ name: `resonator-${plan.channel}`, dependsOn: [`timing-${lineOf(plan.channel)}`], timeoutNs },
  async measure({ bench, record, plan: { limits, windowNs } }, width): Promise<Measured> {
    const { channel, amplitude, kappaHertz } = plan;
    const { reach, points, shots: count } = scans[width];
    const middleHertz = toneHertz(record, plan);
    const inputs = {
      channel,
      amplitude,
      middleHertz,
      reachHertz: reach * kappaHertz,
      points,
      windowNs,
      shots: count,
    };
    const offsets = Array.from({ length: points }, (_, i) => reach * kappaHertz * ((2 * i) / (points - 1) - 1));
    const data: Record<string, number[]> = {
      offsetHertz: offsets,
      distanceCodes: [],
      zeroI: [],
      zeroQ: [],
      oneI: [],
      oneQ: [],
    };
    let [clipped, scatter] = [false, 0];
    for (const offset of offsets) {
      const shots = await bench.measure({
        channel,
        amplitude,
        windowNs,
        shots: count,
        driveHertz: middleHertz + offset,
      });
      const [zero, one] = [meanOf(shots.zero), meanOf(shots.one)];
      clipped ||= shots.clipped;
      scatter = Math.max(scatter, deviationOf(shots.zero) / Math.sqrt(count));
      const row = {
        distanceCodes: sizeOf(difference(one, zero)),
        zeroI: zero.i,
        zeroQ: zero.q,
        oneI: one.i,
        oneQ: one.q,
      };
      for (const [key, value] of Object.entries(row)) data[key].push(value);
    }
    const { peak, found } = resonanceIn(offsets, data.distanceCodes, kappaHertz);
    const { centre, kappa, chi } = found.parameters;
    const limit = limits.frequencyParts * kappaHertz;
    const results = {
      frequencyHertz: middleHertz + centre,
      offHertz: centre,
      kappaHertz: Math.abs(kappa),
      chiHertz: Math.abs(chi),
      peakCodes: peak,
    };
    return {
      ...{ inputs, data, fit: found, results },
      bad: clipped ? CLIPPED : badScan(peak / scatter, found.explained, centre, reach * kappaHertz),
      off: Math.max(hasTone(record, channel) ? 0 : 2, Math.abs(centre) / limit),
      text: `${hasTone(record, channel) ? '' : 'no tone in the record; '}the resonator is ${(centre / 1e3).toFixed(1)} kHz from its tone, limit ${(limit / 1e3).toFixed(0)} kHz`,
    };
  },
  correct({ record }, { results }) {
    const { channel } = plan;
    const quarters = within(results.frequencyHertz * QUARTERS, CalChannel.FREQUENCY_MOST, 'the frequency');
    const flags = record.channels[channel].flags | CalChannel.FLAG_TONE;
    return withChannel(record, channel, { flags, frequencyQuarterHertz: quarters });
  },
});

/** The curve through a scan, which begins at its largest point. */
function resonanceIn(offsets: number[], distances: number[], kappaHertz: number) {
  const peak = Math.max(...distances);
  const at = offsets[distances.indexOf(peak)];
  const from = [peak, at, kappaHertz, kappaHertz / 2];
  return { peak, found: fitCurve('dispersive', offsets, distances, from, [peak, kappaHertz, kappaHertz, kappaHertz]) };
}

function badScan(seen: number, explained: number, centre: number, reach: number): string | undefined {
  if (!(seen > PEAK_LEAST)) return `both states look alike in the whole scan (${seen.toFixed(1)} times the scatter)`;
  if (!(explained > EXPLAINED_LEAST))
    return `the curve of a resonator explains only ${(100 * explained).toFixed(0)} % of the scan`;
  if (Math.abs(centre) > reach) return `the resonator lies outside of the scan, ${(centre / 1e6).toFixed(2)} MHz off`;
  return undefined;
}

const SHOTS = { check: 200, calibrate: 500 } as const;
const ONE = CalChannel.ROTATION_ONE;
/** Both clusters must be apart at all before an angle between them means something. */
const APART_LEAST = 2;

/** Angle and middle of both states. The deviation is that of state 0, which does not decay. */
export const thresholdNode: Make = (plan, timeoutNs) => ({
  ...{ name: `threshold-${plan.channel}`, dependsOn: [`resonator-${plan.channel}`], timeoutNs },
  async measure({ bench, record, plan: whole }, width): Promise<Measured> {
    const { channel, amplitude } = plan;
    const { windowNs, limits } = whole;
    const driveHertz = toneHertz(record, plan);
    const inputs = { channel, amplitude, driveHertz, windowNs, shots: SHOTS[width] };
    const shots = await bench.measure(inputs);
    const [zero, one] = [shots.zero, shots.one].map(middleOf);
    const apart = difference(one, zero);
    const distanceCodes = sizeOf(apart);
    const axis = { i: apart.i / distanceCodes, q: apart.q / distanceCodes };
    const deviation = deviationOf(shots.zero);
    const snr = distanceCodes / deviation;
    const snrDecibels = 20 * Math.log10(snr);
    const middle = ((zero.i + one.i) * axis.i + (zero.q + one.q) * axis.q) / 2;
    const errors = [
      shots.zero.filter((shot) => along(shot, axis) >= middle),
      shots.one.filter((shot) => along(shot, axis) < middle),
    ];
    const error = (errors[0].length + errors[1].length) / (2 * shots.zero.length);
    const units = windowNs / ReadoutLimit.FULL_SCALE;
    const shown = {
      ...{ angleTurns: Math.atan2(axis.q, axis.i) / (2 * Math.PI), middleUnits: middle * units },
      ...{ distanceCodes, deviationCodes: deviation, snrDecibels, assignmentError: error },
    };
    const results = { ...shown, ...againstRecord(shown, record.channels[channel], units * deviation) };
    const { off, text } = judged(results, limits);
    const bad = shots.clipped
      ? CLIPPED
      : snr > APART_LEAST
        ? undefined
        : `both states look alike (${snr.toFixed(1)} deviations apart)`;
    const data = {
      zeroI: shots.zero.map(({ i }) => i),
      zeroQ: shots.zero.map(({ q }) => q),
      oneI: shots.one.map(({ i }) => i),
      oneQ: shots.one.map(({ q }) => q),
    };
    return { inputs, data, results, bad, off, text };
  },
  correct({ record }, { results }) {
    const { channel } = plan;
    const angle = 2 * Math.PI * results.angleTurns;
    // A threshold is that of a tone: the device judges the channel only while it listens to it.
    const flags = record.channels[channel].flags | CalChannel.FLAG_THRESHOLD | CalChannel.FLAG_TONE;
    const quarters = toneHertz(record, plan) * QUARTERS;
    return withChannel(record, channel, {
      flags,
      frequencyQuarterHertz: within(quarters, CalChannel.FREQUENCY_MOST, 'the frequency'),
      rotationCos: within(Math.cos(angle) * ONE, ONE, 'the cosine'),
      rotationSin: within(Math.sin(angle) * ONE, ONE, 'the sine'),
      threshold: within(results.middleUnits, 2 ** 31 - 1, 'the threshold'),
    });
  },
});

/** Median of each quadrature: shots that decayed on the way do not move it. */
function middleOf(shots: readonly Iq[]): Iq {
  const values = new Float64Array(shots.length);
  const median = (quadrature: 'i' | 'q'): number => {
    for (const [n, shot] of shots.entries()) values[n] = shot[quadrature];
    return medianOf(values);
  };
  return { i: median('i'), q: median('q') };
}

const along = ({ i, q }: Iq, axis: Iq): number => i * axis.i + q * axis.q;

type Shown = { angleTurns: number; middleUnits: number; snrDecibels: number };

/** How far axis and threshold of the record are from what was shown, with their signs; nothing where the record has none. */
function againstRecord(shown: Shown, stored: ChannelCalibration, deviationUnits: number) {
  if ((stored.flags & CalChannel.FLAG_THRESHOLD) === 0) return undefined;
  const turned = shown.angleTurns - Math.atan2(stored.rotationSin, stored.rotationCos) / (2 * Math.PI);
  return {
    axisDegrees: 360 * (turned - Math.round(turned)),
    thresholdDeviations: (shown.middleUnits - stored.threshold) / deviationUnits,
  };
}

type Results = Shown & { axisDegrees?: number; thresholdDeviations?: number };

function judged(results: Results, limits: CalibrationPlan['limits']) {
  const { snrDecibels, axisDegrees, thresholdDeviations } = results;
  const snr = `SNR ${snrDecibels.toFixed(1)} dB, at least ${limits.snrDecibels}`;
  const tooLow = snrDecibels < limits.snrDecibels ? 1 + limits.snrDecibels - snrDecibels : 0;
  if (axisDegrees === undefined || thresholdDeviations === undefined)
    return { off: Math.max(tooLow, Number.MAX_VALUE), text: `no threshold in the record; ${snr}` };
  const [degrees, moved] = [Math.abs(axisDegrees), Math.abs(thresholdDeviations)];
  return {
    off: Math.max(degrees / limits.rotationDegrees, moved / limits.thresholdDeviations, tooLow),
    text: `axis ${degrees.toFixed(1)} degrees off (limit ${limits.rotationDegrees}), threshold ${moved.toFixed(2)} deviations off (limit ${limits.thresholdDeviations}), ${snr}`,
  };
}
