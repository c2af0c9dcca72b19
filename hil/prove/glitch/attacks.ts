// What the slot holds that must not run, and what the device thinks of it: the scenarios of the glitch proof.
//
// In each the bootloader, left alone, boots the confirmed image in slot A or stays in safe mode. One glitch later it may do either, or
// hang, or fault; it may not run what is in slot B.

import { keys } from '../../rig/keys.ts';
import type { AttackBench } from '../attack/attack-bench.ts';
import { device, patched, payload, placeOf, sha256, specimen } from '../attack/specimens.ts';

export interface Attack {
  name: string;
  about: string;
  /** Whether an image is there that may run. */
  bootable: boolean;
  /** Prepares flash; power is off before and after. */
  prepare(bench: AttackBench): void;
}

const version = '2.0.0';
const good = specimen(version);
const payloadAt = placeOf(good, payload);
const signedSize = Buffer.from(good).lastIndexOf(Uint8Array.of(0x07, 0x69));
const hashAt = placeOf(good, sha256(good.subarray(0, signedSize)));
const changed = patched(good, payloadAt + payload.length - 1, Uint8Array.of(0x0a));
/** Everything fits but the signature. */
const unsigned = patched(changed, hashAt, sha256(changed.subarray(0, signedSize)));
const byStranger = specimen(version, { privateKeyPem: keys[3].privateKeyPem });

/** Asked for, beside a confirmed image that is older. */
function offered(image: Uint8Array): Attack['prepare'] {
  return (bench) => {
    bench.place(0, specimen('1.0.0'));
    bench.confirm(0);
    bench.boot();
    bench.switchOff();
    bench.place(1, image);
    bench.mark(1, 'test');
  };
}

/** Nothing else is there: safe mode is what is left. */
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
    offered(good)(bench);
    bench.boot();
    bench.switchOff();
    bench.confirm(1);
    bench.write(bench.addressOf(1), image);
  };
}

export const attacks: readonly Attack[] = [
  {
    name: 'payload changed',
    about: 'the hash TLV tells that the payload was changed',
    bootable: true,
    prepare: offered(changed),
  },
  {
    name: 'not signed',
    about: 'payload and hash TLV fit each other; the signature is of another image',
    bootable: true,
    prepare: offered(unsigned),
  },
  {
    name: 'not signed, and alone',
    about: 'the same, with nothing else to boot and asked for for good',
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
    about: 'a key nobody burnt, named by its own KEYHASH',
    bootable: true,
    prepare: offered(byStranger),
  },
  {
    name: 'signed by a stranger in our name',
    about: 'a key nobody burnt, under the KEYHASH of one of ours',
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
];
