import { createHash } from 'node:crypto';
import { Decoder, Encoder } from 'cbor-x';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { ResetCause } from '../../host/board/device.ts';
import { provision } from '../../host/board/factory.ts';
import { GuestMachine } from '../../host/board/guest-machine.ts';
import { SlipDecoder, slipEncode } from '../../host/links/slip.ts';
import { instantiateGuest } from '../../host/tools/guest.ts';
import { generateKey, rawPublicKey, signImage } from '../../host/tools/image/index.ts';
import { RESET } from '../../protocol/generated/registers.ts';
import { Handover } from '../../protocol/handover.ts';
import { MemoryMap } from '../../protocol/memory-map.ts';

interface Guest extends Record<string, unknown> {
  memory: WebAssembly.Memory;
  reset(): void;
  interrupt(lines: number): void;
}
interface ImageEntry {
  slot: number;
  version: string;
  hash: Uint8Array;
  bootable: boolean;
  pending: boolean;
  confirmed: boolean;
  active: boolean;
  permanent: boolean;
}
type Reply = { rc?: number; rsn?: string; err?: { group: number; rc: number }; off?: number; match?: boolean } & {
  images?: ImageEntry[];
};

const options = { useRecords: false, variableMapSize: true, tagUint8Array: false, mapsAsObjects: true };
const encoder = new Encoder(options);
const decoder = new Decoder(options);
const milliseconds = 1_000_000;
const key = generateKey(new Uint8Array(32).fill(7));
const slotBase = [MemoryMap.SLOT_A, MemoryMap.SLOT_B];
const [read, write] = [0, 2];
const [state, upload, erase, slotInfo] = [0, 1, 5, 6];

const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest());

function makeImage(version: string, size = 5000, extra: Partial<Parameters<typeof signImage>[0]> = {}): Uint8Array {
  const payload = Uint8Array.from(
    { length: size },
    (_, index) => (index * 7 + version.length * 13 + index / 256) & 0xff,
  );
  return signImage({ payload, version, privateKeyPem: key.privateKeyPem, securityCounter: 1, ...extra });
}

/** The image hash: SHA-256 of all before the unprotected TLVs, which are 144 bytes. */
const hashOf = (image: Uint8Array) => sha256(image.subarray(0, image.length - 144));

const running = makeImage('1.0.0');
let board: GuestMachine;
let duration = 0;

beforeEach(async () => {
  board = new GuestMachine();
  const publicKey = rawPublicKey(key.privateKeyPem);
  provision(board.machine, board.fuses.cells, {
    bootloader: new Uint8Array(16),
    keys: [publicKey],
    slots: { A: running },
  });
  await boot(0);
});

/** Starts the guest as if the bootloader had handed over this slot, or in safe mode. */
async function boot(slot: number | 'safe mode') {
  board.machine.resetDevices(ResetCause.SOFTWARE);
  if (slot !== 'safe mode') {
    board.machine.poke(RESET, 'MAILBOX', slot, Handover.SLOT);
    board.machine.poke(RESET, 'MAILBOX', Handover.MAGIC_VALUE, Handover.MAGIC);
  }
  board.start(await instantiateGuest<Guest>('bootloader/smp/img.entry.ts', board.bus));
}

function askBytes(message: Uint8Array): string {
  board.uarts[0].receive(slipEncode(Buffer.concat([Uint8Array.of(0, 7), message])));
  const start = board.machine.now;
  board.run();
  duration = board.machine.now - start;
  const replies: Buffer[] = [];
  new SlipDecoder(4096).push(board.take(0), (frame) => replies.push(Buffer.from(frame.subarray(2))));
  expect(replies).toHaveLength(1);
  return replies[0].toString('hex');
}

function ask(operation: number, command: number, request: unknown, version = 1): Reply {
  const body = request instanceof Buffer ? request : encoder.encode(request);
  const header = Buffer.from([(version << 3) | operation, 0, body.length >> 8, body.length & 0xff, 0, 1, 9, command]);
  const reply = Buffer.from(askBytes(Buffer.concat([header, body])), 'hex');
  expect(reply.subarray(0, 2)).toEqual(Buffer.from([(version << 3) | (operation + 1), 0]));
  expect(reply.readUInt16BE(2)).toBe(reply.length - 8);
  return decoder.decode(new Uint8Array(reply.subarray(8)));
}

