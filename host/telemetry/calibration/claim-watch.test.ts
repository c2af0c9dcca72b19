import { beforeEach, expect, test } from 'vitest';
import { type Claim, ClaimWatch, claimAskMs } from './claim-watch.ts';

let watch: ClaimWatch;
let nowMs = 0;
beforeEach(() => {
  [watch, nowMs] = [new ClaimWatch(), 0];
});

const device = { device: 'd', cryostat: 'north' };
/** Asks for so long; what was told, with the second. */
function asked(claim: Claim, seconds: number): string[] {
  const told: string[] = [];
  for (const endMs = nowMs + seconds * 1_000; nowMs < endMs; nowMs += claimAskMs)
    told.push(...watch.take(device, claim, nowMs).map(({ body }) => `${nowMs / 1000} ${body.because} ${body.state}`));
  return told;
}

test('a claim is told when it is seen first, each minute, and when it is gone', () => {
  expect([...asked('free', 10), ...asked({ id: 7 }, 150), ...asked('free', 60)]).toEqual([
    '10 CLAIM begun',
    '70 CLAIM lasts',
    '130 CLAIM lasts',
    '160 CLAIM ended',
  ]);
});

test('one client after the other is one calibration', () => {
  expect([...asked({ id: 7 }, 20), ...asked({ id: 8 }, 20), ...asked('free', 5)]).toEqual([
    '0 CLAIM begun',
    '20 CLAIM lasts',
    '40 CLAIM ended',
  ]);
});

test('a claim of more than an hour mutes no more, until the readout was free', () => {
  const told = asked({ id: 7 }, 2 * 3600);
  expect(told.filter((line) => !line.endsWith('lasts'))).toEqual(['0 CLAIM begun', '3605 CLAIM too-long']);
  expect(told.at(-1)).toBe('3605 CLAIM too-long');
  expect([...asked('free', 5), ...asked({ id: 7 }, 5)]).toEqual(['7200 CLAIM ended', '7205 CLAIM begun']);
});

test('a device that cannot say has no claim', () => {
  expect([...asked(undefined, 60), ...asked({ id: 7 }, 5), ...asked(undefined, 60)]).toEqual([
    '60 CLAIM begun',
    '65 CLAIM ended',
  ]);
});
