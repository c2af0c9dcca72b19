// What leaves a range is flagged: an output that is clipped, a bin that would overflow.

import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { SequencerModule } from '../../../host/board/sequencer/sequencer-module.ts';
import { cases } from '../../../host/board/testing/cases.ts';
import { sequencerModule } from '../../../host/tools/sequencer.ts';
import { SequencerPlace } from '../../../protocol/q1/module.ts';
import { sequencerFlagNames } from '../../../protocol/q1/status.ts';
import { runOn } from '../../rig/pulse/run.ts';
import { program, responses, sequence } from './programs.ts';

let bytes: Uint8Array;
let module: SequencerModule;

beforeAll(async () => {
  bytes = await sequencerModule();
  module = new SequencerModule(bytes);
});

describe('an output', () => {
  const half = fc.integer({ min: -32768, max: 32767 });
  const sample = fc.integer({ min: -32767, max: 32767 });
  const waveform = fc.array(sample, { minLength: 1, maxLength: 40 });

  /** Whether one path leaves 16 bits in these samples of its waveform. */
  const leaves = (wave: number[], gain: number, offset: number, from = 0, to = wave.length) =>
    wave.slice(from, to).some((value) => {
      const level = ((gain * value) >> 15) + offset;
      return level < -32768 || level > 32767;
    });

  test('is flagged exactly when it leaves its range in what is played of a waveform', () => {
    const pair = fc.tuple(half, half);
    fc.assert(
      fc.property(
        waveform,
        waveform,
        pair,
        pair,
        pair,
        fc.integer({ min: 1, max: 10 }),
        (w0, w1, gain, early, late, step) => {
          const text = `
          set_awg_gain ${gain.join()}
          set_awg_offs ${early.join()}
          wait_sync 4
          play 0,1,${4 * step}
          set_awg_offs ${late.join()}
          upd_param 200
          stop`;
          const data = (wave: number[]) => wave.map((value) => value / 32767);
          const parts = {
            program: text,
            waveforms: { a: { data: data(w0), index: 0 }, b: { data: data(w1), index: 1 } },
            ...{ weights: {}, acquisitions: {} },
          };
          const assembled = program('range', JSON.stringify(parts), [], false);
          const [{ flags }] = runOn(module, [assembled]).sequencers;
          const expected =
            leaves(w0, gain[0], early[0], 0, 4 * step) ||
            leaves(w1, gain[1], early[1], 0, 4 * step) ||
            leaves(w0, gain[0], late[0], 4 * step) ||
            leaves(w1, gain[1], late[1], 4 * step);
          expect(flags.includes('OUTPUT_OVERFLOW')).toBe(expected);
        },
      ),
      cases(300),
    );
  });
});

describe('a bin', () => {
  const acquiring = sequence('acquires', 'wait_sync 100\nacquire 0,0,400\nacquire 0,1,400\nupd_param 400\nstop', [
    ['INTEGRATION_LENGTH', 100],
    ...responses([1, 1]),
  ]);

  test.each([
    ['the sum of path 0', 0, 2n ** 63n - 100n],
    ['the count', 16, 2n ** 32n - 1n],
  ])('that would overflow in %s keeps what it holds, and the sequencer is flagged', (_what, offset, value) => {
    const fresh = new SequencerModule(bytes);
    runOn(fresh, [acquiring], { observe: false });
    const view = new DataView(fresh.memory.buffer);
    const exports = (fresh as unknown as { exports: { place(which: number): number } }).exports;
    const at =
      exports.place(SequencerPlace.BINS) + fresh.figure(0, 'FIRST_BIN', 0) * exports.place(SequencerPlace.BIN_SIZE);
    if (offset === 0) view.setBigInt64(at, value, true);
    else view.setUint32(at + offset, Number(value), true);
    const before = fresh.bins(0, 0, 0, 2);
    fresh.arm(1);
    fresh.start(1);
    fresh.run();
    const after = fresh.bins(0, 0, 0, 2);
    expect(after[0]).toEqual(before[0]);
    expect(after[1].count).toBe(before[1].count + 1);
    expect(sequencerFlagNames(fresh.figure(0, 'FLAGS'))).toContain('ACQ_BINNING_OUT_OF_RANGE');
  });
});