/** Zephyr's shorthand: slot, then the first letters of the flags that are set. */
function list(reply: Reply = ask(read, state, {})): string {
  const letters = ({ bootable, pending, confirmed, active, permanent }: ImageEntry) =>
    `${bootable ? 'b' : ''}${pending ? 'p' : ''}${confirmed ? 'c' : ''}${active ? 'a' : ''}${permanent ? 'P' : ''}`;
  return (reply.images ?? []).map((image) => `${image.slot}:${letters(image)}`).join(' ');
}

const groupError = (rc: number) => ({ err: { group: 1, rc } });
const confirmRunning = () => ask(write, state, { confirm: true });
const first = (image: Uint8Array, size = 512, extra: object = {}) =>
  ask(write, upload, {
    image: 0,
    len: image.length,
    off: 0,
    sha: sha256(image),
    data: image.subarray(0, size),
    ...extra,
  });

/** Uploads in chunks as a client does: follows `off`. Returns the last reply. */
function uploadAll(image: Uint8Array, size = 512, extra: object = {}): Reply {
  let reply = first(image, size, extra);
  while (reply.off !== undefined && reply.off < image.length) {
    const from = reply.off;
    reply = ask(write, upload, { off: from, data: image.subarray(from, from + size) });
    if (reply.off === from) throw new Error(`stuck at ${from}`);
  }
  return reply;
}

function inFlash(slot: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  board.machine.flash.readBytes(slotBase[slot], bytes);
  return bytes;
}

describe('what the slots hold', () => {
  test('is listed with all flags, version and hash, and no key beyond the standard ones', () => {
    confirmRunning();
    const reply = ask(read, state, {});
    expect(reply).toEqual({
      images: [
        {
          slot: 0,
          version: '1.0.0',
          hash: hashOf(running),
          bootable: true,
          pending: false,
          confirmed: true,
          active: true,
          permanent: false,
        },
      ],
      splitStatus: 0,
    });
  });

  test('has the very bytes of a real server but for the hash', () => {
    confirmRunning();
    const recorded =
      '0900008600010300bf66696d616765739fbf64736c6f74006776657273696f6e65302e302e30646861736858201baa222074cc805faf4e09846d2377886b1e5ef7cfccd9eac1554d82d9aa9d5a68626f6f7461626c65f56770656e64696e67f469636f6e6669726d6564f566616374697665f5697065726d616e656e74f4ffff6b73706c697453746174757300ff';
    const expected = recorded
      .replace(
        '1baa222074cc805faf4e09846d2377886b1e5ef7cfccd9eac1554d82d9aa9d5a',
        Buffer.from(hashOf(running)).toString('hex'),
      )
      .replace('65302e302e30', '65312e302e30');
    expect(askBytes(Buffer.from('0800000100010300a0', 'hex'))).toBe(expected);
    expect(askBytes(Buffer.from('0800000000010300', 'hex'))).toBe(expected);
  });

  test('shows the build number when there is one', () => {
    confirmRunning();
    uploadAll(makeImage('9.8.7+42'));
    expect(ask(read, state, {}).images?.map(({ version }) => version)).toEqual(['1.0.0', '9.8.7.42']);
  });

  test('an upload half-way shows no image', () => {
    confirmRunning();
    first(makeImage('2.0.0'));
    expect(list()).toBe('0:bca');
  });

  test('slot info has both slots and says which one takes uploads, as a real server encodes it', () => {
    const size = '1a00080000';
    expect(askBytes(Buffer.from('0800000100010406a0', 'hex'))).toBe(
      `0900005100010406bf66696d616765739fbf65696d6167650065736c6f74739fbf64736c6f74006473697a65${size}ffbf64736c6f74016473697a65${size}6f75706c6f61645f696d6167655f696400ffffffffff`,
    );
  });

  test('file, core list and core load are not supported', () => {
    for (const command of [2, 3, 4]) expect(ask(read, command, {})).toEqual({ rc: 8 });
    expect(ask(read, upload, {})).toEqual({ rc: 8 });
    expect(ask(write, slotInfo, {})).toEqual({ rc: 8 });
  });
});

