// The readout's calculation in double precision, and how far the module may be off.
//
// How far the sums may be from the exact ones, derived. An entry of the tone's table is off by at most half a unit of 2^-14 (angle.ts adds 2^-16 of that), so a
// sample adds at most (|I| + |Q|) * 0.51 * 2^-14 to either part of the block's sum; turned by the block's phase, that is at most sqrt(2) times as much.
// A weighed table is rounded once more: twice as much. The cosine that a block is turned by is off by 2^-24, relative. Each block rounds to 1/256 of a unit,
// the sum of a window to one unit. In units of the bins everything is times 16.

import { expect } from 'vitest';
import type { Fill, ReadoutModule } from '../../../host/board/readout/readout-module.ts';
import { ReadoutLimit } from '../../../protocol/readout/module.ts';

export const turn = 4e9;
export const weightOne = 32768;

export interface Window {
  channel: number;
  /** In 1/4 Hz. */
  frequency: number;
  phase: number;
  samples: Int32Array;
  weights?: [Int32Array, Int32Array];
}

export const filling =
  (samples: Int32Array): Fill =>
  (into, offset, length) => {
    into.set(samples.subarray(2 * offset, 2 * (offset + length)));
  };

let versions = 1e6;

export function measure(module: ReadoutModule, window: Window, state = ReadoutLimit.STATE_UNKNOWN, piece?: number) {
  const { channel, frequency, phase, samples, weights } = window;
  module.configure(channel, 'FREQUENCY', frequency >>> 0);
  const version = versions++;
  const weighed = weights?.map((each) => ({ samples: each, version }));
  module.open(channel, phase, samples.length / 2, state, weighed as [never, never] | undefined);
  module.feed(channel >> 3, samples.length / 2, filling(samples), 0, piece);
  return module.sumsOf(channel);
}

export const clip = (code: number) => Math.max(-2048, Math.min(code, 2047));

/** A line's correction: offsets in codes, and the matrix. */
const plain = { offsetI: 0, offsetQ: 0, ii: 1, iq: 0, qi: 0, qq: 1 };

/** Sums of I and Q in double precision, and how far the module may be off. */
export function expected({ frequency, phase, samples, weights }: Window, line = plain) {
  let [sumI, sumQ, magnitude, blocks] = [0, 0, 0, 0];
  for (let at = 0; at < samples.length / 2; at++) {
    const i = clip(samples[2 * at]) - line.offsetI;
    const q = clip(samples[2 * at + 1]) - line.offsetQ;
    const [x, y] = [line.ii * i + line.iq * q, line.qi * i + line.qq * q];
    // A whole number below 2^53: exact.
    const units = (((frequency * at) % turn) + turn + phase) % turn;
    const angle = (units / turn) * 2 * Math.PI;
    const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
    const [w0, w1] = weights ? [(weights[0][at] ?? 0) / weightOne, (weights[1][at] ?? 0) / weightOne] : [1, 1];
    sumI += 16 * w0 * (x * cosine + y * sine);
    sumQ += 16 * w1 * (y * cosine - x * sine);
    magnitude += 16 * (Math.abs(x) + Math.abs(y));
    if (at % ReadoutLimit.BLOCK === 0) blocks++;
  }
  const table = (weights ? 2 : 1) * Math.SQRT2 * 0.51 * 2 ** -14;
  return { sums: [sumI, sumQ], bound: magnitude * (table + 2 ** -23) + blocks / 8 + 1 };
}

export function expectClose(found: readonly number[], window: Window, line = plain): void {
  const { sums, bound } = expected(window, line);
  expect(Math.abs(found[0] - sums[0]), `I: ${found[0]}, exactly ${sums[0]}`).toBeLessThanOrEqual(bound);
  expect(Math.abs(found[1] - sums[1]), `Q: ${found[1]}, exactly ${sums[1]}`).toBeLessThanOrEqual(bound);
}
