// What is to be calibrated on a device: its readout channels, about where their resonators are, how strongly they are driven, and the limits.
//
// What must stay true: a plan is data. Where a resonator is is only a beginning: once it was calibrated, the record of the device says it.

export interface ChannelPlan {
  /** line * 8 + tone. */
  channel: number;
  frequencyHertz: number;
  /** Of its drive, in full scale of the output. */
  amplitude: number;
  /** Linewidth to be expected. */
  kappaHertz: number;
}

export interface CalibrationPlan {
  channels: readonly ChannelPlan[];
  /** Window of a readout. */
  windowNs: number;
  /** A frequency at which no line has a resonator: there the path is measured. */
  quietHertz: number;
  limits: Limits;
  /** How long each kind of calibration counts. */
  timeoutNs: Record<NodeKind, number>;
}

export const nodeKinds = ['offset', 'output', 'mixer', 'gain', 'timing', 'resonator', 'threshold'] as const;
export type NodeKind = (typeof nodeKinds)[number];

export interface Limits {
  /** Of what the converter shows without a signal. */
  offsetCodes: number;
  /** Of an output without a drive, in parts of full scale. */
  outputParts: number;
  /** Image over tone, as a ratio of amplitudes. */
  imageRatio: number;
  /** Of the level, as a part of what it was. */
  gainParts: number;
  delayNs: number;
  /** Of the frequency, as a part of the linewidth. */
  frequencyParts: number;
  /** Of the angle between the axis and both states. */
  rotationDegrees: number;
  /** Of the threshold from the middle, in deviations of a shot. */
  thresholdDeviations: number;
  snrDecibels: number;
}

const MINUTE_NS = 60e9;
const HOUR_NS = 60 * MINUTE_NS;

export const usualLimits: Limits = {
  // 1/f noise and the warmth of the chip move it by up to 1.5 codes from one measurement to the next; a tone away from zero does not see it.
  offsetCodes: 3,
  outputParts: 0.01,
  imageRatio: 0.005,
  gainParts: 0.02,
  delayNs: 1,
  frequencyParts: 0.05,
  rotationDegrees: 5,
  thresholdDeviations: 0.75,
  snrDecibels: 20,
};

export const usualTimeouts: Record<NodeKind, number> = {
  ...{ offset: 6 * HOUR_NS, output: 24 * HOUR_NS, mixer: 12 * HOUR_NS, gain: 2 * HOUR_NS },
  ...{ timing: 24 * HOUR_NS, resonator: HOUR_NS, threshold: 10 * MINUTE_NS },
};

export const TONES_A_LINE = 8;
export const lineOf = (channel: number): number => Math.floor(channel / TONES_A_LINE);

/** Lines of a plan, in their order. */
export const linesOf = (plan: CalibrationPlan): number[] =>
  [...new Set(plan.channels.map(({ channel }) => lineOf(channel)))].sort((a, b) => a - b);