describe('the life of an update', () => {
  test('goes from upload over test to confirm, or back', async () => {
    expect(list(confirmRunning())).toBe('0:bca');
    const update = makeImage('1.1.0');
    expect(uploadAll(update)).toEqual({ off: update.length, match: true });
    expect(inFlash(1, update.length)).toEqual(update);
    expect(list()).toBe('0:bca 1:b');
    expect(list(ask(write, state, { hash: hashOf(update), confirm: false }))).toBe('0:bca 1:bp');
    await boot(1);
    expect(list()).toBe('0:bc 1:ba');
    expect(list(confirmRunning())).toBe('0:b 1:bca');
    await boot(1);
    expect(list()).toBe('0:b 1:bca');
  });

  test('confirming in advance makes it pending and permanent', () => {
    confirmRunning();
    const update = makeImage('1.1.0');
    uploadAll(update);
    expect(list(ask(write, state, { hash: hashOf(update), confirm: true }))).toBe('0:bca 1:bpP');
    expect(list(ask(write, state, { hash: hashOf(update), confirm: true }))).toBe('0:bca 1:bpP');
    expect(list(ask(write, state, { hash: hashOf(update), confirm: false }))).toBe('0:bca 1:bpP');
  });

  test('an equal version confirmed in advance gets its trial first: the running one would win', () => {
    confirmRunning();
    const twin = makeImage('1.0.0', 6000);
    uploadAll(twin);
    expect(list(ask(write, state, { hash: hashOf(twin), confirm: true }))).toBe('0:bca 1:bp');
  });

  test('an older version is refused, for it would never boot', () => {
    confirmRunning();
    const old = makeImage('0.9.0');
    uploadAll(old);
    expect(ask(write, state, { hash: hashOf(old), confirm: false })).toEqual(groupError(27));
    expect(ask(write, state, { hash: hashOf(old), confirm: false }, 0)).toEqual({ rc: 6, rsn: 'downgrade' });
    expect(list()).toBe('0:bca 1:b');
  });

  test('an image that imgtool padded and confirmed is pending and permanent as it is', () => {
    confirmRunning();
    const image = makeImage('1.1.0', 3000, { confirm: true });
    expect(image).toHaveLength(MemoryMap.SLOT_SIZE);
    expect(uploadAll(image, 1900)).toEqual({ off: image.length, match: true });
    expect(inFlash(1, image.length)).toEqual(image);
    expect(list()).toBe('0:bca 1:bpP');
  });

  test('a flipped bit, an unknown key and an old security counter are refused before they are marked', () => {
    confirmRunning();
    const flipped = makeImage('1.1.0');
    flipped[3000] ^= 1;
    const stranger = generateKey(new Uint8Array(32).fill(9));
    const foreign = makeImage('1.2.0', 5000, { privateKeyPem: stranger.privateKeyPem });
    const uncounted = makeImage('1.3.0', 5000, { securityCounter: undefined });
    for (const [image, rc] of [
      [flipped, 9],
      [foreign, 11],
      [uncounted, 11],
    ] as const) {
      uploadAll(image);
      expect(ask(write, state, { hash: hashTlvOf(image), confirm: false })).toEqual({ rc });
      expect(ask(write, state, { hash: hashTlvOf(image), confirm: true }, 0)).toEqual({ rc });
      expect(list()).toBe('0:bca 1:b');
    }
  });
});

/** The hash the image claims, whatever its bytes. */
const hashTlvOf = (image: Uint8Array) => image.slice(image.length - 140 + 4, image.length - 140 + 36);

describe('state write', () => {
  const update = makeImage('1.1.0');

  test('confirms the running image without a hash, with null, with no bytes, or by its hash, again and again', () => {
    for (const hash of [{}, { hash: null }, { hash: new Uint8Array(0) }, { hash: hashOf(running) }]) {
      expect(list(ask(write, state, { ...hash, confirm: true }))).toBe('0:bca');
    }
  });

  test('refuses as a real server does', () => {
    confirmRunning();
    const unknown = new Uint8Array(32);
    const cases: [object, number, number][] = [
      [{ hash: hashOf(running), confirm: false }, 33, 1],
      [{ confirm: false }, 24, 3],
      [{}, 24, 3],
      [{ hash: unknown, confirm: false }, 8, 1],
      [{ hash: new Uint8Array(3), confirm: false }, 24, 3],
    ];
    for (const [request, v2, v1] of cases) {
      expect(ask(write, state, request)).toEqual(groupError(v2));
      expect(ask(write, state, request, 0)).toEqual({ rc: v1 });
    }
  });

  test('is an invalid argument without a map, or with a key of the wrong type', () => {
    expect(ask(write, state, Buffer.alloc(0))).toEqual({ rc: 3 });
    expect(ask(write, state, { hash: 'text', confirm: true })).toEqual({ rc: 3 });
    expect(ask(write, state, { confirm: 1 })).toEqual({ rc: 3 });
  });

  test('testing what is pending already changes nothing', () => {
    confirmRunning();
    uploadAll(update);
    const once = ask(write, state, { hash: hashOf(update), confirm: false });
    expect(ask(write, state, { hash: hashOf(update), confirm: false })).toEqual(once);
  });

  test('refuses to test or confirm the other image while a trial runs', async () => {
    confirmRunning();
    uploadAll(update);
    ask(write, state, { hash: hashOf(update), confirm: false });
    await boot(1);
    for (const confirm of [false, true]) {
      expect(ask(write, state, { hash: hashOf(running), confirm })).toEqual(groupError(28));
      expect(ask(write, state, { hash: hashOf(running), confirm }, 0)).toEqual({ rc: 6 });
    }
  });
});

