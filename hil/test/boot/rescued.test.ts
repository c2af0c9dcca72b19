// Never in safe mode without a request while an image is there that once ran healthy, verifies and is allowed; the ways out of safe mode work.

import { beforeAll, describe, expect, test } from 'vitest';
import { BootPolicy } from '../../../protocol/image/boot-state.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import type { BootReport } from '../../rig/boot-report.ts';
import { hashOf, image, ObedientDevice } from './obedient.ts';

const seconds = 1_000_000_000;
const turn = BootPolicy.RESETS_IN_A_ROW_MAX;
let v1: Uint8Array;
let v2: Uint8Array;
let equal: Uint8Array;

beforeAll(async () => {
  v1 = await image('1.0.0');
  v2 = await image('2.0.0');
  equal = await image('2.0.0', { boardId: 1 });
});

/** v1 confirmed in A, v2 confirmed after it in B and running. */
async function twoConfirmed(): Promise<ObedientDevice> {
  const bench = await ObedientDevice.make({ slots: { A: v1 } });
  bench.powerOn();
  bench.programmer.place('B', v2);
  bench.tell('p');
  bench.tellAndReboot('r');
  bench.tell('c');
  expect(bench.tellAndReboot('r').slot).toBe('B');
  // An asked reset counts as one: begin where nothing did.
  expect(bench.powerCycle().slot).toBe('B');
  return bench;
}

/** Resets it so often, each time in the same way; the last boot. */
function fail(bench: ObedientDevice, times: number, letter = 'x'): BootReport {
  let story = bench.lastBoot;
  for (let time = 0; time < times; time++)
    story = bench.tellAndReboot(letter, letter === 'h' ? 2 * seconds : undefined);
  return story;
}

/** Asks safe mode for a reset and waits for the boot behind it. */
async function reset(bench: ObedientDevice): Promise<BootReport> {
  await bench.client().reset();
  bench.board.runFor(seconds / 2);
  return bench.settle();
}

