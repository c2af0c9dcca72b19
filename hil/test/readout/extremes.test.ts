// The largest numbers the readout can meet: full scale on both quadratures, the longest window, weights and corrections at their limits. The module asserts
// its bounds, so that an overflow would trap.

import { beforeAll, describe, expect, test } from 'vitest';
import { type Fill, ReadoutModule } from '../../../host/board/readout/readout-module.ts';
import { readoutModule } from '../../../host/tools/sequencer.ts';
import { ReadoutClear, ReadoutLimit } from '../../../protocol/readout/module.ts';
import { expectClose, expected, measure, turn, type Window, weightOne } from './exactly.ts';

let bytes: Uint8Array;

beforeAll(async () => {
  bytes = await readoutModule();
});

describe('nothing overflows', () => {
  /** Full scale on both quadratures, with the signs of the tone: the largest sum there can be. */
  const alongTone = (frequency: number, length: number) =>
    Int32Array.from({ length: 2 * length }, (_, at) => {
      const angle = ((((frequency * (at >> 1)) % turn) + turn) % turn) * ((2 * Math.PI) / turn);
      return (at % 2 === 0 ? Math.cos(angle) : Math.sin(angle)) >= 0 ? 2047 : -2048;
    });

  test('in the longest window at full scale', () => {
    const module = new ReadoutModule(bytes);
    // An eighth of a turn a sample: cosine and sine of every other are both 0.707.
    const piece = alongTone(5e8, ReadoutLimit.PIECE);
    module.configure(0, 'FREQUENCY', 5e8);
    const length = ReadoutLimit.WINDOW_MAX;
    module.open(0, 0, length, 1);
    module.feed(0, length, (into) => into.set(piece));
    // A piece is whole turns of the tone, so that every piece gives the same.
    const pieces = Math.floor(length / ReadoutLimit.PIECE);
    const rest = piece.subarray(0, 2 * (length % ReadoutLimit.PIECE));
    const [each, last] = [piece, rest].map((part) => expected({ channel: 0, frequency: 5e8, phase: 0, samples: part }));
    const found = module.sumsOf(0);
    for (const path of [0, 1]) {
      const exact = pieces * each.sums[path] + last.sums[path];
      expect(Math.abs(found[path] - exact)).toBeLessThanOrEqual(pieces * each.bound + last.bound);
    }
    expect(found[0] / (16 * 2047 * length)).toBeGreaterThan(1.2);
    expect(module.moments(0, 1).count).toBe(1);
  });

  test.each([-2048, 2047])('where every sample is %i and the correction is as large as it may be', (code) => {
    const module = new ReadoutModule(bytes);
    const sign = Math.sign(code);
    const line = { offsetI: -512 * sign, offsetQ: -512 * sign, ii: 2, iq: 0.5, qi: 0.5, qq: 2 };
    module.configure(0, 'OFFSET_I', (256 * line.offsetI) >>> 0);
    module.configure(0, 'OFFSET_Q', (256 * line.offsetQ) >>> 0);
    for (const name of ['MATRIX_II', 'MATRIX_QQ'] as const) module.configure(0, name, 131_072);
    for (const name of ['MATRIX_IQ', 'MATRIX_QI'] as const) module.configure(0, name, 32768);
    for (const phase of [0, 5e8, 1e9, 2.5e9]) {
      const window = { channel: 0, frequency: 0, phase, samples: new Int32Array(2 * 5000).fill(code) };
      expectClose(measure(module, window, 0), window, line);
    }
    for (const [name, value] of [
      ['OFFSET_I', 131_073],
      ['MATRIX_II', 131_073],
      ['MATRIX_QQ', 16_383],
      ['MATRIX_IQ', -32_769],
      ['TOGETHER', 256],
    ] as const)
      expect(module.configure(0, name, value >>> 0)).toBe(false);
  });

  test.each([-weightOne, weightOne - 1, weightOne])('with weights of %i over their whole length', (weight) => {
    const module = new ReadoutModule(bytes);
    const all = new Int32Array(ReadoutLimit.PIECE).fill(weight);
    for (const frequency of [0, 5e8, -1_234_567_891]) {
      const input = alongTone(frequency, ReadoutLimit.PIECE);
      const window: Window = { channel: 9, frequency, phase: 3e9, samples: input, weights: [all, all] };
      expectClose(measure(module, window), window);
    }
  });

  test('in the statistics of more windows than 64 bits hold the squares of', () => {
    const module = new ReadoutModule(bytes);
    const windowsFed = 80_000;
    module.configure(0, 'PHASE', 0);
    const fill: Fill = (into) => into.set([-2048, -2048, -2048, -2048, -2048, 2047, -2048, 2047]);
    for (let each = 0; each < windowsFed; each++) {
      module.open(0, 0, 4, each & 1);
      module.feed(0, 4, fill);
    }
    for (const state of [0, 1] as const) {
      const { count, i, q, ii, qq, iq } = module.moments(0, state);
      const levels = [-2048n * 4096n, BigInt(Math.trunc((-1 * 2 * 16 * 256) / 4))];
      const n = BigInt(windowsFed / 2);
      expect({ count, i, q, ii, qq, iq }).toEqual({
        ...{ count: windowsFed / 2, i: n * levels[0], q: n * levels[1] },
        ...{ ii: n * levels[0] ** 2n, qq: n * levels[1] ** 2n, iq: n * levels[0] * levels[1] },
      });
    }
    module.clear(ReadoutClear.STATISTICS, 0);
    expect(module.moments(0, 1)).toEqual({ count: 0, reached: 0, i: 0n, q: 0n, ii: 0n, qq: 0n, iq: 0n });
  });
});