describe('upload', () => {
  const update = makeImage('1.1.0', 9000);

  beforeEach(() => {
    confirmRunning();
  });

  test('takes chunks of any size, and leaves in flash what was sent', () => {
    fc.assert(
      fc.property(fc.integer({ min: 32, max: 1900 }), (size) => {
        expect(uploadAll(update, size)).toEqual({ off: update.length, match: true });
        expect(inFlash(1, update.length)).toEqual(update);
        ask(write, erase, {});
      }),
      { numRuns: 12 },
    );
  });

  test('answers every chunk within 200 ms, the first and the last too', () => {
    let slowest = 0;
    let reply = first(update, 1900);
    slowest = duration;
    while ((reply.off ?? 0) < update.length) {
      reply = ask(write, upload, { off: reply.off, data: update.subarray(reply.off ?? 0, (reply.off ?? 0) + 1900) });
      slowest = Math.max(slowest, duration);
    }
    expect(slowest).toBeLessThan(200 * milliseconds);
  });

  test('takes `image` in any chunk and with any value', () => {
    for (const image of [0, 1, 3]) {
      let reply = first(update, 1000, { image });
      while ((reply.off ?? 0) < update.length) {
        const off = reply.off ?? 0;
        reply = ask(write, upload, { image, off, data: update.subarray(off, off + 1000) });
      }
      expect(reply).toEqual({ off: update.length, match: true });
      ask(write, erase, { slot: 1 });
    }
  });

  test('without a sha it ends without a match', () => {
    let reply = ask(write, upload, { off: 0, len: update.length, data: update.subarray(0, 1500) });
    while ((reply.off ?? 0) < update.length) {
      const off = reply.off ?? 0;
      reply = ask(write, upload, { off, data: update.subarray(off, off + 1500) });
    }
    expect(reply).toEqual({ off: update.length });
  });

  test('says when the file is not the one that was meant, and begins anew after it', () => {
    const wrong = { sha: sha256(running) };
    expect(uploadAll(update, 1500, wrong)).toEqual({ off: update.length, match: false });
    expect(first(update, 512, wrong)).toEqual({ off: 512 });
  });

  test.each([
    ['no len and hardly any data', { off: 0, data: new Uint8Array(3) }, 22, { rc: 3 }],
    ['less data than a header has', { off: 0, data: new Uint8Array(31), len: 1000 }, 22, { rc: 3 }],
    ['no data', { off: 0, len: 1000 }, 22, { rc: 3 }],
    ['no len', { off: 0, data: running.subarray(0, 40) }, 21, { rc: 3 }],
    ['another magic', { off: 0, data: new Uint8Array(40), len: 1000 }, 23, { rc: 1, rsn: 'magic mismatch' }],
    ['a sha too long', { off: 0, data: running.subarray(0, 40), len: 1000, sha: new Uint8Array(33) }, 24, { rc: 3 }],
    ['more than a slot holds', { off: 0, data: running.subarray(0, 40), len: 524289 }, 30, { rc: 1 }],
    ['more data than it announced', { off: 0, data: running.subarray(0, 40), len: 39 }, 31, { rc: 1 }],
    ['no offset', { data: new Uint8Array(3) }, 20, { rc: 3 }],
  ])('refuses a first chunk with %s', (_what, request, v2, v1) => {
    expect(ask(write, upload, request)).toEqual(groupError(v2));
    expect(ask(write, upload, request, 0)).toEqual(v1);
    expect(list()).toBe('0:bca');
  });

  test('a refused first chunk leaves an upload under way as it is', () => {
    first(update);
    ask(write, upload, { off: 0, data: new Uint8Array(40), len: 1000 });
    expect(ask(write, upload, { off: 512, data: update.subarray(512, 600) })).toEqual({ off: 600 });
  });

  test('as an upgrade it must be newer than what runs', () => {
    expect(first(running, 512, { upgrade: true })).toEqual(groupError(27));
    expect(first(makeImage('1.0.0+9'), 512, { upgrade: true })).toEqual(groupError(27));
    expect(first(update, 512, { upgrade: true })).toEqual({ off: 512 });
  });

  test('data beyond the announced length is refused', () => {
    first(update);
    expect(ask(write, upload, { off: 512, data: new Uint8Array(1900) })).toEqual({ off: 2412 });
    const small = makeImage('1.2.0', 600);
    first(small);
    expect(ask(write, upload, { off: 512, data: new Uint8Array(900) })).toEqual(groupError(31));
  });

  test('chunks out of order are dropped and told what is expected', () => {
    first(update);
    for (const off of [100, 511, 513, 5000, 100000]) {
      expect(ask(write, upload, { off, data: new Uint8Array(64) })).toEqual({ off: 512 });
    }
    expect(ask(write, upload, { off: 512, data: new Uint8Array(0) })).toEqual({ off: 512 });
    expect(
      inFlash(1, 600)
        .subarray(512)
        .every((byte) => byte === 0xff),
    ).toBe(true);
  });

  test('without a session any chunk but the first is told to begin', () => {
    expect(ask(write, upload, { off: 10, data: new Uint8Array(3) })).toEqual({ off: 0 });
  });

  test('resumes where it stood when the same file comes again, and restarts for another', () => {
    first(update);
    ask(write, upload, { off: 512, data: update.subarray(512, 1024) });
    expect(first(update)).toEqual({ off: 1024 });
    expect(ask(write, upload, { off: 0, len: update.length, data: update.subarray(0, 64) })).toEqual({ off: 64 });
    expect(first(makeImage('1.2.0'))).toEqual({ off: 512 });
  });

  test('answers every late duplicate of a completed upload as done, and keeps the image', () => {
    const done = uploadAll(update);
    const last = update.length - (update.length % 512);
    expect(ask(write, upload, { off: last, data: update.subarray(last) })).toEqual(done);
    expect(ask(write, upload, { off: 1024, data: update.subarray(1024, 1536) })).toEqual(done);
    expect(first(update)).toEqual(done);
    expect(inFlash(1, update.length)).toEqual(update);
    expect(ask(write, upload, { off: last, data: new Uint8Array(10) })).toEqual({ off: 0 });
    expect(ask(write, upload, { off: update.length, data: new Uint8Array(0) })).toEqual({ off: 0 });
    expect(ask(write, upload, { off: last, data: update.subarray(last) })).toEqual(done);
  });

  test('lost and repeated datagrams in any order still end in the very file', () => {
    const disturbance = fc.array(fc.constantFrom('repeat', 'repeat first', 'skip', 'none', 'old'), { maxLength: 12 });
    fc.assert(
      fc.property(disturbance, (disturbances) => {
        const image = makeImage('1.4.0', 7000);
        let off = first(image, 1000).off ?? 0;
        for (const what of [...disturbances, ...Array(12).fill('none')]) {
          if (what === 'repeat first') expect(first(image, 1000).off).toBe(off);
          if (what === 'skip') ask(write, upload, { off: off + 500, data: image.subarray(off + 500, off + 800) });
          if (what === 'old') ask(write, upload, { off: 500, data: image.subarray(500, 900) });
          if (off === image.length) continue;
          const chunk = { off, data: image.subarray(off, off + 1000) };
          const next = ask(write, upload, chunk).off ?? 0;
          if (what === 'repeat') expect(ask(write, upload, chunk).off).toBe(next);
          off = next;
        }
        expect(off).toBe(image.length);
        expect(inFlash(1, image.length)).toEqual(image);
        ask(write, erase, {});
      }),
      { numRuns: 20 },
    );
  });

  test('over a pending image it makes that one forgotten', () => {
    uploadAll(update);
    ask(write, state, { hash: hashOf(update), confirm: false });
    first(makeImage('1.2.0'));
    expect(list()).toBe('0:bca');
    expect(uploadAll(update)).toEqual({ off: update.length, match: true });
    expect(list()).toBe('0:bca 1:b');
  });

  test('finds no free slot while a trial runs', async () => {
    uploadAll(update);
    ask(write, state, { hash: hashOf(update), confirm: false });
    await boot(1);
    expect(first(update)).toEqual(groupError(9));
    expect(ask(write, upload, { off: 0, len: update.length, data: update.subarray(0, 64) }, 0)).toEqual({
      rc: 6,
      rsn: 'no slot',
    });
    expect(inFlash(0, running.length)).toEqual(running);
  });

  test('goes to slot A when B runs', async () => {
    uploadAll(update);
    ask(write, state, { hash: hashOf(update), confirm: false });
    await boot(1);
    confirmRunning();
    const next = makeImage('1.2.0');
    expect(uploadAll(next)).toEqual({ off: next.length, match: true });
    expect(inFlash(0, next.length)).toEqual(next);
    expect(list()).toBe('0:b 1:bca');
  });

  test('noise in its fields never faults the core', () => {
    const value = fc.oneof(fc.nat(), fc.boolean(), fc.constant(null), fc.string(), fc.uint8Array({ maxLength: 80 }));
    const request = fc.record({ off: value, data: value, len: value, sha: value, image: value }, { requiredKeys: [] });
    fc.assert(
      fc.property(request, fc.constantFrom(state, upload, erase), (fields, command) => {
        expect(ask(write, command, fields)).toBeTruthy();
        expect(list()).toContain('0:bca');
      }),
      { numRuns: 150 },
    );
  });
});

