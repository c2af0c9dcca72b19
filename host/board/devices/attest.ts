// Attestation engine. It measures each module that is loaded into the core, and signs the measurements with a key of its own.
//
// The key is made of the root key of the chip and its serial number. The root key is in fuses that only this engine is wired to: they are on no bus, so
// they are not among the fuse words, and no guest, snapshot or file of a device has them. What must stay true: the engine signs what it has measured and
// the nonce, and nothing else that a guest can choose; a reset forgets the measurements, because what was loaded before it is gone.

import { createHmac, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { Claim, protectedHeader, signatureContext, ueidRandom } from '../../../protocol/attestation.ts';
import { ATTEST } from '../../../protocol/generated/registers.ts';
import { Fuse } from '../../../protocol/memory-map.ts';
import type { Device, DeviceContext, Registers } from '../device.ts';

/** Time of one signature, of the order of magnitude of hardware for curve 25519. A chosen figure, not that of a particular chip. */
export const signNs = 100_000;
/** RFC 8410: the DER in front of an Ed25519 private key (PKCS#8), and the length of that in front of a public one. */
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicPrefixBytes = 12;
const serialWords = 4;
const hashWords = 8;

/** Which of the modules a measurement is of. */
export const Measured = { BOOTLOADER: 0, IMAGE: 1 } as const;

/** The root key of emulated chips that were not given one: it is no secret, so their tokens prove something only inside a test. */
export const emulatedRootKey = new Uint8Array(Buffer.alloc(32, 'emulated chip: no secret'));

export class AttestationEngine implements Device {
  readonly peripheral = ATTEST;
  readonly onWrite = { COMMAND: () => this.sign() };
  private readonly context: DeviceContext;
  private readonly registers: Registers<typeof ATTEST>;
  private readonly fuses: Uint32Array;
  private readonly rootKey: Uint8Array;

  /** `fuses`: the fuse words, of which it reads the serial number. */
  constructor(context: DeviceContext, fuses: Uint32Array, rootKey: Uint8Array = emulatedRootKey) {
    if (rootKey.length !== 32) throw new Error(`attest: a root key of ${rootKey.length} bytes; it has 32`);
    this.context = context;
    this.registers = context.registers(ATTEST);
    this.fuses = fuses;
    this.rootKey = rootKey;
  }

  reset(): void {
    this.registers.reset();
  }

  /** A module was loaded into the core; `hash`: its SHA-256 in hexadecimal. */
  measure(which: number, hash: string): void {
    const { words, at } = this.registers;
    const bytes = Buffer.from(hash, 'hex');
    for (let word = 0; word < hashWords; word++)
      words[at.MEASUREMENT + which * hashWords + word] = bytes.readUInt32LE(word * 4);
  }

  /** The public key that its tokens verify with, 32 bytes. */
  publicKey(): Uint8Array {
    const der = createPublicKey(this.privateKey()).export({ type: 'spki', format: 'der' });
    return new Uint8Array(der.subarray(publicPrefixBytes));
  }

  private sign(): void {
    const { words, at } = this.registers;
    for (let word = 0; word < serialWords; word++) this.context.witness?.readFuse(Fuse.SERIAL + word);
    const [nonce, bootloader, image] = [at.NONCE, at.MEASUREMENT, at.MEASUREMENT + hashWords].map((first) =>
      bytesOf(words, first, hashWords),
    );
    const ueid = Buffer.concat([Uint8Array.of(ueidRandom), this.serial()]);
    const claims = Buffer.concat([
      head(mapType, 4),
      ...claim(Claim.NONCE, nonce),
      ...claim(Claim.UEID, ueid),
      ...claim(Claim.BOOTLOADER, bootloader),
      ...claim(Claim.IMAGE, image),
    ]);
    const context = Buffer.from(signatureContext);
    const signed = [
      head(arrayType, 4),
      head(textType, context.length),
      context,
      ...bytes(protectedHeader),
      ...bytes(new Uint8Array()),
      ...bytes(claims),
    ];
    const signature = sign(null, Buffer.concat(signed), this.privateKey());
    const token = Buffer.concat([
      head(arrayType, 4),
      ...bytes(protectedHeader),
      head(mapType, 0),
      ...bytes(claims),
      ...bytes(signature),
    ]);
    const target = Buffer.alloc(ATTEST.registers.TOKEN.count * 4);
    token.copy(target);
    for (let word = 0; word < ATTEST.registers.TOKEN.count; word++)
      words[at.TOKEN + word] = target.readUInt32LE(word * 4);
    words[at.LENGTH] = token.length;
    this.context.stallUntil(this.context.now + signNs);
  }

  private serial(): Buffer {
    return bytesOf(this.fuses, Fuse.SERIAL, serialWords);
  }

  private privateKey(): KeyObject {
    const seed = createHmac('sha256', this.rootKey).update('coldrig attestation').update(this.serial()).digest();
    return createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: 'der', type: 'pkcs8' });
  }
}

/** Words as bytes, least significant first. */
function bytesOf(words: Uint32Array, first: number, count: number): Buffer {
  const bytes = Buffer.alloc(count * 4);
  for (let word = 0; word < count; word++) bytes.writeUInt32LE(words[first + word], word * 4);
  return bytes;
}

// CBOR (RFC 8949), as much as a token needs.
const [negativeType, bytesType, textType, arrayType, mapType] = [1, 2, 3, 4, 5];

function head(type: number, value: number): Uint8Array {
  if (value < 24) return Uint8Array.of((type << 5) | value);
  if (value < 0x100) return Uint8Array.of((type << 5) | 24, value);
  if (value < 0x1_0000) return Uint8Array.of((type << 5) | 25, value >> 8, value & 0xff);
  return Uint8Array.of((type << 5) | 26, value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff);
}

const bytes = (content: Uint8Array) => [head(bytesType, content.length), content];
const claim = (key: number, content: Uint8Array) => [
  key < 0 ? head(negativeType, -1 - key) : head(0, key),
  ...bytes(content),
];
