import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { signImage } from '../../../host/tools/image/index.ts';
import { encodeMessage } from '../../../host/tools/smp/message.ts';
import { Trailer } from '../../../protocol/image/format.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import type { CheckedDevice } from '../../prove/noise/checked-device.ts';
import { gateway } from '../../prove/noise/wire.ts';
import { firmwareImage } from '../../rig/images.ts';
import { keys } from '../../rig/keys.ts';
import { read, write } from '../../rig/lines.ts';
import { Programmer } from '../../rig/programmer.ts';
import { millisecond, second } from '../../rig/time.ts';
import { firmware, safeMode } from './devices.ts';
import { hashIn } from './images.ts';
import { always } from './properties.ts';

const [os, img, stat] = [0, 1, 2];
const version = '9.0.0';

function signed(payload: Uint8Array): Uint8Array {
  return signImage({ payload, privateKeyPem: keys[0].privateKeyPem, version, securityCounter: 1 });
}

interface Listed {
  slot: number;
  hash: Uint8Array;
  bootable: boolean;
  pending: boolean;
}

const mark = (hash: Uint8Array) => ({ hash, confirm: false });

describe.each([
  ['a running device', firmware],
  ['a device in safe mode', safeMode],
] as const)('%s', (_name, make) => {
  const good = signed(Buffer.from('no module, but signed'));

  test('marks no image with any byte changed, and boots none', async () => {
    const device = await make();
    const change = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }));
    always(fc.array(change, { minLength: 1, maxLength: 3 }), 60, (changes) => {
      device.restart();
      const bytes = good.slice();
      for (const [at, flip] of changes) bytes[at] ^= flip;
      if (Buffer.from(bytes).equals(good)) return;
      new Programmer(device.board).place('B', bytes);
      const listed = (device.ask(read, img, 0).fields.images as Listed[]).find(({ slot }) => slot === 1);
      for (const hash of [hashIn(good), ...(listed ? [listed.hash] : [])]) {
        const { fields } = device.ask(write, img, 0, mark(hash));
        expect(fields, 'refused').toSatisfy(({ rc, err }: typeof fields) => rc !== undefined || err !== undefined);
      }
      device.ask(write, os, 5);
      device.judge();
    });
  });

  test('marks the unchanged image: so the refusals above are due to the changes', async () => {
    const device = await make();
    new Programmer(device.board).place('B', good);
    const { images } = device.ask(write, img, 0, mark(hashIn(good))).fields as { images: Listed[] };
    expect(images[1]).toMatchObject({ slot: 1, pending: true });
    device.judge();
  });

  test('lists and refuses whatever a header says of sizes', async () => {
    const device = await make();
    const wild = fc.constantFrom(
      0,
      1,
      31,
      32,
      33,
      0xff,
      0xfffe,
      0xffff,
      0x7f000,
      0x80000,
      0x7fff_ffff,
      0xffff_fffc,
      0xffff_ffff,
    );
    const field = fc.tuple(fc.constantFrom(8, 10, 12, 16, 20, 24, 28), fc.constantFrom(2, 4), wild);
    always(fc.array(field, { minLength: 1, maxLength: 4 }), 150, (changes) => {
      device.restart();
      const bytes = Buffer.from(good);
      for (const [at, width, value] of changes) bytes.writeUIntLE(value % 2 ** (8 * width), at, width);
      new Programmer(device.board).place('B', bytes);
      for (const command of [0, 6]) expect(device.ask(read, img, command).fields.images).toBeDefined();
      if (!bytes.equals(good))
        expect(device.ask(write, img, 0, mark(hashIn(good))).fields).not.toHaveProperty('images');
      device.judge();
    });
  });

  test('runs one of its images, and keeps the other, whatever the trailer of a good one says', async () => {
    const device = await make();
    const update = await firmwareImage('1.2.0');
    const { MAGIC_WORD_0, MAGIC_WORD_1, MAGIC_WORD_2, MAGIC_WORD_3 } = Trailer;
    const magic = Buffer.from(Uint32Array.of(MAGIC_WORD_0, MAGIC_WORD_1, MAGIC_WORD_2, MAGIC_WORD_3).buffer);
    const ending = fc.oneof(
      fc.constant(magic),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.constant(magic.subarray(1)),
    );
    const flags = fc.array(fc.constantFrom(0, 1, 2, 3, 0xff), { minLength: 0, maxLength: 64 });
    always(fc.tuple(flags, ending), 40, ([before, last]) => {
      device.restart();
      new Programmer(device.board).place('B', update);
      const trailer = Uint8Array.of(...before, ...last);
      device.board.machine.flash.writeBytes(MemoryMap.SLOT_B + MemoryMap.SLOT_SIZE - trailer.length, trailer);
      for (const mode of [0, 1, 0]) device.ask(write, os, 5, { boot_mode: mode });
      device.judge();
    });
  });

  test('answers in time though every entry of the longest TLV areas must be walked, again and again', async () => {
    const device = await make();
    // 16,382 entries of no length in either area: what 64 KiB of sizes allow.
    const entries = Buffer.alloc(4 * 16_382);
    for (let at = 0; at < entries.length; at += 4) entries.writeUInt16LE(0xa0, at);
    const area = (magic: number) =>
      Buffer.concat([Uint8Array.of(magic, 0x69, 0xfc, 0xff), entries.subarray(0, 0xfffc - 4)]);
    const header = Buffer.from(good.subarray(0, 32));
    header.writeUInt16LE(0xfffc, 10);
    header.writeUInt32LE(8, 12);
    new Programmer(device.board).place('B', Buffer.concat([header, Buffer.alloc(8), area(8), area(7)]));
    for (let turn = 0; turn < 20; turn++) device.ask(read, img, 0);
    device.judge();
    new Programmer(device.board).place('B', Buffer.concat([header, Buffer.alloc(8), area(8), signedTail(good)]));
    for (let turn = 0; turn < 20; turn++) device.ask(read, img, 0);
    device.judge();
  });
});

describe('a flood of requests that verify a full slot', () => {
  let device: CheckedDevice;
  let request: Uint8Array;
  beforeAll(async () => {
    device = await firmware();
    const large = signed(new Uint8Array(MemoryMap.IMAGE_SIZE_MAX - 400).fill(0x5a));
    large[large.length - 1] ^= 1;
    new Programmer(device.board).place('B', large);
    const header = { operation: write, version: 2, group: img, sequence: 7, command: 0 };
    request = gateway.encode(encodeMessage(header, mark(hashIn(large))), 7);
  });

  test('makes no task miss its deadline, and the watchdog is fed', async () => {
    const { board } = device;
    const end = board.now + 3 * second;
    while (board.now < end) {
      while (board.wireFree(0) > request.length) board.send(0, request);
      board.runFor(10 * millisecond);
    }
    device.judgeMachine();
    // The wire, held off by flow control, and the buffers still hold some. Each verification takes what requests may take in a second.
    board.runFor(60 * second);
    const refusals = device.take(gateway).length;
    expect(refusals).toBeGreaterThan(30);
    expect(device.ask(read, stat, 0, { name: 'tasks' }).fields.fields).toMatchObject({
      deadlines_missed: 0,
      over_budget: 0,
      feeds_withheld: 0,
    });
    device.judge();
  });
});

/** The unprotected area of an image. */
function signedTail(image: Uint8Array): Uint8Array {
  return image.subarray(image.length - 4 - 36 - 36 - 68);
}