describe('a confirmed image that begins to fail', () => {
  test.each([
    ['faults', 'x'],
    ['hangs', 'h'],
  ])('and %s too often in a row gives way to the other confirmed one', async (_how, letter) => {
    const bench = await twoConfirmed();
    expect(fail(bench, turn - 1, letter)).toMatchObject({ decision: 'CONFIRMED', slot: 'B' });
    expect(fail(bench, 1, letter)).toMatchObject({ decision: 'FALLBACK', slot: 'A', rejected: [] });
    expect(bench.slotStates).toEqual({ A: 'CONFIRMED', B: 'CONFIRMED LOOPING' });
  });

  test('is passed over from then on, also after power was gone, without another record', async () => {
    const bench = await twoConfirmed();
    fail(bench, turn);
    const records = bench.recordCount;
    for (let boot = 0; boot < 3; boot++) expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot: 'A' });
    expect(bench.recordCount).toBe(records);
  });

  test('is passed over also when power is lost while its turn ends', async () => {
    const bench = await twoConfirmed();
    fail(bench, turn - 1);
    bench.board.send(1, Buffer.from('x'));
    const whole = bench.snapshot();
    const slots = new Set<string>();
    for (let access = 1; ; access += 7) {
      bench.restore(whole);
      bench.board.cutPowerAtAccess(access);
      bench.board.runFor(seconds / 2);
      if (bench.board.state !== 'off') break;
      const { slot, decision } = bench.powerOn();
      expect(decision).toBe('CONFIRMED');
      slots.add(`${slot}`);
    }
    expect([...slots].sort()).toEqual(['A', 'B']);
  });

  test('gives the other one as many boots as it had itself; when neither works, it stays in safe mode and says why', async () => {
    const bench = await twoConfirmed();
    fail(bench, turn);
    expect(fail(bench, turn - 1)).toMatchObject({ decision: 'CONFIRMED', slot: 'A' });
    expect(fail(bench, 1)).toMatchObject({ decision: 'SAFE_MODE_RESETS', slot: undefined });
    expect(bench.slotStates).toEqual({ A: 'CONFIRMED LOOPING', B: 'CONFIRMED LOOPING' });
  });

  test('is tried again, last confirmed first, when power comes back or a client requests it', async () => {
    const bench = await twoConfirmed();
    fail(bench, 2 * turn);
    const records = bench.recordCount;
    expect(await reset(bench)).toMatchObject({ decision: 'CONFIRMED', slot: 'B' });
    fail(bench, 2 * turn - 1);
    expect(bench.lastBoot.decision).toBe('SAFE_MODE_RESETS');
    expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot: 'B' });
    // What changes is which slot ran last.
    expect(bench.recordCount).toBeLessThanOrEqual(records + 4);
  });

  test('gets its turn again where the other one begins to fail later on', async () => {
    const bench = await twoConfirmed();
    fail(bench, turn);
    bench.powerCycle();
    expect(fail(bench, turn)).toMatchObject({ decision: 'FALLBACK', slot: 'B' });
  });

  test('without another one beside it is run until its turn is over; then safe mode is entered', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.powerOn();
    expect(fail(bench, turn - 1)).toMatchObject({ decision: 'CONFIRMED', slot: 'A' });
    expect(fail(bench, 1)).toMatchObject({ decision: 'SAFE_MODE_RESETS', slot: undefined });
    expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot: 'A' });
  });

  test('is not followed by an image that does not verify', async () => {
    const bench = await twoConfirmed();
    bench.programmer.flipBit(MemoryMap.SLOT_A + 300, 0);
    expect(fail(bench, turn)).toMatchObject({ decision: 'SAFE_MODE_RESETS', slot: undefined });
  });

  test('is not followed by an image that the security counter locks out', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.powerOn();
    bench.programmer.place('B', await image('2.0.0', { securityCounter: 2 }));
    bench.tell('p');
    bench.tellAndReboot('r');
    bench.tell('c');
    bench.powerCycle();
    expect(fail(bench, turn)).toMatchObject({ decision: 'SAFE_MODE_RESETS', slot: undefined });
  });

  test('is followed by a trial of an image that was not requested, before the device enters safe mode', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.powerOn();
    bench.programmer.place('B', v2);
    expect(fail(bench, turn)).toMatchObject({ decision: 'RESCUE', slot: 'B' });
    expect(bench.tellAndReboot('x')).toMatchObject({ decision: 'SAFE_MODE_RESETS', slot: undefined });
    expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot: 'A' });
  });
});

describe('a confirmed image that is put on trial again', () => {
  /** v2 runs from B; the trial of v1 in A was requested in safe mode. */
  async function withOldOnTrial(): Promise<ObedientDevice> {
    const bench = await twoConfirmed();
    bench.tellAndReboot('s');
    await bench.client().imageTest(hashOf(v1));
    expect(bench.slotStates).toEqual({ A: 'PENDING', B: 'CONFIRMED' });
    expect(await reset(bench)).toMatchObject({ decision: 'TRIAL_FIRST', slot: 'A' });
    return bench;
  }

  test.each([
    ['a reset', 'r', 'UNCONFIRMED'],
    ['a fault', 'x', 'FAULT'],
    ['a hang', 'h', 'WATCHDOG'],
  ])('is not rejected when its trial ends with %s: it was healthy once', async (_how, letter, reason) => {
    const bench = await withOldOnTrial();
    expect(bench.tellAndReboot(letter, 3 * seconds)).toMatchObject({ decision: 'REVERTED', slot: 'B' });
    expect(bench.slotStates).toEqual({ A: `CONFIRMED ${reason}`, B: 'CONFIRMED' });
    expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot: 'B' });
    expect(fail(bench, turn)).toMatchObject({ decision: 'FALLBACK', slot: 'A' });
  });

  test('is not rejected when it is found damaged: it boots when it can be read again', async () => {
    const bench = await withOldOnTrial();
    bench.board.cutPower();
    bench.programmer.flipBit(MemoryMap.SLOT_A + 300, 0);
    expect(bench.powerOn()).toMatchObject({ slot: 'B', rejected: [] });
    expect(bench.slotStates).toEqual({ A: 'CONFIRMED HASH_MISMATCH', B: 'CONFIRMED' });
  });

  test('runs at every boot once it is confirmed', async () => {
    const bench = await withOldOnTrial();
    expect(bench.tell('c')).toBe('+');
    for (let boot = 0; boot < 2; boot++) expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot: 'A' });
  });
});

