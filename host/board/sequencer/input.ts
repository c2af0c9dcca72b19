// What a sequencer asks a converter for, and what it is given: the interface between the sequencers and whatever integrates for them.

import type { SequencerOutput } from '../../../protocol/q1/module.ts';

/** What sequencers play. */
export interface PlayedOutputs {
  /** An output of a sequencer at a time that it has reached. */
  output(core: number, which: keyof typeof SequencerOutput, timeNs: number): number;
}

/** A window that has opened on a converter. */
export interface InputWindow {
  core: number;
  /** Readout channel. */
  channel: number;
  /** When it opened, in ns since the release. */
  timeNs: number;
  lengthNs: number;
  /** Weights of both paths; undefined: a square window. */
  weights: readonly [Weight, Weight] | undefined;
}

/** A weight in the memory of the module. */
export interface Weight {
  /** In 1/32768. */
  samples: Int32Array;
  /** Another number whenever the weights in the memory may have changed. */
  version: number;
}

/** Integrates what a converter samples. */
export interface InputSource {
  /** Sums of I and Q as four words, i64 each, in sample units times ns; flags of SequencerFlag to raise. The window has opened. */
  measure(sequencers: PlayedOutputs, window: InputWindow): { sums: Int32Array; flags: number };
  /** What became of the sums: bits of SequencerSupply. */
  judged?(window: InputWindow, outcome: number): void;
}
