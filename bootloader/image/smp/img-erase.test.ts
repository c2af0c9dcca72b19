import { beforeEach, describe, expect, test } from 'vitest';
import { groupError, ImageBench, makeImage } from '../../../hil/rig/guest/image-bench.ts';
import { milliseconds } from '../../../hil/rig/guest/smp-bench.ts';

const running = makeImage('1.0.0');
let bench: ImageBench;

beforeEach(async () => {
  bench = await ImageBench.make(running);
});

describe('erase', () => {
  test('takes the spare slot by default or by number, and answers as a real server does', () => {
    bench.confirmRunning();
    bench.uploadAll(makeImage('1.1.0'));
    expect(bench.exchange('0a00000100011105a0')).toEqual(['0b00000200011105bfff']);
    expect(bench.list()).toBe('0:bca');
    expect(bench.exchange('0a00000700012a05a164736c6f7401')).toEqual(['0b00000200012a05bfff']);
    expect(bench.exchange('0200000700012b05a164736c6f7401')).toEqual(['0300000200012b05bfff']);
  });

  test('refuses the running slot and slots there are not', () => {
    bench.confirmRunning();
    expect(bench.exchange('0a00000700011205a164736c6f7400')).toEqual([
      '0b00001300011205bf63657272bf6567726f75700162726309ffff',
    ]);
    expect(bench.exchange('0a00000700010a05a164736c6f7405')).toEqual([
      '0b00001300010a05bf63657272bf6567726f7570016272630affff',
    ]);
    expect(bench.inFlash(0, running.length)).toEqual(running);
  });

  test('refuses the slot to fall back to while a trial runs', async () => {
    bench.confirmRunning();
    bench.uploadAll(makeImage('1.1.0'));
    bench.mark(makeImage('1.1.0'), false);
    await bench.boot(1);
    expect(bench.erase({ slot: 0 })).toEqual(groupError(9));
    expect(bench.erase({ slot: 0 }, 0)).toEqual({ rc: 6 });
    expect(bench.inFlash(0, running.length)).toEqual(running);
  });

  test('in the middle of an upload it ends the session', () => {
    bench.confirmRunning();
    bench.first(makeImage('1.1.0'));
    expect(bench.erase({ slot: 1 })).toEqual({});
    expect(bench.upload({ off: 512, data: new Uint8Array(40) })).toEqual({ off: 0 });
  });

  test('takes less than 200 ms', () => {
    bench.confirmRunning();
    bench.erase();
    expect(bench.durationNs).toBeLessThan(200 * milliseconds);
  });
});