describe('erase', () => {
  test('takes the spare slot by default or by number, and answers as a real server does', () => {
    confirmRunning();
    uploadAll(makeImage('1.1.0'));
    expect(askBytes(Buffer.from('0a00000100011105a0', 'hex'))).toBe('0b00000200011105bfff');
    expect(list()).toBe('0:bca');
    expect(askBytes(Buffer.from('0a00000700012a05a164736c6f7401', 'hex'))).toBe('0b00000200012a05bfff');
    expect(askBytes(Buffer.from('0200000700012b05a164736c6f7401', 'hex'))).toBe('0300000200012b05bfff');
  });

  test('refuses the running slot and slots there are not', () => {
    confirmRunning();
    expect(askBytes(Buffer.from('0a00000700011205a164736c6f7400', 'hex'))).toBe(
      '0b00001300011205bf63657272bf6567726f75700162726309ffff',
    );
    expect(askBytes(Buffer.from('0a00000700010a05a164736c6f7405', 'hex'))).toBe(
      '0b00001300010a05bf63657272bf6567726f7570016272630affff',
    );
    expect(inFlash(0, running.length)).toEqual(running);
  });

  test('refuses the slot to fall back to while a trial runs', async () => {
    confirmRunning();
    uploadAll(makeImage('1.1.0'));
    ask(write, state, { hash: hashOf(makeImage('1.1.0')), confirm: false });
    await boot(1);
    expect(ask(write, erase, { slot: 0 })).toEqual(groupError(9));
    expect(ask(write, erase, { slot: 0 }, 0)).toEqual({ rc: 6 });
    expect(inFlash(0, running.length)).toEqual(running);
  });

  test('in the middle of an upload it ends the session', () => {
    confirmRunning();
    first(makeImage('1.1.0'));
    expect(ask(write, erase, { slot: 1 })).toEqual({});
    expect(ask(write, upload, { off: 512, data: new Uint8Array(40) })).toEqual({ off: 0 });
  });

  test('takes less than 200 ms', () => {
    confirmRunning();
    ask(write, erase, {});
    expect(duration).toBeLessThan(200 * milliseconds);
  });
});

describe('in safe mode', () => {
  test('nothing is active, and the confirmed image is the one that is kept', async () => {
    confirmRunning();
    await boot('safe mode');
    expect(list()).toBe('0:bc');
    expect(ask(write, state, { confirm: true })).toEqual(groupError(3));
    expect(ask(write, erase, { slot: 0 })).toEqual(groupError(9));
    const update = makeImage('1.1.0');
    uploadAll(update);
    expect(list()).toBe('0:bc 1:b');
    expect(inFlash(0, running.length)).toEqual(running);
    expect(list(ask(write, state, { hash: hashOf(update), confirm: false }))).toBe('0:bc 1:bp');
  });

  test('a blank device takes an image and can be told to boot it', async () => {
    board = new GuestMachine();
    provision(board.machine, board.fuses.cells, {
      bootloader: new Uint8Array(16),
      keys: [rawPublicKey(key.privateKeyPem)],
    });
    await boot('safe mode');
    expect(list()).toBe('');
    expect(uploadAll(running)).toEqual({ off: running.length, match: true });
    expect(list()).toBe('0:b');
    expect(list(ask(write, state, { hash: hashOf(running), confirm: true }))).toBe('0:bc');
  });
});
