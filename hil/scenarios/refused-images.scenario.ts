// Images that a controller refuses to try, each with its reason, and what updates do to keys and to the images that are there.

import { compileGuest } from '../../host/tools/guest.ts';
import { makeToken } from '../../host/tools/image/token.ts';
import { readBootRecord, readFuseReport, sendToken } from '../../host/tools/smp/boot-group.ts';
import { Tlv } from '../../protocol/image/format.ts';
import { Fuse, KeyPurpose } from '../../protocol/memory-map.ts';
import { BootCommand } from '../../protocol/smp/boot.ts';
import { SmpGroup } from '../../protocol/smp/smp.ts';
import { healthy, keys, runs, scenario, signed, slots, within } from '../index.ts';
import { board, counter, type Forgery, forge, vouchers } from '../rig/forged-image.ts';
import { ask, refusedFor } from './refused.ts';

const bytes = (length: number, fill = 0) => new Uint8Array(length).fill(fill);
const u32 = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);
const tlv = (type: number, value: Uint8Array) => ({ type, value });
const besides = (...more: { type: number; value: Uint8Array }[]): Forgery => ({ protectedTlvs: [counter(1), ...more] });
/** A boot record as signers make it: a map whose last pair is the measurement. */
const bootRecord = new Uint8Array(Buffer.concat([Uint8Array.of(0xa1, 0x02, 0x58, 0x20), bytes(32)]));
const dependency = (image: number, major: number) => Uint8Array.of(image, 0, 0, 0, major, 0, 0, 0, 0, 0, 0, 0);

/** Signed by a key of the device, and yet not for it: the reason that the device gives. */
const notForIt: [what: string, reason: string, forgery: Forgery][] = [
  ['for another board', 'WRONG_BOARD', besides(board(8))],
  ['without a security counter', 'SECURITY_COUNTER', { protectedTlvs: [] }],
  ['that needs another image', 'DEPENDENCY', besides(tlv(Tlv.DEPENDENCY, dependency(0, 0)))],
  ['that needs a newer bootloader', 'DEPENDENCY', besides(tlv(Tlv.DEPENDENCY, dependency(1, 200)))],
  ['that revokes its own key', 'REVOKES_ITSELF', besides(tlv(Tlv.KEY_REVOKE, keys[0].keyHash))],
  ['with a boot record of another form', 'BOOT_RECORD', besides(tlv(Tlv.BOOT_RECORD, bytes(40)))],
  ['signed by nobody we know', 'KEY_UNKNOWN', { unprotectedTlvs: ({ value }) => vouchers(value, 3) }],
  ['with a signature of zeros', 'SIGNATURE_INVALID', forSignature(bytes(64))],
  ['with a signature out of range', 'SIGNATURE_INVALID', forSignature(bytes(64, 0xff))],
];

function forSignature(value: Uint8Array): Forgery {
  return { unprotectedTlvs: (hash, keyHash, signature) => [hash, keyHash, { ...signature, value }] };
}

/** Damaged so that it has no name: the device lists nothing in the slot, or an image that cannot boot. */
const withoutName: Forgery[] = [
  { flags: 4 },
  { imageSize: 0xffff_fff0 },
  { protectedSize: 1 },
  { protectedTotal: 9 },
  { unprotectedTotal: 100 },
  besides(counter(2)),
  besides(tlv(Tlv.BOARD_ID, bytes(2))),
  besides(tlv(Tlv.DEPENDENCY, bytes(11))),
  besides(tlv(Tlv.KEY_REVOKE, bytes(31))),
  besides(tlv(Tlv.KEY_REVOKE, bytes(32)), tlv(Tlv.KEY_REVOKE, bytes(32))),
  besides(tlv(Tlv.BOOT_RECORD, bytes(4))),
  besides(tlv(Tlv.BOOT_RECORD, bootRecord), tlv(Tlv.BOOT_RECORD, bootRecord)),
  { protectedTlvs: [{ type: Tlv.SECURITY_COUNTER, value: u32(1), length: 9 }] },
  { protectedTotal: 7, protectedSize: 7 },
  { unprotectedTlvs: (hash, keyHash, signature) => [hash, { ...keyHash, value: bytes(31) }, signature] },
  { unprotectedTlvs: (hash, _, signature) => [hash, signature] },
  { unprotectedTlvs: (hash) => [hash] },
  { unprotectedTlvs: () => [] },
  { unprotectedTlvs: (hash, keyHash, signature) => [hash, keyHash, signature, tlv(Tlv.SHA512, bytes(64))] },
  { unprotectedTlvs: (hash, keyHash, signature) => [hash, keyHash, signature, tlv(0xa5, bytes(4))] },
];

scenario(
  'an image that is signed and yet not for this device is refused, and the answer says why',
  { needs: 'inside' },
  async (rig) => {
    for (const [what, reason, forgery] of notForIt) {
      const image = forge(forgery);
      const hash = rig.place('B', image);
      await refusedFor(rig, reason, rig.client.imageTest(hash));
      rig.note(`an image ${what}: ${reason}`);
    }
    rig.place('B', forge(besides(tlv(Tlv.BOOT_RECORD, bootRecord), tlv(Tlv.KEY_REVOKE, keys[1].keyHash))));
    await rig.images();
    await rig.check(slots({ A: 'CONFIRMED', B: 'UNMARKED' }), runs('1.0.0', { confirmed: true }));
  },
);

