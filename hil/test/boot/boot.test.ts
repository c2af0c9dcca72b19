// Which image boots, on the real board with the real bootloader: what was verified, what was chosen, what was kept.
// Updates and how they are rolled back are in trial.test.ts.

import { beforeAll, describe, expect, test } from 'vitest';
import { Fuse, MemoryMap } from '../../../protocol/memory-map.ts';
import { keys } from '../../rig/keys.ts';
import { image, ObedientDevice } from './obedient.ts';

const seconds = 1_000_000_000;
let v3: Uint8Array;
let v1: Uint8Array;
let v2: Uint8Array;

beforeAll(async () => {
  v1 = await image('1.0.0');
  v2 = await image('2.0.0');
  v3 = await image('3.0.0');
});

describe('a confirmed image', () => {
  test('provisioned by the factory is confirmed, and boots as any confirmed one', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    expect(bench.powerOn()).toEqual({ decision: 'CONFIRMED', slot: 'A', verified: ['A good'], rejected: [] });
    expect(bench.slotStates).toEqual({ A: 'CONFIRMED', B: 'UNMARKED' });
  });

  test('boots again and again without a write to flash', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.powerOn();
    for (let boot = 0; boot < 3; boot++) expect(bench.powerCycle().decision).toBe('CONFIRMED');
    // The factory's record, and that of the first boot, which says which slot ran.
    expect(bench.recordCount).toBe(2);
  });

  test('of the higher version boots, and only that one is verified', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1, B: v2 } });
    expect(bench.powerOn()).toMatchObject({ slot: 'B', verified: ['B good'] });
  });

  test('keeps running through every kind of reset', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.powerOn();
    for (const letter of ['r', 'x', 'h', 'd'])
      expect(bench.tellAndReboot(letter, 2 * seconds)).toMatchObject({ decision: 'CONFIRMED', slot: 'A' });
    bench.board.pullResetPin();
    expect(bench.settle().slot).toBe('A');
    bench.board.brownOut();
    expect(bench.settle().slot).toBe('A');
  });
});

describe('MCUboot trailers', () => {
  test('`--pad` requests a trial', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.programmer.place('B', await image('2.0.0', { pad: true }));
    expect(bench.powerOn()).toMatchObject({ decision: 'TRIAL_FIRST', slot: 'B' });
    expect(bench.tellAndReboot('r')).toMatchObject({ decision: 'REVERTED', slot: 'A' });
    expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot: 'A', rejected: [] });
  });

  test('`--confirm` requests a trial as well: the image confirms itself only once it is healthy', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.powerOn();
    bench.programmer.place('B', await image('2.0.0', { confirm: true }));
    expect(bench.tellAndReboot('r')).toMatchObject({ decision: 'PERMANENT', slot: 'B' });
    expect(bench.slotStates.B).toBe('TRIAL 2');
    expect(bench.tell('w')).toBe('+');
    expect(bench.slotStates.B).toBe('CONFIRMED');
    expect(bench.tellAndReboot('x')).toMatchObject({ decision: 'CONFIRMED', slot: 'B' });
  });

  test('`--pad` on an older image than the confirmed one changes nothing', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v2 } });
    bench.programmer.place('B', await image('1.0.0', { pad: true }));
    expect(bench.powerOn()).toMatchObject({ decision: 'CONFIRMED', slot: 'A' });
  });

  test('image_ok with another value than 1 requests nothing', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.programmer.place('B', await image('2.0.0', { pad: true }));
    bench.programmer.write(MemoryMap.SLOT_B + MemoryMap.SLOT_SIZE - 24, Uint8Array.of(3));
    expect(bench.powerOn()).toMatchObject({ slot: 'A' });
  });

  test('copy_done without image_ok requests nothing: another bootloader has tried the image', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.programmer.place('B', await image('2.0.0', { pad: true }));
    bench.programmer.write(MemoryMap.SLOT_B + MemoryMap.SLOT_SIZE - 32, Uint8Array.of(1));
    expect(bench.powerOn()).toMatchObject({ slot: 'A' });
  });
});

