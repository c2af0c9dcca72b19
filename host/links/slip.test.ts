import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cases } from '../board/testing/cases.ts';
import { SlipDecoder, slipEncode } from './slip.ts';

function framesOf(decoder: SlipDecoder, ...pieces: Uint8Array[]): number[][] {
  const frames: number[][] = [];
  for (const piece of pieces) decoder.push(piece, (frame) => frames.push([...frame]));
  return frames;
}

describe('SLIP on the gateway line', () => {
  it('puts END around a payload and escapes END and ESC inside it', () => {
    expect([...slipEncode(Uint8Array.of(1, 0xc0, 0xdb, 2))]).toEqual([0xc0, 1, 0xdb, 0xdc, 0xdb, 0xdd, 2, 0xc0]);
  });

  it('gives back every payload, however the line cuts it', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 64 });
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 5 }), fc.integer({ min: 1, max: 9 }), (payloads, cut) => {
        const line = Buffer.concat(payloads.map((payload) => slipEncode(payload)));
        const pieces = Array.from({ length: Math.ceil(line.length / cut) }, (_, i) =>
          line.subarray(i * cut, i * cut + cut),
        );
        expect(framesOf(new SlipDecoder(64), ...pieces)).toEqual(payloads.map((payload) => [...payload]));
      }),
      cases(200),
    );
  });

  it('drops a frame with a wrong escape and takes the next one', () => {
    const decoder = new SlipDecoder(16);
    expect(framesOf(decoder, Uint8Array.of(0xc0, 1, 0xdb, 7, 0xc0), slipEncode(Uint8Array.of(9)))).toEqual([[9]]);
    expect(decoder.dropped).toBe(1);
  });

  it('drops a frame longer than its buffer and takes the next one', () => {
    const decoder = new SlipDecoder(4);
    expect(framesOf(decoder, slipEncode(new Uint8Array(5)), slipEncode(new Uint8Array(4)))).toEqual([[0, 0, 0, 0]]);
    expect(decoder.dropped).toBe(1);
  });

  it('loses no more than the frame that noise hits', () => {
    const noise = fc.uint8Array({ maxLength: 20 });
    fc.assert(
      fc.property(noise, (bytes) => {
        const frames = framesOf(new SlipDecoder(64), bytes, Uint8Array.of(0xc0), slipEncode(Uint8Array.of(1, 2, 3)));
        expect(frames.at(-1)).toEqual([1, 2, 3]);
      }),
      cases(200),
    );
  });
});
