// What a confirm changes for good: the security counter, and keys that are revoked. On the real board, with power cuts at the critical moments.

import { beforeAll, describe, expect, test } from 'vitest';
import { LogKind } from '../../../host/board/log.ts';
import { counterInFuses } from '../../../host/tools/image/security-counter.ts';
import { Fuse, KeyPurpose } from '../../../protocol/memory-map.ts';
import { keys } from '../../rig/keys.ts';
import { image, ObedientDevice } from './obedient.ts';

let v1: Uint8Array;
let v2: Uint8Array;

const microsecond = 1_000;
const counterOf = ({ board }: ObedientDevice) =>
  counterInFuses(
    board.fuseWords().subarray(Fuse.SECURITY_COUNTER, Fuse.SECURITY_COUNTER + Fuse.SECURITY_COUNTER_WORDS),
  );
const revokedOf = ({ board }: ObedientDevice) => board.fuseWords()[Fuse.KEY_REVOKED];

beforeAll(async () => {
  v1 = await image('1.0.0', { securityCounter: 1 });
  v2 = await image('2.3.0', { securityCounter: 'auto' });
});

/** v1 confirmed in A, v2 in B on trial. */
async function withTrial(next = v2): Promise<ObedientDevice> {
  const bench = await ObedientDevice.make({ slots: { A: v1 } });
  bench.powerOn();
  bench.programmer.place('B', next);
  expect(bench.tell('p')).toBe('+');
  expect(bench.tellAndReboot('r')).toMatchObject({ decision: 'TRIAL_FIRST', slot: 'B' });
  return bench;
}

describe('the security counter', () => {
  test('is burnt by the first boot of the image that the factory confirmed', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v2 } });
    expect(bench.powerOn()).toMatchObject({ decision: 'CONFIRMED', slot: 'A' });
    expect(counterOf(bench)).toBe(0x0203_0000);
  });

  test('is not touched by a trial, and advances in the confirm itself', async () => {
    const bench = await withTrial();
    expect(counterOf(bench)).toBe(1);
    expect(bench.tell('c')).toBe('+');
    expect(counterOf(bench)).toBe(0x0203_0000);
    expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot: 'B' });
  });

  test('that has advanced locks older images out, even when nothing else is left', async () => {
    const bench = await withTrial();
    bench.tell('c');
    bench.board.cutPower();
    bench.programmer.flipBit(0x0c_0000 + 300, 0);
    expect(bench.powerOn()).toMatchObject({
      decision: 'SAFE_MODE_NO_IMAGE',
      verified: ['B HASH_MISMATCH', 'A SECURITY_COUNTER'],
    });
  });

  test('of a trial that rotted while it ran is not burnt: the confirm is refused', async () => {
    const bench = await withTrial();
    bench.programmer.flipBit(0x0c_0000 + 300, 0);
    bench.tell('c');
    expect([bench.slotStates.B, counterOf(bench)]).toEqual(['TRIAL 2', 1]);
    expect(bench.powerCycle()).toMatchObject({ slot: 'A' });
  });

  test('is whole after any cut in the confirm: the next boot of the confirmed image completes it', async () => {
    const bench = await withTrial();
    const trial = bench.snapshot();
    const ends = new Set<string>();
    // From the first record's last microseconds, through the second one, until the last of five ticks is burnt, at 20 us each.
    for (let after = 180 * microsecond; after < 640 * microsecond; after += 2 * microsecond) {
      bench.restore(trial);
      cutAfterRecordBegan(bench, after);
      const cut = counterOf(bench);
      expect(cut).toBeLessThanOrEqual(0x0203_0000);
      const { decision, slot } = bench.powerOn();
      expect(slot).toBe('B');
      expect(counterOf(bench)).toBe(decision === 'CONFIRMED' ? 0x0203_0000 : 1);
      ends.add(`${decision} ${cut === 1 ? 'none' : cut === 0x0203_0000 ? 'all' : 'some'}`);
    }
    expect([...ends].sort()).toEqual(['CONFIRMED all', 'CONFIRMED none', 'CONFIRMED some', 'TRIAL_AGAIN none']);
  });

  test('cut in the boot that completes it is completed by the one after', async () => {
    const bench = await withTrial();
    cutAfterRecordBegan(bench, 203 * microsecond);
    expect(counterOf(bench)).toBeLessThan(0x0203_0000);
    const begun = bench.snapshot();
    let complete = false;
    for (let access = 1; !complete; access++) {
      bench.restore(begun);
      bench.board.cutPowerAtAccess(access);
      bench.board.powerOn();
      while (bench.board.state === 'bootloader') bench.board.runFor(100 * microsecond);
      complete = bench.board.state === 'firmware';
      if (!complete) expect(bench.powerOn()).toMatchObject({ decision: 'CONFIRMED', slot: 'B' });
      expect(counterOf(bench)).toBe(0x0203_0000);
    }
  });

  test('that does not fit the fuses any more keeps the image from running at all', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    for (let word = 0; word < 32; word++) bench.programmer.setFuse(Fuse.SECURITY_COUNTER + word, 0x1111_1111);
    bench.programmer.place('A', await image('1.0.0', { securityCounter: 256 }));
    bench.programmer.place('B', await image('2.0.0', { securityCounter: 5000, pad: true }));
    expect(bench.powerOn()).toMatchObject({ verified: ['B COUNTER_TOO_FAR', 'A good'], slot: 'A' });
  });
});

