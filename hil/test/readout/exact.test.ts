// The readout's module against the same calculation in double precision (exactly.ts has the bound), and against itself.

import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { ReadoutModule } from '../../../host/board/readout/readout-module.ts';
import { cases } from '../../../host/board/testing/cases.ts';
import { readoutModule } from '../../../host/tools/sequencer.ts';
import { sequencerFlagNames } from '../../../protocol/q1/status.ts';
import { ReadoutClear, ReadoutLimit, type ReadoutSetting } from '../../../protocol/readout/module.ts';
import { clip, expectClose, filling, measure, turn, type Window, weightOne } from './exactly.ts';

let bytes: Uint8Array;

beforeAll(async () => {
  bytes = await readoutModule();
});

const codes = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -2048, max: 2047 }) },
  fc.integer({ min: -9000, max: 9000 }),
);
const samples = (most = 3000) =>
  fc
    .array(fc.tuple(codes, codes), { minLength: 4, maxLength: most, size: 'max' })
    .map((pairs) => Int32Array.from(pairs.flat()));
const frequencies = fc.integer({ min: -2e9, max: 2e9 });
const phases = fc.integer({ min: 0, max: turn - 1 });
const channels = fc.integer({ min: 0, max: 15 });
const windows: fc.Arbitrary<Window> = fc.record({
  channel: channels,
  frequency: frequencies,
  phase: phases,
  samples: samples(),
});
const weights = fc.array(fc.integer({ min: -weightOne, max: weightOne }), {
  minLength: 1,
  maxLength: 3000,
  size: 'max',
});

describe('the sums of a window', () => {
  test('are those of a calculation in double precision', () => {
    const module = new ReadoutModule(bytes);
    fc.assert(
      fc.property(windows, (window) => expectClose(measure(module, window), window)),
      cases(150),
    );
  });

  test('are those, weighed, of a calculation in double precision', () => {
    const module = new ReadoutModule(bytes);
    fc.assert(
      fc.property(windows, weights, weights, (window, w0, w1) => {
        const weighed = { ...window, weights: [Int32Array.from(w0), Int32Array.from(w1)] as [Int32Array, Int32Array] };
        // As a sequencer does: the window is as long as the longer of the two weights.
        const length = Math.max(w0.length, w1.length);
        const fitted = Int32Array.from({ length: 2 * length }, (_, at) => window.samples[at % window.samples.length]);
        expectClose(measure(module, { ...weighed, samples: fitted }), { ...weighed, samples: fitted });
      }),
      cases(100),
    );
  });

  test('are those of the corrected input', () => {
    const module = new ReadoutModule(bytes);
    const entry = fc.integer({ min: -32768, max: 32768 });
    const offset = fc.integer({ min: -131_072, max: 131_072 });
    fc.assert(
      fc.property(windows, offset, offset, entry, entry, entry, entry, (window, oi, oq, ii, iq, qi, qq) => {
        const settings: [keyof typeof ReadoutSetting, number][] = [
          ...([
            ['OFFSET_I', oi],
            ['OFFSET_Q', oq],
            ['MATRIX_II', 65536 + ii],
          ] as const),
          ...([
            ['MATRIX_IQ', iq],
            ['MATRIX_QI', qi],
            ['MATRIX_QQ', 65536 + qq],
          ] as const),
        ].map(([name, value]) => [name, value]);
        for (const [name, value] of settings)
          expect(module.configure(window.channel >> 3, name, value >>> 0)).toBe(true);
        const line = {
          ...{ offsetI: oi / 256, offsetQ: oq / 256 },
          ...{ ii: 1 + ii / 65536, iq: iq / 65536, qi: qi / 65536, qq: 1 + qq / 65536 },
        };
        expectClose(measure(module, window), window, line);
      }),
      cases(100),
    );
  });

  test('of a constant level at frequency 0 are exact', () => {
    const module = new ReadoutModule(bytes);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40_000 }), codes, codes, (length, i, q) => {
        const level = Int32Array.from({ length: 2 * length }, (_, at) => (at % 2 === 0 ? i : q));
        const found = measure(module, { channel: 0, frequency: 0, phase: 0, samples: level });
        expect(found).toEqual([16 * length * clip(i) || 0, 16 * length * clip(q) || 0].map((sum) => sum + 0));
      }),
      cases(30),
    );
  });
});

