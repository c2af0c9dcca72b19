// The scenarios of the glitch proof: what must not run, and why. Here are images that do not verify; images that verify and still may not run are
// in state-attacks.ts.
//
// In each, the bootloader without a glitch boots the confirmed image in slot A or stays in safe mode. With a glitch it may do either, or hang, or
// fault; it must not run the image in slot B.

import { sign } from 'node:crypto';
import { ImageFormat } from '../../../protocol/image/format.ts';
import { Fuse, KeyPurpose, Lifecycle } from '../../../protocol/memory-map.ts';
import { keys, privateKeys } from '../../rig/keys.ts';
import { device, patched, payload, placeOf, sha256, specimen } from '../attack/specimens.ts';
import { type Attack, good, offered, offeredTo, version } from './attack.ts';
import { stateAttacks } from './state-attacks.ts';

const payloadAt = placeOf(good, payload);
const signedSize = Buffer.from(good).lastIndexOf(Uint8Array.of(0x07, 0x69));
const hashAt = placeOf(good, sha256(good.subarray(0, signedSize)));
const lastByte = payload[payload.length - 1];
const changed = patched(good, payloadAt + payload.length - 1, Uint8Array.of(lastByte ^ 1));
/** Everything is right except the signature. */
const unsigned = patched(changed, hashAt, sha256(changed.subarray(0, signedSize)));
const byStranger = specimen(version, { privateKeyPem: keys[3].privateKeyPem });

/** There is no other image: only safe mode is left. */
function alone(image: Uint8Array): Attack['prepare'] {
  return (bench) => {
    bench.place(0, new Uint8Array(0));
    bench.place(1, image);
    bench.mark(1, 'permanent');
  };
}

/** It was good, ran and was confirmed; then its bytes were changed. */
function afterTheFact(image: Uint8Array): Attack['prepare'] {
  return (bench) => {
    offeredTo(bench, good);
    bench.boot();
    bench.switchOff();
    bench.confirm(1);
    bench.write(bench.addressOf(1), image);
  };
}

/** Correctly signed, whatever its header and its protected TLVs say: so there is only one cause to refuse it. */
function flagged(flags: number): Uint8Array {
  const changed = patched(good, ImageFormat.OFFSET_FLAGS, new Uint8Array(Uint32Array.of(flags).buffer));
  const digest = sha256(changed.subarray(0, signedSize));
  const signature = sign(null, digest, privateKeys[0]);
  return patched(patched(changed, hashAt, digest), changed.length - signature.length, signature);
}

/** Signed by the second key, whose purposes are these; the device may be locked for the field. */
function byKeyFor(purposes: number, locked = false): Attack['prepare'] {
  return (bench) => {
    const words = bench.board.fuseWords();
    words[Fuse.KEY_PURPOSES] = (words[Fuse.KEY_PURPOSES] & ~0xff00) | (purposes << 8);
    if (locked) words[Fuse.LIFECYCLE] |= Lifecycle.LOCKED;
    bench.board.loadFuses(words);
    offeredTo(bench, specimen(version, { privateKeyPem: keys[1].privateKeyPem }));
  };
}

const imageAttacks: readonly Attack[] = [
  {
    name: 'payload changed',
    about: 'the hash TLV shows that the payload was changed',
    bootable: true,
    prepare: offered(changed),
  },
  {
    name: 'not signed',
    about: 'payload and hash TLV match; the signature is of another image',
    bootable: true,
    prepare: offered(unsigned),
  },
  {
    name: 'not signed, and alone',
    about: 'the same, with a permanent trial requested and no other image to boot',
    bootable: false,
    prepare: alone(unsigned),
  },
  {
    name: 'not signed, over a confirmed one',
    about: 'the same, written over an image that had been confirmed',
    bootable: true,
    prepare: afterTheFact(unsigned),
  },
  {
    name: 'signed by a stranger',
    about: 'a key that is not in the fuses, named by its own KEYHASH',
    bootable: true,
    prepare: offered(byStranger),
  },
  {
    name: 'signed by a stranger in our name',
    about: 'a key that is not in the fuses, under the KEYHASH of one that is',
    bootable: true,
    prepare: offered(patched(byStranger, placeOf(byStranger, keys[3].keyHash), keys[0].keyHash)),
  },
  {
    name: 'signed with a revoked key',
    about: 'a good signature by a key whose revocation bit is burnt',
    bootable: true,
    prepare: offered(specimen(version, { privateKeyPem: keys[2].privateKeyPem })),
  },
  {
    name: 'older than the security counter',
    about: 'a good signature over a counter one below that in the fuses',
    bootable: true,
    prepare: offered(specimen(version, { securityCounter: device.securityCounter - 1 })),
  },
  {
    name: 'for another board',
    about: 'a good signature over another board identity',
    bootable: true,
    prepare: offered(specimen(version, { boardId: device.boardId + 1 })),
  },
  {
    name: 'signed with a key for tokens',
    about: 'a good signature by a key whose purposes include no images',
    bootable: true,
    prepare: byKeyFor(KeyPurpose.TOKEN),
  },
  {
    name: 'signed with a development key in the field',
    about: 'a good signature by a development key on a device that is locked',
    bootable: true,
    prepare: byKeyFor(KeyPurpose.DEVELOPMENT, true),
  },
  {
    name: 'signed with a recovery key',
    about: 'a good signature by a key for recovery only, beside an image of a release key',
    bootable: true,
    refused: { slots: [1], because: 'its key vouches for recovery only, and another image can run', standIn: true },
    prepare: byKeyFor(KeyPurpose.RECOVERY),
  },
  {
    name: 'not bootable',
    about: 'a good signature over a header that says NON_BOOTABLE',
    bootable: true,
    prepare: offered(flagged(ImageFormat.FLAG_NON_BOOTABLE)),
  },
  {
    name: 'encrypted',
    about: 'a good signature over a header flag that this chip does not support',
    bootable: true,
    prepare: offered(flagged(0x4)),
  },
  {
    name: 'needs a newer bootloader',
    about: 'a good signature over a dependency that is not met',
    bootable: true,
    prepare: offered(specimen(version, { dependencies: [{ image: 1, version: '1.0.1' }] })),
  },
  {
    name: 'needs another image',
    about: 'a good signature over a dependency on an image that this device does not have',
    bootable: true,
    prepare: offered(specimen(version, { dependencies: [{ image: 2, version: '0.0.0' }] })),
  },
  {
    name: 'revokes its own key',
    about: 'a good signature by a key that the image would revoke',
    bootable: true,
    prepare: offered(specimen(version, { revokes: [keys[1].publicKey, keys[0].publicKey] })),
  },
  {
    name: 'has no room for a measurement',
    about: 'a good signature over a boot record that cannot be completed',
    bootable: true,
    prepare: offered(specimen(version, { bootRecord: new Uint8Array(91) })),
  },
];

export const attacks: readonly Attack[] = [...imageAttacks, ...stateAttacks];