describe('the rotation of keys', () => {
  const signedBy = (key: number, version: string, revokes: number[]) =>
    image(version, {
      privateKeyPem: keys[key].privateKeyPem,
      revokes: revokes.map((number) => keys[number].publicKey),
    });

  test('revokes the old key at the first boot that finds its successor confirmed, not sooner', async () => {
    const bench = await withTrial(await signedBy(1, '2.0.0', [0]));
    bench.tell('c');
    expect(revokedOf(bench)).toBe(0);
    expect(bench.tellAndReboot('r')).toMatchObject({ decision: 'CONFIRMED', slot: 'B' });
    expect(revokedOf(bench)).toBe(0b01);
    bench.board.cutPower();
    bench.programmer.flipBit(0x0c_0000 + 300, 0);
    expect(bench.powerOn()).toMatchObject({ verified: ['B HASH_MISMATCH', 'A KEY_REVOKED'], slot: undefined });
  });

  test('does not happen when the trial is rolled back', async () => {
    const bench = await withTrial(await signedBy(1, '2.0.0', [0]));
    expect(bench.tellAndReboot('x')).toMatchObject({ decision: 'REVERTED', slot: 'A' });
    bench.powerCycle();
    expect(revokedOf(bench)).toBe(0);
  });

  test('never revokes the key that signed the image itself', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.programmer.place('B', await signedBy(1, '2.0.0', [0, 1]));
    bench.powerOn();
    expect(bench.tell('p')).toBe('-');
    bench.programmer.place('B', await image('2.0.0', { pad: true, revokes: [keys[0].publicKey] }));
    expect(bench.powerCycle()).toMatchObject({ verified: ['B REVOKES_ITSELF', 'A good'], slot: 'A' });
  });

  test('leaves keys alone that the device does not have, and burns nothing twice', async () => {
    const bench = await withTrial(await signedBy(1, '2.0.0', [2, 3, 0]));
    bench.tell('c');
    bench.powerCycle();
    const burnt: number[] = [];
    bench.board.onLog = ({ kind, a }) => {
      if (kind === LogKind.FUSE) burnt.push(a);
    };
    expect(bench.powerCycle().slot).toBe('B');
    expect([revokedOf(bench), burnt]).toEqual([0b01, []]);
  });
});

describe('a recovery image', () => {
  test('boots only while no other image can boot', async () => {
    const bench = await ObedientDevice.make();
    const recovery = { privateKeyPem: keys[1].privateKeyPem };
    bench.programmer.place('A', await image('9.0.0', { ...recovery, confirm: true }));
    bench.programmer.place('B', v1);
    const words = bench.board.fuseWords();
    words[Fuse.KEY_PURPOSES] = KeyPurpose.RELEASE | (KeyPurpose.RECOVERY << 8);
    bench.board.loadFuses(words);
    expect(bench.powerOn()).toMatchObject({ decision: 'RESCUE', slot: 'B', verified: ['A good', 'B good'] });
    bench.board.cutPower();
    bench.programmer.flipBit(0x0c_0000 + 300, 0);
    expect(bench.powerOn()).toMatchObject({ slot: 'A', verified: ['A good', 'B HASH_MISMATCH'] });
  });
});

/** Tells the firmware to confirm, and cuts the power this long after its record began to be programmed. */
function cutAfterRecordBegan({ board }: ObedientDevice, afterNs: number): void {
  let began: number | undefined;
  board.onLog = ({ kind, timeNs }) => {
    if (kind === LogKind.FLASH_START) began ??= timeNs;
  };
  board.send(1, Buffer.from('c'));
  while (began === undefined) board.runUntil(Math.max(board.nextEventTime, board.now + microsecond));
  board.runUntil(began + afterNs);
  board.cutPower();
  board.onLog = undefined;
}
