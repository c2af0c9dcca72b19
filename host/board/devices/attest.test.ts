// The attestation engine signs what was loaded and the nonce, and nothing else.

import { createHash, createPublicKey, verify } from 'node:crypto';
import { decode } from 'cbor-x';
import { expect, test } from 'vitest';
import { ATTEST } from '../../../protocol/generated/registers.ts';
import { Fuse } from '../../../protocol/memory-map.ts';
import { AttestationEngine, emulatedRootKey, Measured, signNs } from './attest.ts';
import { Rig } from './rig.ts';

const fuses = new Uint32Array(Fuse.WORD_COUNT);
fuses.set([1, 2, 3, 4], Fuse.SERIAL);
const rootKey = new Uint8Array(32).fill(9);
const rigOf = (words = fuses, key = rootKey) => new Rig((machine) => new AttestationEngine(machine, words, key));
const hashes = ['bootloader', 'image'].map((text) => createHash('sha256').update(text).digest('hex'));

function tokenOf(rig: ReturnType<typeof rigOf>, nonce: number): Buffer {
  for (let word = 0; word < 8; word++) rig.machine.poke(ATTEST, 'NONCE', nonce, word);
  rig.machine.poke(ATTEST, 'COMMAND', 1);
  const bytes = Buffer.alloc(256);
  for (let word = 0; word < 64; word++) bytes.writeUInt32LE(rig.machine.peek(ATTEST, 'TOKEN', word), word * 4);
  return bytes.subarray(0, rig.machine.peek(ATTEST, 'LENGTH'));
}

test('a token is a COSE_Sign1 over nonce, serial number and measurements, and verifies with its public key', () => {
  const rig = rigOf();
  rig.device.measure(Measured.BOOTLOADER, hashes[0]);
  rig.device.measure(Measured.IMAGE, hashes[1]);
  const before = rig.machine.now;
  const [header, open, claims, signature] = decode(tokenOf(rig, 0x0403_0201));
  expect(rig.machine.now - before).toBe(signNs);
  expect([header.toString('hex'), open]).toEqual(['a10127', {}]);
  const { 10: nonce, 256: ueid, '-70001': bootloader, '-70002': image } = decode(claims);
  expect(nonce.toString('hex')).toBe('01020304'.repeat(8));
  expect(ueid.toString('hex')).toBe('0101000000020000000300000004000000');
  expect([bootloader, image].map((hash) => hash.toString('hex'))).toEqual(hashes);
  const prefix = Buffer.from('302a300506032b6570032100', 'hex');
  const key = createPublicKey({ key: Buffer.concat([prefix, rig.device.publicKey()]), format: 'der', type: 'spki' });
  // Sig_structure of RFC 9052: ["Signature1", protected header, h'', payload].
  const signed = Buffer.concat([
    Buffer.from('846a5369676e61747572653143a101274058', 'hex'),
    Buffer.of(claims.length),
    claims,
  ]);
  expect(verify(null, signed, key, signature)).toBe(true);
});

test('another serial number or another root key is another key', () => {
  const other = fuses.slice();
  other[Fuse.SERIAL] |= 4;
  const keys = [rigOf(), rigOf(other), rigOf(fuses, new Uint8Array(32)), rigOf(fuses, emulatedRootKey)].map((rig) =>
    Buffer.from(rig.device.publicKey()).toString('hex'),
  );
  expect(new Set(keys).size).toBe(4);
});

test('a reset forgets measurements, nonce and token', () => {
  const rig = rigOf();
  rig.device.measure(Measured.IMAGE, hashes[1]);
  tokenOf(rig, 7);
  rig.reset();
  for (const name of ['LENGTH', 'NONCE', 'MEASUREMENT', 'TOKEN'] as const)
    for (let word = 0; word < ATTEST.registers[name].count; word++)
      expect(rig.machine.peek(ATTEST, name, word)).toBe(0);
});

test('no register has anything of the key, and only the nonce can be written', () => {
  const rig = rigOf();
  const token = tokenOf(rig, 1);
  expect(token.includes(Buffer.from(rootKey))).toBe(false);
  for (const name of ['MEASUREMENT', 'TOKEN', 'LENGTH'] as const)
    expect(() => rig.machine.poke(ATTEST, name, 1)).toThrow(/read-only|bus/i);
});