describe('a window', () => {
  test('gives the same however it is fed', () => {
    const module = new ReadoutModule(bytes);
    const long = samples(9000);
    fc.assert(
      fc.property(windows, long, fc.integer({ min: 1, max: 15 }), (window, many, blocks) => {
        const whole = measure(module, { ...window, samples: many });
        const cut = measure(
          module,
          { ...window, samples: many },
          ReadoutLimit.STATE_UNKNOWN,
          blocks * ReadoutLimit.BLOCK,
        );
        expect(cut).toEqual(whole);
      }),
      cases(50),
    );
  });

  test('is linear: the sums of two inputs are the sums of their sum, but for roundings', () => {
    const module = new ReadoutModule(bytes);
    const halves = fc.array(fc.tuple(...Array(4).fill(fc.integer({ min: -1024, max: 1023 }))), {
      ...{ minLength: 4, maxLength: 3000, size: 'max' as const },
    });
    fc.assert(
      fc.property(windows, halves, (window, quads) => {
        const part = (first: number) => Int32Array.from(quads.flatMap((quad) => [quad[first], quad[first + 1]]));
        const [one, other] = [part(0), part(2)];
        const both = one.map((code, at) => code + other[at]);
        const [a, b, c] = [one, other, both].map((each) => measure(module, { ...window, samples: each }));
        for (const path of [0, 1]) expect(Math.abs(a[path] + b[path] - c[path])).toBeLessThanOrEqual(2);
      }),
      cases(50),
    );
  });

  test('gives each tone what it gives alone, whichever others are integrated with it', () => {
    const [alone, together] = [new ReadoutModule(bytes), new ReadoutModule(bytes)];
    const eight = fc.array(fc.tuple(frequencies, phases), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(
        windows,
        eight,
        fc.integer({ min: 0, max: 255 }),
        ({ channel, phase, samples: input }, tones, mask) => {
          const line = channel >> 3;
          for (const module of [alone, together])
            for (const [tone, [frequency, start]] of tones.entries()) {
              module.configure(8 * line + tone, 'FREQUENCY', frequency >>> 0);
              module.configure(8 * line + tone, 'PHASE', start);
            }
          together.configure(line, 'TOGETHER', mask);
          together.open(channel, phase, input.length / 2, 0);
          together.feed(line, input.length / 2, filling(input));
          for (let tone = 0; tone < 8; tone++) {
            if (((mask | (1 << (channel & 7))) & (1 << tone)) === 0) continue;
            alone.open(8 * line + tone, phase, input.length / 2, 0);
            alone.feed(line, input.length / 2, filling(input));
            expect(together.sumsOf(8 * line + tone)).toEqual(alone.sumsOf(8 * line + tone));
          }
        },
      ),
      cases(40),
    );
  });

  test('counts what is out of range and remembers the peak, whatever the order', () => {
    fc.assert(
      fc.property(samples(), (input) => {
        const module = new ReadoutModule(bytes);
        module.open(8, 0, input.length / 2, 0);
        const flags = sequencerFlagNames(module.feed(1, input.length / 2, filling(input)));
        for (const [path, name] of ['I', 'Q'].entries()) {
          const codesOfPath = [...input].filter((_, at) => at % 2 === path);
          const out = codesOfPath.filter((code) => code !== clip(code)).length;
          expect(module.figure(`CLIPPED_${name as 'I' | 'Q'}`, 1)).toBe(out);
          expect(module.figure(`PEAK_${name as 'I' | 'Q'}`, 1)).toBe(
            Math.max(...codesOfPath.map((code) => Math.abs(clip(code)))),
          );
          expect(flags.includes(`ACQ_INTEGRATOR_OUT_OF_RANGE_PATH_${path}`)).toBe(out > 0);
        }
        module.clear(ReadoutClear.COUNTERS, 1);
        expect([module.figure('CLIPPED_I', 1), module.figure('PEAK_Q', 1)]).toEqual([0, 0]);
      }),
      cases(50),
    );
  });
});