describe('when the confirmed image rots', () => {
  test('the older confirmed one boots, and the rotten one is tried again at every boot', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1, B: v2 } });
    bench.powerOn();
    bench.powerCycle();
    bench.programmer.flipBit(MemoryMap.SLOT_B + 300, 0);
    expect(bench.powerCycle()).toEqual({
      decision: 'FALLBACK',
      slot: 'A',
      verified: ['B HASH_MISMATCH', 'A good'],
      rejected: [],
    });
    expect(bench.slotStates.B).toBe('CONFIRMED HASH_MISMATCH');
    const records = bench.recordCount;
    expect(bench.powerCycle()).toMatchObject({ decision: 'FALLBACK', slot: 'A' });
    expect(bench.recordCount).toBe(records);
    bench.programmer.flipBit(MemoryMap.SLOT_B + 300, 0);
    expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot: 'B' });
    expect(bench.slotStates.B).toBe('CONFIRMED');
  });

  test('so that its header cannot be read, it is still remembered, and boots when it can be again', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1, B: v2 } });
    bench.powerOn();
    bench.programmer.flipBit(MemoryMap.SLOT_B, 0);
    expect(bench.powerCycle()).toMatchObject({ decision: 'FALLBACK', slot: 'A' });
    expect(bench.slotStates.B).toBe('CONFIRMED BAD_MAGIC');
    bench.programmer.flipBit(MemoryMap.SLOT_B, 0);
    expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot: 'B' });
  });

  test('so that its own hash TLV names another image, it still boots when it can be read again', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.powerOn();
    const hashTlv = MemoryMap.SLOT_A + v1.length - 136;
    bench.programmer.flipBit(hashTlv, 5);
    expect(bench.powerCycle()).toMatchObject({ decision: 'SAFE_MODE_NO_IMAGE', rejected: ['A HASH_MISMATCH'] });
    bench.programmer.flipBit(hashTlv, 5);
    expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot: 'A' });
  });

  test('and no other image is confirmed, a valid image without a mark boots on trial', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.powerOn();
    bench.programmer.place('B', v2);
    bench.programmer.flipBit(MemoryMap.SLOT_A + 300, 0);
    expect(bench.powerCycle()).toMatchObject({ decision: 'RESCUE', slot: 'B' });
    expect(bench.slotStates.B).toBe('TRIAL 2');
    bench.tell('c');
    expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot: 'B' });
  });
});

describe('a confirmed image the core refuses to run', () => {
  const notWebAssembly = { payload: Buffer.from('this is not WebAssembly') };

  test('is followed by an older confirmed one', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1, B: await image('2.0.0', notWebAssembly) } });
    expect(bench.powerOn()).toMatchObject({ decision: 'FALLBACK', slot: 'A', rejected: [] });
    expect(bench.slotStates.B).toBe('CONFIRMED CORE_REFUSED');
    expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot: 'A', verified: ['A good'] });
  });

  test('leaves a board without another one in safe mode, not in a reset loop', async () => {
    const bench = await ObedientDevice.make({ slots: { A: await image('1.0.0', notWebAssembly) } });
    expect(bench.powerOn()).toMatchObject({ decision: 'SAFE_MODE_NO_IMAGE', verified: [] });
    expect(bench.slotStates.A).toBe('CONFIRMED CORE_REFUSED');
    // It is not rejected: when the power comes back it is tried once more.
    expect(bench.powerCycle()).toMatchObject({ decision: 'SAFE_MODE_NO_IMAGE', verified: [] });
  });
});

