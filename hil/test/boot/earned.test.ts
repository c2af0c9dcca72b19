// Nothing is confirmed, and no fuse moves, by anything but a healthy run. What the factory wrote is the one exception.

import { beforeAll, describe, expect, test } from 'vitest';
import { counterInFuses } from '../../../host/tools/image/security-counter.ts';
import { Fuse, MemoryMap } from '../../../protocol/memory-map.ts';
import { keys } from '../../rig/keys.ts';
import { image, ObedientDevice } from './obedient.ts';

const seconds = 1_000_000_000;
let v1: Uint8Array;
/** As `imgtool sign --pad --confirm` makes it, with a counter ahead and a key to revoke. */
let permanent: Uint8Array;

beforeAll(async () => {
  v1 = await image('1.0.0');
  permanent = await image('2.0.0', {
    confirm: true,
    securityCounter: 5,
    privateKeyPem: keys[1].privateKeyPem,
    revokes: [keys[0].publicKey],
  });
});

const fusesOf = ({ board }: ObedientDevice) => {
  const words = board.fuseWords();
  const ticks = words.subarray(Fuse.SECURITY_COUNTER, Fuse.SECURITY_COUNTER + Fuse.SECURITY_COUNTER_WORDS);
  return { counter: counterInFuses(ticks), revoked: words[Fuse.KEY_REVOKED] };
};
const asBefore = { counter: 1, revoked: 0 };

/** Uploaded, and reset without a word about it. */
async function withPermanent(): Promise<ObedientDevice> {
  const bench = await ObedientDevice.make({ slots: { A: v1 } });
  bench.powerOn();
  bench.programmer.place('B', permanent);
  expect(bench.tellAndReboot('r')).toMatchObject({ decision: 'PERMANENT', slot: 'B' });
  return bench;
}

describe('an image that says of itself that it is confirmed', () => {
  test('runs on trial: before it was healthy it is not confirmed, and no fuse is burnt for it', async () => {
    const bench = await withPermanent();
    expect(bench.slotStates).toEqual({ A: 'CONFIRMED', B: 'TRIAL 2' });
    expect(fusesOf(bench)).toEqual(asBefore);
  });

  test.each([
    ['hangs', 'h', 'WATCHDOG'],
    ['faults', 'x', 'FAULT'],
    ['is reset before it was healthy for long enough', 'r', 'UNCONFIRMED'],
  ])('and %s is rolled back at once, and the image before it is back, no fuse moved', async (_how, letter, reason) => {
    const bench = await withPermanent();
    expect(bench.tellAndReboot(letter, 3 * seconds)).toMatchObject({ decision: 'REVERTED', slot: 'A' });
    expect(bench.slotStates).toEqual({ A: 'CONFIRMED', B: `REJECTED ${reason}` });
    expect(fusesOf(bench)).toEqual(asBefore);
    expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot: 'A', rejected: [] });
  });

  test('confirms itself once it is healthy, and only then the fuses follow', async () => {
    const bench = await withPermanent();
    expect(bench.tell('w')).toBe('+');
    expect(bench.slotStates.B).toBe('CONFIRMED');
    expect(fusesOf(bench)).toEqual({ counter: 5, revoked: 0 });
    expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot: 'B' });
    expect(fusesOf(bench)).toEqual({ counter: 5, revoked: 1 });
  });

  test('still confirms itself after a trial that lost power, but not after a client requested a plain test', async () => {
    const bench = await withPermanent();
    expect(bench.powerCycle()).toMatchObject({ decision: 'TRIAL_AGAIN', slot: 'B' });
    expect(bench.tell('w')).toBe('+');
    const tested = await ObedientDevice.make({ slots: { A: v1 } });
    tested.powerOn();
    tested.programmer.place('B', permanent);
    expect(tested.tell('p')).toBe('+');
    expect(tested.tellAndReboot('r')).toMatchObject({ decision: 'TRIAL_FIRST', slot: 'B' });
    expect(tested.tell('w')).toBe('');
    expect(tested.slotStates.B).toBe('TRIAL 2');
  });

  test('and is older than the confirmed one is not run', async () => {
    const bench = await ObedientDevice.make({ slots: { A: await image('3.0.0') } });
    bench.powerOn();
    bench.programmer.place('B', permanent);
    expect(bench.tellAndReboot('r')).toMatchObject({ decision: 'CONFIRMED', slot: 'A' });
  });

  test('alone on a device is on trial as well', async () => {
    const bench = await ObedientDevice.make();
    bench.programmer.place('A', permanent);
    expect(bench.powerOn()).toMatchObject({ decision: 'PERMANENT', slot: 'A' });
    expect([bench.slotStates.A, fusesOf(bench).counter]).toEqual(['TRIAL 2', 0]);
  });

  test('does nothing for an image that a client confirms in the meantime', async () => {
    const bench = await withPermanent();
    expect(bench.tell('c')).toBe('+');
    const records = bench.recordCount;
    expect(bench.tell('w')).toBe('');
    expect(bench.recordCount).toBe(records);
  });
});

describe('what the factory wrote', () => {
  test('is confirmed from the first boot on, by a record and not by its trailer', async () => {
    const bench = await ObedientDevice.make({ slots: { A: permanent.subarray(0, MemoryMap.IMAGE_SIZE_MAX) } });
    expect(bench.slotStates.A).toBe('CONFIRMED');
    expect(bench.powerOn()).toMatchObject({ decision: 'CONFIRMED', slot: 'A' });
    expect(fusesOf(bench)).toEqual({ counter: 5, revoked: 1 });
  });

  test('counts as confirmed; an upload of the same bytes does not', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.powerOn();
    bench.tellAndReboot('s');
    const client = bench.client();
    await client.upload(permanent);
    await client.reset();
    bench.board.runFor(seconds / 2);
    expect(bench.settle()).toMatchObject({ decision: 'PERMANENT', slot: 'B' });
    expect(bench.slotStates).toEqual({ A: 'CONFIRMED', B: 'TRIAL 2' });
    expect(fusesOf(bench)).toEqual(asBefore);
  });
});
