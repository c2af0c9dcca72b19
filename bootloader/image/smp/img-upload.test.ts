import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { groupError, ImageBench, makeImage, sha256 } from '../../../hil/rig/guest/image-bench.ts';
import { milliseconds } from '../../../hil/rig/guest/smp-bench.ts';
import { cases } from '../../../host/board/testing/cases.ts';
import { ImgCommand } from '../../../protocol/smp/smp.ts';

const running = makeImage('1.0.0');
let bench: ImageBench;

beforeEach(async () => {
  bench = await ImageBench.make(running);
});

describe('upload', () => {
  const update = makeImage('1.1.0', 9000);

  beforeEach(() => {
    bench.confirmRunning();
  });

  test('takes chunks of any size, and leaves in flash what was sent', () => {
    fc.assert(
      fc.property(fc.integer({ min: 32, max: 1900 }), (size) => {
        expect(bench.uploadAll(update, size)).toEqual({ off: update.length, match: true });
        expect(bench.inFlash(1, update.length)).toEqual(update);
        bench.erase();
      }),
      cases(12),
    );
  });

  test('answers every chunk within 200 ms, the first and the last too', () => {
    let slowest = 0;
    let reply = bench.first(update, 1900);
    slowest = bench.durationNs;
    while ((reply.off ?? 0) < update.length) {
      reply = bench.upload({ off: reply.off, data: update.subarray(reply.off ?? 0, (reply.off ?? 0) + 1900) });
      slowest = Math.max(slowest, bench.durationNs);
    }
    expect(slowest).toBeLessThan(200 * milliseconds);
  });

  test('takes `image` in any chunk and with any value', () => {
    for (const image of [0, 1, 3]) {
      let reply = bench.first(update, 1000, { image });
      while ((reply.off ?? 0) < update.length) {
        const off = reply.off ?? 0;
        reply = bench.upload({ image, off, data: update.subarray(off, off + 1000) });
      }
      expect(reply).toEqual({ off: update.length, match: true });
      bench.erase({ slot: 1 });
    }
  });

  test('without a sha it ends without a match', () => {
    let reply = bench.upload({ off: 0, len: update.length, data: update.subarray(0, 1500) });
    while ((reply.off ?? 0) < update.length) {
      const off = reply.off ?? 0;
      reply = bench.upload({ off, data: update.subarray(off, off + 1500) });
    }
    expect(reply).toEqual({ off: update.length });
  });

  test('says when the file is not the one that was meant, and begins anew after it', () => {
    const wrong = { sha: sha256(running) };
    expect(bench.uploadAll(update, 1500, wrong)).toEqual({ off: update.length, match: false });
    expect(bench.first(update, 512, wrong)).toEqual({ off: 512 });
  });

  const tooLarge = { rc: 1, rsn: 'too large for a slot' };
  const headerOf = (imageSize: number) => {
    const header = Buffer.from(running.subarray(0, 40));
    header.writeUInt16LE(0, 10);
    header.writeUInt32LE(imageSize, 12);
    return header;
  };

  test('takes what just fits', () => {
    expect(bench.upload({ off: 0, data: headerOf(520192 - 32 - 144), len: 520192 })).toEqual({ off: 40 });
  });

  test.each([
    ['no len and hardly any data', { off: 0, data: new Uint8Array(3) }, 22, { rc: 3 }],
    ['less data than a header has', { off: 0, data: new Uint8Array(31), len: 1000 }, 22, { rc: 3 }],
    ['no data', { off: 0, len: 1000 }, 22, { rc: 3 }],
    ['no len', { off: 0, data: running.subarray(0, 40) }, 21, { rc: 3 }],
    ['another magic', { off: 0, data: new Uint8Array(40), len: 1000 }, 23, { rc: 1, rsn: 'magic mismatch' }],
    ['a sha too long', { off: 0, data: running.subarray(0, 40), len: 1000, sha: new Uint8Array(33) }, 24, { rc: 3 }],
    ['more than a slot holds', { off: 0, data: running.subarray(0, 40), len: 524289 }, 30, tooLarge],
    ['a file that reaches into the trailer', { off: 0, data: running.subarray(0, 40), len: 520193 }, 30, tooLarge],
    ['no room for the TLVs it needs', { off: 0, data: headerOf(520192 - 32 - 143), len: 520192 }, 30, tooLarge],
    ['no room for them in a padded file either', { off: 0, data: headerOf(0xffff_ffff), len: 524288 }, 30, tooLarge],
    ['more data than it announced', { off: 0, data: running.subarray(0, 40), len: 39 }, 31, { rc: 1 }],
    ['no offset', { data: new Uint8Array(3) }, 20, { rc: 3 }],
  ])('refuses a first chunk with %s', (_what, request, v2, v1) => {
    expect(bench.upload(request)).toEqual(groupError(v2));
    expect(bench.upload(request, 0)).toEqual(v1);
    expect(bench.list()).toBe('0:bca');
  });

  test('a refused first chunk leaves an upload under way as it is', () => {
    bench.first(update);
    bench.upload({ off: 0, data: new Uint8Array(40), len: 1000 });
    expect(bench.upload({ off: 512, data: update.subarray(512, 600) })).toEqual({ off: 600 });
  });

  test('as an upgrade it must be newer than what runs', () => {
    expect(bench.first(running, 512, { upgrade: true })).toEqual(groupError(27));
    expect(bench.first(makeImage('1.0.0+9'), 512, { upgrade: true })).toEqual(groupError(27));
    expect(bench.first(update, 512, { upgrade: true })).toEqual({ off: 512 });
  });

  test('data beyond the announced length is refused', () => {
    bench.first(update);
    expect(bench.upload({ off: 512, data: new Uint8Array(1900) })).toEqual({ off: 2412 });
    const small = makeImage('1.2.0', 600);
    bench.first(small);
    expect(bench.upload({ off: 512, data: new Uint8Array(900) })).toEqual(groupError(31));
  });

  test('chunks out of order are dropped and told what is expected', () => {
    bench.first(update);
    for (const off of [100, 511, 513, 5000, 100000]) {
      expect(bench.upload({ off, data: new Uint8Array(64) })).toEqual({ off: 512 });
    }
    expect(bench.upload({ off: 512, data: new Uint8Array(0) })).toEqual({ off: 512 });
    expect(
      bench
        .inFlash(1, 600)
        .subarray(512)
        .every((byte) => byte === 0xff),
    ).toBe(true);
  });

  test('without a session any chunk but the first is told to begin', () => {
    expect(bench.upload({ off: 10, data: new Uint8Array(3) })).toEqual({ off: 0 });
  });

  test('resumes where it stood when the same file comes again, and restarts for another', () => {
    bench.first(update);
    bench.upload({ off: 512, data: update.subarray(512, 1024) });
    expect(bench.first(update)).toEqual({ off: 1024 });
    expect(bench.upload({ off: 0, len: update.length, data: update.subarray(0, 64) })).toEqual({ off: 64 });
    expect(bench.first(makeImage('1.2.0'))).toEqual({ off: 512 });
  });

  test('answers every late duplicate of a completed upload as done, and keeps the image', () => {
    const done = bench.uploadAll(update);
    const last = update.length - (update.length % 512);
    expect(bench.upload({ off: last, data: update.subarray(last) })).toEqual(done);
    expect(bench.upload({ off: 1024, data: update.subarray(1024, 1536) })).toEqual(done);
    expect(bench.first(update)).toEqual(done);
    expect(bench.inFlash(1, update.length)).toEqual(update);
    expect(bench.upload({ off: last, data: new Uint8Array(10) })).toEqual({ off: 0 });
    expect(bench.upload({ off: update.length, data: new Uint8Array(0) })).toEqual({ off: 0 });
    expect(bench.upload({ off: last, data: update.subarray(last) })).toEqual(done);
  });

  test('lost and repeated datagrams in any order still end in the very file', () => {
    const disturbance = fc.array(fc.constantFrom('repeat', 'repeat first', 'skip', 'none', 'old'), { maxLength: 12 });
    fc.assert(
      fc.property(disturbance, (disturbances) => {
        const image = makeImage('1.4.0', 7000);
        let off = bench.first(image, 1000).off ?? 0;
        for (const what of [...disturbances, ...Array(12).fill('none')]) {
          if (what === 'repeat first') expect(bench.first(image, 1000).off).toBe(off);
          if (what === 'skip') bench.upload({ off: off + 500, data: image.subarray(off + 500, off + 800) });
          if (what === 'old') bench.upload({ off: 500, data: image.subarray(500, 900) });
          if (off === image.length) continue;
          const chunk = { off, data: image.subarray(off, off + 1000) };
          const next = bench.upload(chunk).off ?? 0;
          if (what === 'repeat') expect(bench.upload(chunk).off).toBe(next);
          off = next;
        }
        expect(off).toBe(image.length);
        expect(bench.inFlash(1, image.length)).toEqual(image);
        bench.erase();
      }),
      cases(20),
    );
  });

  test('over a pending image it makes that one forgotten', () => {
    bench.uploadAll(update);
    bench.mark(update, false);
    bench.first(makeImage('1.2.0'));
    expect(bench.list()).toBe('0:bca');
    expect(bench.uploadAll(update)).toEqual({ off: update.length, match: true });
    expect(bench.list()).toBe('0:bca 1:b');
  });

  test('finds no free slot while a trial runs', async () => {
    bench.uploadAll(update);
    bench.mark(update, false);
    await bench.boot(1);
    expect(bench.first(update)).toEqual(groupError(9));
    expect(bench.upload({ off: 0, len: update.length, data: update.subarray(0, 64) }, 0)).toEqual({
      rc: 6,
      rsn: 'no slot',
    });
    expect(bench.inFlash(0, running.length)).toEqual(running);
  });

  test('goes to slot A when B runs', async () => {
    bench.uploadAll(update);
    bench.mark(update, false);
    await bench.boot(1);
    bench.confirmRunning();
    const next = makeImage('1.2.0');
    expect(bench.uploadAll(next)).toEqual({ off: next.length, match: true });
    expect(bench.inFlash(0, next.length)).toEqual(next);
    expect(bench.list()).toBe('0:b 1:bca');
  });

  test('noise in its fields never faults the core', () => {
    const value = fc.oneof(fc.nat(), fc.boolean(), fc.constant(null), fc.string(), fc.uint8Array({ maxLength: 80 }));
    const request = fc.record({ off: value, data: value, len: value, sha: value, image: value }, { requiredKeys: [] });
    fc.assert(
      fc.property(
        request,
        fc.constantFrom(ImgCommand.STATE, ImgCommand.UPLOAD, ImgCommand.ERASE),
        (fields, command) => {
          expect(bench.write(command, fields)).toBeTruthy();
          expect(bench.list()).toContain('0:bca');
        },
      ),
      cases(150),
    );
  });
});
