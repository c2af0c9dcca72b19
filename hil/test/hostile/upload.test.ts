import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { serialConsole, wires } from '../../prove/noise/wire.ts';
import { checkedDevices } from './devices.ts';
import { always } from './properties.ts';
import { type Chunk, inVersion1, type UploadAnswer, UploadModel } from './upload-model.ts';

const [write, img, upload, erase] = [2, 1, 1, 5];

/** A file that begins as an image does; what follows is its number over and over. */
function file(number: number, length: number): Buffer {
  const bytes = Buffer.alloc(Math.max(length, 32), number);
  bytes.writeUInt32LE(0x96f3_b83d, 0);
  bytes.writeUInt32LE(Math.min(length, 100_000), 12);
  bytes.set([number, 0, 0, 0], 20);
  return bytes.subarray(0, length);
}

function withPayloadOf(size: number, chunk: Buffer): Buffer {
  const other = Buffer.from(chunk);
  if (other.length >= 32) other.writeUInt32LE(size, 12);
  return other;
}

type Step =
  | {
      does: 'begin';
      number: number;
      length: number;
      size: number;
      sha: 'none' | 'right' | 'wrong' | 'short' | 'long';
      lie: Lie;
      upgrade: boolean;
    }
  | { does: 'go on'; where: 'expected' | 'again' | 'ahead' | 'wrapped' | 'end'; size: number }
  | { does: 'erase' }
  | { does: 'say nothing of it' };
type Lie =
  | 'none'
  | 'no len'
  | 'no magic'
  | 'len beyond the slot'
  | 'payload beyond the slot'
  | 'len of 64 bits'
  | 'len of nothing'
  | 'no off';

const size = fc.oneof(
  { weight: 3, arbitrary: fc.nat(1900) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 7, 31, 32, 33, 256) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('begin' as const),
      number: fc.nat(2),
      length: fc.constantFrom(32, 40, 255, 257, 1500, 4095, 4096, 4097, 9000),
      size: fc.oneof(
        { weight: 3, arbitrary: fc.integer({ min: 32, max: 1900 }) },
        { weight: 1, arbitrary: fc.nat(40) },
      ),
      sha: fc.constantFrom('none', 'right', 'right', 'wrong', 'short', 'long'),
      lie: fc.oneof(
        { weight: 8, arbitrary: fc.constant('none' as const) },
        {
          weight: 3,
          arbitrary: fc.constantFrom<Lie>(
            'no len',
            'no magic',
            'len beyond the slot',
            'payload beyond the slot',
            'len of 64 bits',
            'len of nothing',
            'no off',
          ),
        },
      ),
      upgrade: fc.constantFrom(false, false, true),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      does: fc.constant('go on' as const),
      where: fc.constantFrom('expected', 'expected', 'expected', 'again', 'ahead', 'wrapped', 'end'),
      size,
    }),
  },
  { weight: 1, arbitrary: fc.constant({ does: 'erase' as const }) },
  { weight: 1, arbitrary: fc.constant({ does: 'say nothing of it' as const }) },
);

const shaOf = {
  none: () => undefined,
  right: (bytes: Buffer) => createHash('sha256').update(bytes).digest(),
  wrong: () => Buffer.alloc(32, 7),
  short: () => Buffer.alloc(5, 7),
  long: () => Buffer.alloc(33, 7),
};

/** The chunk of a step: what a client that means well, or does not, sends in this state. */
function chunkOf(each: Step, model: UploadModel, current: Buffer): Chunk {
  if (each.does === 'begin') {
    const bytes = file(each.number, each.length);
    const chunk: Chunk = { off: 0, data: bytes.subarray(0, each.size), len: each.length, sha: shaOf[each.sha](bytes) };
    if (each.upgrade) chunk.upgrade = true;
    if (each.lie === 'no len') delete chunk.len;
    if (each.lie === 'no off') delete chunk.off;
    if (each.lie === 'no magic') chunk.data = Buffer.alloc(each.size, 0x3d);
    if (each.lie === 'len beyond the slot') chunk.len = MemoryMap.SLOT_SIZE + 1;
    if (each.lie === 'payload beyond the slot') chunk.data = withPayloadOf(0xffff_ffff, bytes.subarray(0, each.size));
    if (each.lie === 'len of 64 bits') chunk.len = 2n ** 32n + BigInt(each.length);
    if (each.lie === 'len of nothing') chunk.len = 0;
    return chunk;
  }
  if (each.does !== 'go on') return {};
  const expected = model.content.length;
  const at = { expected, again: expected >> 1, ahead: expected + 1, end: current.length, wrapped: expected };
  const from = at[each.where];
  const rest = current.subarray(from, from + each.size);
  return { off: each.where === 'wrapped' ? 2n ** 32n + BigInt(from) : from, data: rest };
}

function withoutNothing(chunk: Chunk): Record<string, unknown> {
  return Object.fromEntries(Object.entries(chunk).filter(([, value]) => value !== undefined));
}

const cases = [
  [...checkedDevices[0], true, [1, 0, 0], MemoryMap.SLOT_B],
  [...checkedDevices[1], false, [1, 1, 0], MemoryMap.SLOT_B],
  [...checkedDevices[2], true, undefined, MemoryMap.SLOT_B],
] as const;

describe.each(cases)('%s', (_name, make, mayUpload, running, slot) => {
  test.each(wires)(
    'answers any order of chunks as a session must, and holds what it said it stored ($name)',
    async (wire) => {
      const device = await make();
      always(fc.array(step, { maxLength: 14 }), wire === serialConsole ? 30 : 100, (steps) => {
        device.restart();
        const model = new UploadModel(mayUpload, running as number[] | undefined);
        let current: Buffer = Buffer.alloc(0);
        for (const each of steps) {
          if (each.does === 'erase') {
            const { fields } = device.ask(write, img, erase, {}, { wire });
            expect(fields).toEqual(mayUpload ? {} : { err: { group: 1, rc: 9 } });
            if (mayUpload) model.forget();
            continue;
          }
          const chunk = chunkOf(each, model, current);
          const before = model.total;
          const expected: UploadAnswer = model.take(chunk);
          if (each.does === 'begin' && (model.total !== before || 'off' in expected))
            current = file(each.number, model.total);
          // Either version, as the size falls.
          const version = 'size' in each && each.size % 2 === 1 ? 1 : 2;
          const answer = device.ask(write, img, upload, withoutNothing(chunk), { wire, version });
          expect(answer.fields, `chunk at ${chunk.off}`).toEqual(version === 2 ? expected : inVersion1(expected));
        }
        const stored = device.inFlash(slot, model.content.length);
        if (mayUpload) expect(stored.equals(model.content), 'what is in flash').toBe(true);
        device.judge();
      });
    },
  );
});

test('a file as large as the slot is stored, and hashed at its last chunk, without any answer being late', async () => {
  const device = await checkedDevices[0][1]();
  const whole = file(9, MemoryMap.SLOT_SIZE);
  const sha = createHash('sha256').update(whole).digest();
  let answer = device.ask(write, img, upload, { off: 0, len: whole.length, sha, data: whole.subarray(0, 1900) });
  while (answer.fields.off !== whole.length) {
    const off = answer.fields.off as number;
    answer = device.ask(write, img, upload, { off, data: whole.subarray(off, off + 1900) });
    expect(answer.fields.off).toBeGreaterThan(off);
  }
  expect(answer.fields).toEqual({ off: whole.length, match: true });
  device.judge();
});
