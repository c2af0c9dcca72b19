// Clients as they are in the field: of an older protocol, with CBOR of their own kind, in a hurry, on noisy lines.
//
// What must stay true: whatever arrives, the next good request is answered, and nothing resets the device.

import { decodeBody } from '../../host/tools/smp/cbor.ts';
import { decodeMessage, encodeMessage } from '../../host/tools/smp/message.ts';
import { valuesOf } from '../../protocol/constants.ts';
import { EnumCommand, ImgCommand, OsCommand, Smp, SmpGroup, StatCommand, smpErrors } from '../../protocol/smp/smp.ts';
import { beats, event, healthy, type InsideRig, not, scenario, within } from '../index.ts';

const MgmtError = valuesOf(smpErrors);
const { OP_READ: read, OP_WRITE: write } = Smp;

scenario(
  'a client of SMP version 1 gets the error codes of its time, for every group',
  { needs: 'inside', from: 'uploaded-1.1' },
  async (rig) => {
    const code = (operation: number, group: number, command: number, body: Record<string, unknown> = {}) =>
      rig.device.request(operation, group, command, body as never, 1).rc;
    const upload = (more: Record<string, unknown>) =>
      code(write, SmpGroup.IMG, ImgCommand.UPLOAD, { off: 0, len: 500, data: new Uint8Array(40), ...more });
    const old = await rig.update(await rig.version());
    const expected: [what: string, code: unknown, wanted: keyof typeof MgmtError][] = [
      [
        'an image that is not there',
        code(write, SmpGroup.IMG, ImgCommand.STATE, { hash: new Uint8Array(32) }),
        'EUNKNOWN',
      ],
      ['a hash of three bytes', code(write, SmpGroup.IMG, ImgCommand.STATE, { hash: new Uint8Array(3) }), 'EINVAL'],
      ['an upload without an offset', upload({ off: undefined }), 'EINVAL'],
      ['an upload of no image', upload({}), 'EUNKNOWN'],
      ['an upgrade that is none', upload({ data: old.subarray(0, 200), len: old.length, upgrade: true }), 'EBADSTATE'],
      ['an unknown format', code(read, SmpGroup.OS, OsCommand.INFO, { format: 'z' }), 'EINVAL'],
      ['an unknown query', code(read, SmpGroup.OS, OsCommand.BOOTLOADER_INFO, { query: 'colour' }), 'ENOENT'],
      ['unknown statistics', code(read, SmpGroup.STAT, StatCommand.READ, { name: 'none' }), 'ENOENT'],
      ['an index that is too large', code(read, SmpGroup.ENUM, EnumCommand.SINGLE, { index: 999 }), 'EINVAL'],
      ['a group of ours', code(read, SmpGroup.SEQUENCER, 5, { seq: 99 }), 'EUNKNOWN'],
    ];
    for (const [what, seen, wanted] of expected) {
      rig.note(`${what}: code ${seen}`);
      if (seen !== MgmtError[wanted]) throw rig.failure(what, `code ${MgmtError[wanted]}`, `${seen}`);
    }
  },
);

/** Sends a message with this body, byte by byte as given, and returns the answer. */
function raw(rig: InsideRig, operation: number, group: number, command: number, body: Uint8Array) {
  const [reply] = rig.device.exchange(encodeMessage({ operation, version: 2, group, sequence: 1, command }, body));
  return reply && decodeBody(decodeMessage(reply).body);
}

const text = (value: string) => [0x60 + Buffer.byteLength(value), ...Buffer.from(value)];
const ofBytes = (...bytes: number[]) => Uint8Array.from(bytes);