describe('safe mode', () => {
  test('is entered by an empty board', async () => {
    const bench = await ObedientDevice.make();
    expect(bench.powerOn()).toEqual({ decision: 'SAFE_MODE_NO_IMAGE', slot: undefined, verified: [], rejected: [] });
  });

  test('is entered when both images are damaged, and the reason of each is stored', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1, B: v2 } });
    bench.programmer.flipBit(MemoryMap.SLOT_A + 300, 0);
    bench.programmer.flipBit(MemoryMap.SLOT_B + v2.length - 1, 7);
    expect(bench.powerOn()).toMatchObject({
      decision: 'SAFE_MODE_NO_IMAGE',
      slot: undefined,
      verified: ['B SIGNATURE_INVALID', 'A HASH_MISMATCH'],
      rejected: [],
    });
    expect(bench.slotStates).toEqual({ A: 'CONFIRMED HASH_MISMATCH', B: 'CONFIRMED SIGNATURE_INVALID' });
  });

  test('is entered when both uploads are damaged: they are rejected, each with its reason', async () => {
    const bench = await ObedientDevice.make();
    bench.programmer.place('A', await image('1.0.0', { confirm: true }));
    bench.programmer.place('B', await image('2.0.0', { pad: true }));
    bench.programmer.flipBit(MemoryMap.SLOT_A + 300, 0);
    bench.programmer.flipBit(MemoryMap.SLOT_B + v2.length - 1, 7);
    expect(bench.powerOn()).toMatchObject({
      decision: 'SAFE_MODE_NO_IMAGE',
      slot: undefined,
      rejected: ['A HASH_MISMATCH', 'B SIGNATURE_INVALID'],
    });
    expect(bench.slotStates).toEqual({ A: 'REJECTED HASH_MISMATCH', B: 'REJECTED SIGNATURE_INVALID' });
  });

  test('is entered on request, once', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.powerOn();
    expect(bench.tellAndReboot('s')).toMatchObject({ decision: 'SAFE_MODE_REQUESTED', slot: undefined });
    bench.board.pullResetPin();
    expect(bench.settle()).toMatchObject({ decision: 'CONFIRMED', slot: 'A' });
  });

  test('is entered at every boot when the strap is burnt', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.programmer.setFuse(Fuse.STRAP, 1);
    expect(bench.powerOn().decision).toBe('SAFE_MODE_STRAP');
    expect(bench.powerCycle().decision).toBe('SAFE_MODE_STRAP');
  });

  test('does not count as a boot of a trial', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.programmer.place('B', await image('2.0.0', { pad: true }));
    bench.powerOn();
    bench.powerCycle();
    expect(bench.slotStates.B).toBe('TRIAL 1');
    bench.board.cutPower();
    bench.programmer.setFuse(Fuse.STRAP, 1);
    expect(bench.powerOn().decision).toBe('SAFE_MODE_STRAP');
    expect(bench.slotStates.B).toBe('TRIAL 1');
  });
});

describe('fuses', () => {
  test('the second key in the fuses boots an image too', async () => {
    const bench = await ObedientDevice.make({
      slots: { A: await image('1.0.0', { privateKeyPem: keys[1].privateKeyPem }) },
    });
    expect(bench.powerOn().slot).toBe('A');
  });

  test('an image of a revoked key does not boot, one of another key does', async () => {
    const bench = await ObedientDevice.make({
      slots: { A: v3, B: await image('1.0.0', { privateKeyPem: keys[1].privateKeyPem }) },
    });
    bench.programmer.setFuse(Fuse.KEY_REVOKED, 1);
    expect(bench.powerOn()).toMatchObject({ slot: 'B', verified: ['A KEY_REVOKED', 'B good'] });
  });

  test('an image whose security counter is below the fuses’ does not boot', async () => {
    const bench = await ObedientDevice.make({
      slots: {
        A: await image('3.0.0', { securityCounter: 2 }),
        B: await image('1.0.0', { securityCounter: 3 }),
      },
    });
    bench.programmer.setFuse(Fuse.SECURITY_COUNTER, 0x111);
    expect(bench.powerOn()).toMatchObject({ slot: 'B', verified: ['A SECURITY_COUNTER', 'B good'] });
  });

  test('an image for another board does not boot', async () => {
    const bench = await ObedientDevice.make({ slots: { A: await image('1.0.0', { boardId: 7 }) } });
    expect(bench.powerOn()).toMatchObject({ slot: undefined, verified: ['A WRONG_BOARD'] });
  });
});
