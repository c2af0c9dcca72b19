// The SNR from statistics by known state, against clouds whose SNR is known, also where they overlap.

import { beforeAll, describe, expect, test } from 'vitest';
import { normal } from '../../host/plant/cryostat/noise.ts';
import { instantiateGuest } from '../../host/tools/guest.ts';
import { ReadoutLimit, ReadoutMoment } from '../../protocol/readout/module.ts';

interface Drive extends Record<string, unknown> {
  memory: WebAssembly.Memory;
  placeOfReadings(): number;
  snrOf(before: number, now: number): number;
}

const bytes = 4 * ReadoutMoment.END;
let guest: Drive;
beforeAll(async () => {
  guest = await instantiateGuest<Drive>('firmware/drive/drive.entry.ts');
});

/** Sums over windows of a state, as the readout keeps them. */
class Sums {
  count = 0n;
  i = 0n;
  q = 0n;
  ii = 0n;
  qq = 0n;
  iq = 0n;

  add(i: number, q: number): void {
    const [x, y] = [i, q].map((level) => BigInt(Math.round(level * ReadoutLimit.LEVEL_SCALE)));
    this.count++;
    this.i += x;
    this.q += y;
    this.ii += x * x;
    this.qq += y * y;
    this.iq += x * y;
  }

  write(view: DataView, at: number): void {
    const words = (value: bigint, ...which: (keyof typeof ReadoutMoment)[]) => {
      for (const [index, name] of which.entries())
        view.setUint32(at + 4 * ReadoutMoment[name], Number((value >> BigInt(32 * index)) & 0xffff_ffffn), true);
    };
    words(this.count, 'COUNT');
    words(this.i, 'I_LOW', 'I_HIGH');
    words(this.q, 'Q_LOW', 'Q_HIGH');
    words(this.ii, 'II_LOW', 'II_MIDDLE', 'II_HIGH');
    words(this.qq, 'QQ_LOW', 'QQ_MIDDLE', 'QQ_HIGH');
    words(this.iq, 'IQ_LOW', 'IQ_MIDDLE', 'IQ_HIGH');
  }
}

interface Cloud {
  zero: readonly [i: number, q: number];
  distance: number;
  turns: number;
  deviation: number;
}

/** SNR of so many windows in each state, in decibels; `sums` may hold earlier ones. */
function estimated(
  { zero, distance, turns, deviation }: Cloud,
  windows: number,
  seed: number,
  sums = [new Sums(), new Sums()],
): number {
  const view = new DataView(guest.memory.buffer);
  const before = guest.placeOfReadings();
  for (const [state, each] of sums.entries()) each.write(view, before + state * bytes);
  const angle = 2 * Math.PI * turns;
  for (const [state, each] of sums.entries())
    for (let window = 0; window < windows; window++) {
      const [a, b] = [0, 1].map((path) => normal(seed, 2 * state + path, window));
      each.add(
        zero[0] + state * distance * Math.cos(angle) + deviation * a,
        zero[1] + state * distance * Math.sin(angle) + deviation * b,
      );
    }
  for (const [state, each] of sums.entries()) each.write(view, before + (2 + state) * bytes);
  return guest.snrOf(before, before + 2 * bytes) / 100;
}

describe('the SNR of a channel', () => {
  test.each([1, 1.5, 3, 10, 30])('is unbiased where both states are %d deviations apart', (d) => {
    const runs = 400;
    const windows = 100;
    let sum = 0;
    for (let run = 0; run < runs; run++) {
      const cloud = { zero: [700, -300], distance: 8 * d, turns: run / runs, deviation: 8 } as const;
      sum += 10 ** (estimated(cloud, windows, 1000 * d + run) / 10);
    }
    // One estimate of d² scatters by about 2 d sqrt(2 / n) from the means, and by d² sqrt(2 / n) from the variance.
    const scatter = Math.sqrt((8 * d * d + 8 / windows) / windows + (2 * d ** 4) / windows);
    expect(Math.abs(sum / runs - d * d)).toBeLessThan((4 * scatter) / Math.sqrt(runs) + 0.003 * d * d);
  });

  test('is that of the windows since the last reading, however many there were before', () => {
    const sums = [new Sums(), new Sums()];
    for (const each of sums)
      Object.assign(each, {
        count: 4_000_000_000n,
        i: -(2n ** 56n),
        q: 2n ** 57n,
        ii: 2n ** 80n,
        qq: 2n ** 81n,
        iq: -(2n ** 79n),
      });
    const cloud = { zero: [-1900, 1200], distance: 60, turns: 0.37, deviation: 6 } as const;
    expect(estimated(cloud, 5000, 7, sums)).toBeCloseTo(20, 0);
    expect(estimated({ ...cloud, distance: 30 }, 5000, 8, sums)).toBeCloseTo(20 * Math.log10(5), 0);
  });

  test('is nothing where both states look alike', () => {
    const alike = Array.from({ length: 40 }, (_, seed) =>
      estimated({ zero: [0, 0], distance: 0, turns: 0, deviation: 5 }, 100, seed),
    );
    expect(Math.max(...alike)).toBeLessThan(-5);
    expect(alike.filter((snr) => snr === -99.99).length).toBeGreaterThan(10);
  });
});