scenario('an image that is damaged cannot be named, and is never tried', { needs: 'inside' }, async (rig) => {
  for (const forgery of withoutName) {
    const image = forge(forgery);
    rig.device.programmer.place('B', image);
    const listed = (await rig.images()).find(({ slot }) => slot === 1);
    await rig.check(() => listed === undefined || !listed.bootable);
    await rig.refusal(rig.client.imageTest(listed?.hash ?? bytes(32, 7)));
  }
  const good = await rig.update();
  const hash = rig.place('B', good);
  rig.device.programmer.flipBit(0x0c_0000 + 5000, 3);
  await refusedFor(rig, 'HASH_MISMATCH', rig.client.imageTest(hash));
  await rig.check(slots({ B: 'UNMARKED' }));
});

scenario(
  'an image takes an old key out of service: what that key signed is refused from then on',
  { needs: 'inside' },
  async (rig) => {
    const payload = await compileGuest('firmware/main.ts');
    const made = (version: string, key: number, revokes: Uint8Array[] = []) =>
      signed(version, { payload, privateKeyPem: keys[key].privateKeyPem, revokes, bootRecord });
    await rig.tryImage(await rig.upload(made('1.1.0', 1, [keys[0].publicKey])));
    await rig.until(healthy(), within('10 s'));
    await rig.client.imageConfirm();
    await rig.reset();
    await rig.until(healthy(), within('10 s'));
    const { keys: burnt } = await readFuseReport(rig.client);
    await rig.check(() => burnt.some(({ key, revoked }) => key === 0 && revoked));
    const attested = await readBootRecord(rig.client);
    rig.note(`the boot record that an auditor reads has ${attested.length} bytes`);
    await refusedFor(rig, 'KEY_REVOKED', rig.client.imageTest(await rig.upload(made('1.2.0', 0))));
    await rig.client.imageTest(await rig.upload(made('1.2.0', 1)));
  },
);

scenario(
  'a key may sign only what its fuses say: an image for recovery runs only where no other does',
  { needs: 'inside' },
  async (rig) => {
    const payload = await compileGuest('firmware/main.ts');
    const image = signed('1.1.0', { payload, privateKeyPem: keys[1].privateKeyPem });
    rig.cutPower();
    const purposes = rig.device.board.fuseWords();
    purposes[Fuse.KEY_PURPOSES] = KeyPurpose.RELEASE | (KeyPurpose.RECOVERY << 8);
    rig.device.board.loadFuses(purposes);
    rig.powerOn();
    await rig.wait('3 s');
    const hash = rig.place('B', image);
    await refusedFor(rig, 'recovery', rig.client.imageTest(hash));
    const { serial, board: place, securityCounter } = await readFuseReport(rig.client);
    const about = {
      imageHash: hash,
      serial,
      board: place,
      displaces: '2.0.0',
      counter: [0, securityCounter] as [number, number],
    };
    await refusedFor(
      rig,
      'TOKEN_KEY',
      sendToken(rig.client, makeToken({ ...about, privateKeyPem: keys[1].privateKeyPem })),
    );
  },
);

scenario(
  'a downgrade token that is not for this device, this image or this moment is refused with its reason',
  { needs: 'inside' },
  async (rig) => {
    const payload = await compileGuest('firmware/main.ts');
    const old = signed('0.9.0', { payload });
    const imageHash = rig.place('B', old);
    await refusedFor(rig, 'downgrade', rig.client.imageTest(imageHash));
    const { serial, board: here, securityCounter } = await readFuseReport(rig.client);
    const good = { privateKeyPem: keys[0].privateKeyPem, imageHash, serial, board: here, displaces: '2.0.0' };
    const token = (more: object = {}) =>
      makeToken({ ...good, counter: [0, securityCounter] as [number, number], ...more });
    const flipped = (at: number) => token().map((byte, index) => (index === at ? byte ^ 1 : byte));
    const refusals: [reason: string, token: Uint8Array][] = [
      ['TOKEN_FORMAT', flipped(0)],
      ['TOKEN_FORMAT', token().subarray(1)],
      ['TOKEN_NO_IMAGE', token({ imageHash: bytes(32) })],
      ['TOKEN_OTHER_DEVICE', token({ serial: bytes(16, 9) })],
      ['TOKEN_OTHER_DEVICE', token({ serial: undefined, board: 8 })],
      ['TOKEN_COUNTER', token({ counter: [securityCounter + 1, securityCounter + 4] })],
      ['TOKEN_KEY', token({ privateKeyPem: keys[3].privateKeyPem })],
      ['TOKEN_SIGNATURE', flipped(31)],
      ['TOKEN_SIGNATURE', flipped(110)],
    ];
    if (securityCounter > 0) refusals.push(['TOKEN_COUNTER', token({ counter: [0, securityCounter - 1] })]);
    for (const [reason, refused] of refusals) await refusedFor(rig, reason, sendToken(rig.client, refused));
    await refusedFor(rig, 'EINVAL', ask(rig, SmpGroup.BOOT, BootCommand.TOKEN, {}));
    // One for every device of the board takes its place, and then the one for this device alone.
    await sendToken(rig.client, token({ serial: undefined }));
    await sendToken(rig.client, token());
    await sendToken(rig.client, token());
    // A client that asks twice, because an answer was lost, changes nothing.
    for (let asked = 0; asked < 2; asked++) await rig.client.imageTest(imageHash);
    await rig.reset();
    await rig.until(runs('0.9.0'), within('10 s'));
    await rig.until(healthy(), within('10 s'));
    await rig.client.imageConfirm();
    await rig.check(runs('0.9.0', { confirmed: true }));
  },
);