describe('in safe mode after both images failed', () => {
  async function afterBothFailed(): Promise<ObedientDevice> {
    const bench = await twoConfirmed();
    expect(fail(bench, 2 * turn).decision).toBe('SAFE_MODE_RESETS');
    return bench;
  }

  test('the test of either image puts it on trial', async () => {
    for (const [bytes, slot] of [
      [v1, 'A'],
      [v2, 'B'],
    ] as const) {
      const bench = await afterBothFailed();
      await bench.client().imageTest(hashOf(bytes));
      expect(await reset(bench)).toMatchObject({ decision: 'TRIAL_FIRST', slot });
    }
  });

  test('the confirm of either image puts it on trial, and it confirms itself once it is healthy', async () => {
    for (const [bytes, slot] of [
      [v1, 'A'],
      [v2, 'B'],
    ] as const) {
      const bench = await afterBothFailed();
      const images = await bench.client().imageConfirm(hashOf(bytes));
      expect(images.find(({ pending }) => pending)).toMatchObject({ permanent: true, confirmed: false });
      expect(await reset(bench)).toMatchObject({ decision: 'PERMANENT', slot });
      expect(bench.slotStates[slot]).toBe('TRIAL 2');
      expect(bench.tell('w')).toBe('+');
      expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot });
    }
  });

  test('either image may be erased, and the one that is then the only good one may not', async () => {
    for (const slot of [0, 1]) {
      const bench = await afterBothFailed();
      const client = bench.client();
      await client.erase(slot);
      await expect(client.erase(slot ^ 1)).rejects.toThrow();
      expect(await reset(bench)).toMatchObject({ decision: 'CONFIRMED', slot: 'BA'[slot] });
    }
  });

  test.each([
    ['an equal', () => equal],
    ['the same', () => v2],
    ['an older', () => v1],
  ])('%s version is taken, tried and kept where the counter allows it', async (_which, bytes) => {
    const bench = await afterBothFailed();
    const client = bench.client();
    await client.upload(bytes());
    await client.imageTest(hashOf(bytes()));
    const { decision, slot } = await reset(bench);
    expect(decision).toBe('TRIAL_FIRST');
    expect(bench.tell('c')).toBe('+');
    expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot });
  });

  test('an upload takes the slot that is not the one confirmed last', async () => {
    const bench = await afterBothFailed();
    await bench.client().upload(equal);
    expect(bench.programmer.read(MemoryMap.SLOT_A, equal.length)).toEqual(equal);
    expect(bench.programmer.read(MemoryMap.SLOT_B, v2.length)).toEqual(v2);
  });
});

describe('a supply that dips again and again', () => {
  /** Brown-outs in a row, none of which leaves the image time to be healthy; the last boot. */
  function dip(bench: ObedientDevice, times: number): BootReport {
    let story = bench.lastBoot;
    for (let time = 0; time < times; time++) {
      bench.board.brownOut();
      story = bench.settle();
    }
    return story;
  }

  test('gives each confirmed image its turn, then waits in safe mode', async () => {
    const bench = await twoConfirmed();
    expect(dip(bench, turn - 1)).toMatchObject({ decision: 'CONFIRMED', slot: 'B' });
    expect(dip(bench, 1)).toMatchObject({ decision: 'FALLBACK', slot: 'A' });
    expect(dip(bench, turn).decision).toMatch(/^SAFE_MODE/);
    expect(bench.slotStates).toEqual({ A: 'CONFIRMED LOOPING', B: 'CONFIRMED LOOPING' });
    bench.board.cutPower();
    expect(bench.powerOn()).toMatchObject({ slot: 'B' });
  });
});
