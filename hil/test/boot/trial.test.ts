// An update on the real board with the real bootloader: requested, on trial, confirmed; or rolled back, for each reason.

import { beforeAll, describe, expect, test } from 'vitest';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { image, ObedientDevice } from './obedient.ts';

const seconds = 1_000_000_000;
let v1: Uint8Array;
let v2: Uint8Array;

beforeAll(async () => {
  v1 = await image('1.0.0');
  v2 = await image('2.0.0');
});

/** v1 confirmed and running in A, v2 in B just marked pending. */
async function withPendingUpdate(): Promise<ObedientDevice> {
  const bench = await ObedientDevice.make({ slots: { A: v1 } });
  bench.powerOn();
  bench.programmer.place('B', v2);
  expect(bench.tell('p')).toBe('+');
  return bench;
}

/** v2 in B on trial, v1 confirmed in A. */
async function withTrial(): Promise<ObedientDevice> {
  const bench = await withPendingUpdate();
  expect(bench.tellAndReboot('r').decision).toBe('TRIAL_FIRST');
  return bench;
}

describe('an update', () => {
  test('marked pending runs on trial after a reset, and stays once it confirmed itself', async () => {
    const bench = await withPendingUpdate();
    expect(bench.slotStates).toEqual({ A: 'CONFIRMED', B: 'PENDING' });
    expect(bench.tellAndReboot('r')).toEqual({
      decision: 'TRIAL_FIRST',
      slot: 'B',
      verified: ['B good'],
      rejected: [],
    });
    expect(bench.slotStates.B).toBe('TRIAL 2');
    expect(bench.tell('c')).toBe('+');
    expect(bench.slotStates).toEqual({ A: 'CONFIRMED', B: 'CONFIRMED' });
    expect(bench.tellAndReboot('r')).toMatchObject({ decision: 'CONFIRMED', slot: 'B' });
  });

  test('that is confirmed is not reset by the trial timer', async () => {
    const bench = await withTrial();
    bench.tell('c');
    bench.board.runFor(400 * seconds);
    expect(bench.lastBoot).toMatchObject({ decision: 'TRIAL_FIRST', slot: 'B' });
  });

  test('confirming twice writes once', async () => {
    const bench = await withTrial();
    bench.tell('c');
    const records = bench.recordCount;
    expect(bench.tell('c')).toBe('+');
    expect(bench.recordCount).toBe(records);
  });

  test('whose record was written but not started yet survives the loss of power as pending', async () => {
    const bench = await withPendingUpdate();
    expect(bench.powerCycle()).toMatchObject({ decision: 'TRIAL_FIRST', slot: 'B' });
  });

  test('rejected before it started is not booted', async () => {
    const bench = await withPendingUpdate();
    expect(bench.tell('j')).toBe('+');
    expect(bench.tellAndReboot('r')).toMatchObject({ decision: 'CONFIRMED', slot: 'A' });
  });

  test('that is older than the confirmed image is never booted', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v2 } });
    bench.powerOn();
    bench.programmer.place('B', v1);
    bench.tell('p');
    expect(bench.tellAndReboot('r')).toMatchObject({ decision: 'CONFIRMED', slot: 'A' });
  });

  test('of the same version as the confirmed image runs on trial', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.powerOn();
    bench.programmer.place('B', await image('1.0.0', { boardId: 1 }));
    bench.tell('p');
    expect(bench.tellAndReboot('r')).toMatchObject({ decision: 'TRIAL_FIRST', slot: 'B' });
  });

  test('without a mark is not booted while a confirmed image is bootable', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.powerOn();
    bench.programmer.place('B', v2);
    expect(bench.tellAndReboot('r')).toMatchObject({ decision: 'CONFIRMED', slot: 'A', verified: ['A good'] });
  });

  test('damaged after it was marked is rejected, and the confirmed image boots', async () => {
    const bench = await withPendingUpdate();
    bench.programmer.flipBit(MemoryMap.SLOT_B + 200, 3);
    expect(bench.tellAndReboot('r')).toEqual({
      decision: 'CONFIRMED',
      slot: 'A',
      verified: ['B HASH_MISMATCH', 'A good'],
      rejected: ['B HASH_MISMATCH'],
    });
    expect(bench.slotStates.B).toBe('REJECTED HASH_MISMATCH');
    expect(bench.powerCycle().verified).toEqual(['A good']);
  });
});

describe('a trial is rolled back', () => {
  test.each([
    ['by a software reset before it is confirmed', 'r', 0, 'UNCONFIRMED'],
    ['when it faults', 'x', 0, 'FAULT'],
    ['when it hangs and the watchdog bites', 'h', 2, 'WATCHDOG'],
    ['when it stops feeding the watchdog', 'd', 2, 'WATCHDOG'],
    ['when it writes to the slot it runs from', 'e', 0, 'FAULT'],
  ])('%s', async (_how, letter, waitSeconds, reason) => {
    const bench = await withTrial();
    expect(bench.tellAndReboot(letter, (waitSeconds + 1) * seconds)).toEqual({
      decision: 'REVERTED',
      slot: 'A',
      verified: ['A good'],
      rejected: [`B ${reason}`],
    });
    expect(bench.slotStates).toEqual({ A: 'CONFIRMED', B: `REJECTED ${reason}` });
    expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot: 'A', rejected: [] });
  });

  test('when it is not confirmed within five minutes', async () => {
    const bench = await withTrial();
    bench.board.runFor(299 * seconds);
    expect(bench.lastBoot.slot).toBe('B');
    bench.board.runFor(2 * seconds);
    expect(bench.settle()).toMatchObject({ decision: 'REVERTED', slot: 'A', rejected: ['B TRIAL_TIMEOUT'] });
  });

  test('when the core refuses to run it', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.powerOn();
    bench.programmer.place('B', await image('2.0.0', { payload: Buffer.from('this is not WebAssembly') }));
    bench.tell('p');
    expect(bench.tellAndReboot('r')).toMatchObject({ decision: 'REVERTED', slot: 'A', rejected: ['B CORE_REFUSED'] });
  });

  test('after three boots that lost power, and not before', async () => {
    const bench = await withTrial();
    expect(bench.powerCycle()).toMatchObject({ decision: 'TRIAL_AGAIN', slot: 'B' });
    expect(bench.slotStates.B).toBe('TRIAL 1');
    bench.board.brownOut();
    expect(bench.settle()).toMatchObject({ decision: 'TRIAL_AGAIN', slot: 'B' });
    expect(bench.slotStates.B).toBe('TRIAL 0');
    expect(bench.powerCycle()).toMatchObject({ decision: 'REVERTED', slot: 'A', rejected: ['B TRIALS_EXHAUSTED'] });
  });

  test('and can be requested again after it was forgotten, as an upload does', async () => {
    const bench = await withTrial();
    bench.tellAndReboot('x');
    expect(bench.tell('f')).toBe('+');
    bench.tell('p');
    expect(bench.tellAndReboot('r')).toMatchObject({ decision: 'TRIAL_FIRST', slot: 'B' });
  });
});