scenario(
  'requests in unusual CBOR are understood where they are good, and refused where they are not',
  { needs: 'inside' },
  async (rig) => {
    const echo = (body: Uint8Array) => raw(rig, write, SmpGroup.OS, OsCommand.ECHO, body);
    const good: [body: Uint8Array, echoed: string][] = [
      [ofBytes(0xbf, ...text('d'), ...text('an open map'), 0xff), 'an open map'],
      [ofBytes(0xbf, ...text('x'), 0x9f, 1, 2, 0xff, ...text('d'), ...text('lists'), 0xff), 'lists'],
      [ofBytes(0xa2, ...text('x'), 0xbf, 0xff, ...text('d'), ...text('empty')), 'empty'],
      [ofBytes(0xa1, ...text('d'), ...text('µK, 4 K, 𝕂, é')), 'µK, 4 K, 𝕂, é'],
      [ofBytes(0xa3, 1, 2, 0x20, 3, ...text('d'), ...text('odd keys')), 'odd keys'],
    ];
    for (const [body, echoed] of good) await rig.check(() => echo(body)?.r === echoed);
    const refused = [
      ofBytes(0xa1, ...text('d'), 0x62, 0xc3, 0x28),
      ofBytes(0xa1, ...text('d'), 0x62, 0xc1, 0x80),
      ofBytes(0xa1, ...text('d'), 0x63, 0xe0, 0x80, 0x80),
      ofBytes(0xa1, ...text('d'), 0x63, 0xed, 0xa0, 0x80),
      ofBytes(0xa1, ...text('d'), 0x64, 0xf4, 0xbf, 0xbf, 0xbf),
      ofBytes(0xa1, ...text('d'), 0x61, 0xff),
      ofBytes(0xa1, ...text('d'), 0x62, 0xe2, 0x82),
      ofBytes(0xbf, ...text('d'), 0xff),
      ofBytes(0xff),
      ofBytes(0xa1, 0xff),
      ofBytes(0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f),
      ofBytes(0x5f, 0xff),
      ofBytes(0xc0, 0x00),
      ofBytes(0x80),
      ofBytes(0xba, 0xff, 0xff, 0xff, 0xff),
      ofBytes(),
      ofBytes(0xbf, ...Array.from({ length: 400 }, () => 0x01), 0xff),
    ];
    for (const body of refused) {
      const answer = echo(body);
      await rig.check(() => answer?.rc !== undefined && answer.r === undefined);
    }
    // Some clients send a boolean as a number, a list where others send none, a boolean where a number is meant.
    const console = (value: unknown) => rig.device.request(write, SmpGroup.OS, OsCommand.RESET, value as never);
    await rig.check(() => console({ force: 'x' }).rc !== undefined);
    for (const groups of [[0, 1], [], ['x'], [-1, 0], 'none'])
      rig.device.request(read, SmpGroup.ENUM, EnumCommand.DETAILS, { groups } as never);
    raw(rig, read, SmpGroup.ENUM, EnumCommand.DETAILS, ofBytes(0xa1, ...text('groups'), 0x9f, 0, 1, 0xff));
    raw(rig, read, SmpGroup.STAT, StatCommand.READ, ofBytes(0xa0));
    for (const format of ['', 'a', 'snrvbmpio']) await rig.client.appInfo(format);
    await rig.check(not(event('BOOT_START')));
    // A reset that is forced, in each way in which clients say so.
    for (const force of [0, 1, -1, true]) {
      const since = rig.now;
      console({ force });
      await rig.until(event('BOOT_START', { since }), within('2 s'));
      await rig.client.waitUntilBack();
    }
  },
);

scenario(
  'lines are noisy: broken frames are counted and dropped, and the next request is answered',
  { needs: 'inside' },
  async (rig) => {
    const { lines, board } = rig.device;
    const put = async (line: 0 | 1, bytes: Uint8Array | string) => {
      lines.put(line, Buffer.from(bytes as string, 'latin1'));
      await rig.wait('5 ms');
    };
    const message = encodeMessage({ operation: write, version: 2, group: 0, sequence: 9, command: 0 }, { d: 'x' });
    const lost = () => rig.device.statistics('smp_svr_stats').frames_lost;
    const before = lost();
    // Console: packets that never end, that begin anew, with letters that are no base64, with padding in the wrong place, too long, empty.
    for (const bad of [
      '\x06\x09AA',
      '\x06\x09',
      '\x06\x09AAAA!AAA\n',
      '\x06\x09=AAA\n',
      '\x06\x09AA==A\n',
      '\x06\x09//8=\n',
      '\x06\x09\n',
      '\x04\x14AAAA\n',
      '\x06\x09AAgBAAAA',
      '\x04\x14\n',
      '\x06\x09AGQA\n\x06\x09AGQA\n',
      `\x06\x09${'A'.repeat(4000)}\n`,
    ])
      await put(1, bad);
    // Gateway: escapes that do not exist, ends without a frame, a frame that is too long, one without its check sum, a message that is too short.
    const slip = (...bytes: number[]) => Uint8Array.from(bytes);
    await put(0, slip(0xc0, 0xdb, 0x00, 0xc0));
    await put(0, slip(0xc0, 0xc0, 0xc0));
    await put(0, slip(0xc0, 1, 2, 3, 0xdb));
    await put(0, slip(0xc0, ...new Array(5000).fill(0x41), 0xc0));
    await put(0, slip(0xc0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xc0));
    for (const length of [0, 1, 4, 7]) rig.device.exchange(message.subarray(0, length), 1e6);
    await rig.client.echo('after noise');
    const onConsole = rig.device.client('console');
    await onConsole.echo('after noise');
    await rig.check(() => lost() > before);
    // Both lines as fast as they go, without flow control, for a tenth of a second.
    const end = board.now + 100e6;
    while (board.now < end) {
      for (const line of [0, 1] as const)
        board.send(line, new Uint8Array(Math.min(200, board.wireFree(line))).fill(0xc0 + line));
      board.runFor(50_000);
    }
    await rig.until(beats(), within('5 s'));
    await rig.until(healthy(), within('30 s'));
    await rig.check(not(event('BOOT_START')));
  },
);

scenario(
  'a client has an image verified again and again: it waits for its share of the power, and nothing else suffers',
  { fridge: 'uts' },
  async (rig) => {
    const update = await rig.update();
    update[update.length - 1] ^= 1;
    const hash = rig.place('B', update);
    const began = rig.now;
    for (let asked = 0; asked < 25; asked++) await rig.refusal(rig.client.imageTest(hash));
    rig.measure('25 verifications take', (rig.now - began) / 1e9, { unit: 's', atLeast: 5 });
    await rig.check(not(event('LOAD_SHED')), not(event('DEADLINE_MISSED')), not(event('INTERLOCK_TRIPPED')));
    await rig.until(healthy(), within('10 s'));
  },
);
