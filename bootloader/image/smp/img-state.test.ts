import { beforeEach, describe, expect, test } from 'vitest';
import { groupError, hashOf, ImageBench, makeImage } from '../../../hil/rig/guest/image-bench.ts';
import { generateKey } from '../../../host/tools/image/index.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { ImgCommand } from '../../../protocol/smp/smp.ts';

const running = makeImage('1.0.0');
let bench: ImageBench;

beforeEach(async () => {
  bench = await ImageBench.make(running);
});

describe('the life of an update', () => {
  test('goes from upload over test to confirm, or back', async () => {
    expect(bench.list(bench.confirmRunning())).toBe('0:bca');
    const update = makeImage('1.1.0');
    expect(bench.uploadAll(update)).toEqual({ off: update.length, match: true });
    expect(bench.inFlash(1, update.length)).toEqual(update);
    expect(bench.list()).toBe('0:bca 1:b');
    expect(bench.list(bench.mark(update, false))).toBe('0:bca 1:bp');
    await bench.boot(1);
    expect(bench.list()).toBe('0:bc 1:ba');
    expect(bench.list(bench.confirmRunning())).toBe('0:b 1:bca');
    await bench.boot(1);
    expect(bench.list()).toBe('0:b 1:bca');
  });

  test('an image that never ran is not confirmed in advance', () => {
    bench.confirmRunning();
    const update = makeImage('1.1.0');
    bench.uploadAll(update);
    expect(bench.mark(update, true)).toEqual(groupError(32));
    expect(bench.mark(update, true, 0)).toEqual({ rc: 1, rsn: 'test it first' });
    expect(bench.list()).toBe('0:bca 1:b');
  });

  test('an unhealthy device does not confirm what it runs', () => {
    bench.guest.setConfirmDenied(1);
    expect(bench.confirmRunning()).toEqual(groupError(32));
    bench.guest.setConfirmDenied(0);
    expect(bench.list(bench.confirmRunning())).toBe('0:bca');
  });

  test('an older version is refused, for it would never boot', () => {
    bench.confirmRunning();
    const old = makeImage('0.9.0');
    bench.uploadAll(old);
    expect(bench.mark(old, false)).toEqual(groupError(27));
    expect(bench.mark(old, false, 0)).toEqual({ rc: 6, rsn: 'downgrade' });
    expect(bench.list()).toBe('0:bca 1:b');
  });

  test('an image that imgtool padded and confirmed is pending and permanent as it is', () => {
    bench.confirmRunning();
    const image = makeImage('1.1.0', 3000, { confirm: true });
    expect(image).toHaveLength(MemoryMap.SLOT_SIZE);
    expect(bench.uploadAll(image, 1900)).toEqual({ off: image.length, match: true });
    expect(bench.inFlash(1, image.length)).toEqual(image);
    expect(bench.list()).toBe('0:bca 1:bpP');
  });

  test('a flipped bit, an unknown key and an old security counter are refused before they are marked, each with its reason', () => {
    bench.confirmRunning();
    const flipped = makeImage('1.1.0');
    flipped[3000] ^= 1;
    const stranger = generateKey(new Uint8Array(32).fill(9));
    const foreign = makeImage('1.2.0', 5000, { privateKeyPem: stranger.privateKeyPem });
    const uncounted = makeImage('1.3.0', 5000, { securityCounter: undefined });
    for (const [image, rc, rsn] of [
      [flipped, 9, 'HASH_MISMATCH'],
      [foreign, 11, 'KEY_UNKNOWN'],
      [uncounted, 11, 'SECURITY_COUNTER'],
    ] as const) {
      bench.uploadAll(image);
      expect(bench.mark(image, false)).toEqual({ rc, rsn });
      expect(bench.mark(image, false, 0)).toEqual({ rc, rsn });
      expect(bench.list()).toBe('0:bca 1:b');
    }
  });
});

describe('state write', () => {
  const update = makeImage('1.1.0');

  test('confirms the running image without a hash, with null, with no bytes, or by its hash, again and again', () => {
    for (const hash of [{}, { hash: null }, { hash: new Uint8Array(0) }, { hash: hashOf(running) }]) {
      expect(bench.list(bench.write(ImgCommand.STATE, { ...hash, confirm: true }))).toBe('0:bca');
    }
  });

  test('refuses as a real server does', () => {
    bench.confirmRunning();
    const unknown = new Uint8Array(32);
    const cases: [object, number, number][] = [
      [{ hash: hashOf(running), confirm: false }, 33, 1],
      [{ confirm: false }, 24, 3],
      [{}, 24, 3],
      [{ hash: unknown, confirm: false }, 8, 1],
      [{ hash: new Uint8Array(3), confirm: false }, 24, 3],
    ];
    for (const [request, v2, v1] of cases) {
      expect(bench.write(ImgCommand.STATE, request)).toEqual(groupError(v2));
      expect(bench.write(ImgCommand.STATE, request, 0)).toEqual({ rc: v1 });
    }
  });

  test('is an invalid argument without a map, or with a key of the wrong type', () => {
    expect(bench.write(ImgCommand.STATE, Buffer.alloc(0))).toEqual({ rc: 3 });
    expect(bench.write(ImgCommand.STATE, { hash: 'text', confirm: true })).toEqual({ rc: 3 });
    expect(bench.write(ImgCommand.STATE, { confirm: 1 })).toEqual({ rc: 3 });
  });

  test('testing what is pending already changes nothing', () => {
    bench.confirmRunning();
    bench.uploadAll(update);
    const once = bench.mark(update, false);
    expect(bench.mark(update, false)).toEqual(once);
  });

  test('refuses to test or confirm the other image while a trial runs', async () => {
    bench.confirmRunning();
    bench.uploadAll(update);
    bench.mark(update, false);
    await bench.boot(1);
    for (const confirm of [false, true]) {
      expect(bench.mark(running, confirm)).toEqual(groupError(28));
      expect(bench.mark(running, confirm, 0)).toEqual({ rc: 6 });
    }
  });
});

describe('in safe mode', () => {
  test('nothing is active, and the confirmed image is the one that is kept', async () => {
    bench.confirmRunning();
    await bench.boot('safe mode');
    expect(bench.list()).toBe('0:bc');
    expect(bench.write(ImgCommand.STATE, { confirm: true })).toEqual(groupError(3));
    expect(bench.erase({ slot: 0 })).toEqual(groupError(9));
    const update = makeImage('1.1.0');
    bench.uploadAll(update);
    expect(bench.list()).toBe('0:bc 1:b');
    expect(bench.inFlash(0, running.length)).toEqual(running);
    expect(bench.list(bench.mark(update, false))).toBe('0:bc 1:bp');
  });

  test('testing the confirmed image changes nothing: it boots next, and is not put on trial again', async () => {
    bench.confirmRunning();
    await bench.boot('safe mode');
    expect(bench.list(bench.mark(running, false))).toBe('0:bc');
    await bench.boot('safe mode');
    expect(bench.list()).toBe('0:bc');
  });

  test('a blank device takes an image and can be told to boot it', async () => {
    bench = await ImageBench.make(undefined);
    expect(bench.list()).toBe('');
    expect(bench.uploadAll(running)).toEqual({ off: running.length, match: true });
    expect(bench.list()).toBe('0:b');
    expect(bench.list(bench.mark(running, false))).toBe('0:bp');
  });
});
