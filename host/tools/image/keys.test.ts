import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { goldenKey } from './golden-cases.ts';
import { generateKey, keyHash, rawPublicKey, readPrivateKey, readPublicKey } from './index.ts';
import { automaticSecurityCounter, compareVersions, formatVersion, parseVersion } from './version.ts';

describe('keys', () => {
  it('are different each time, and the same for the same seed', () => {
    expect(generateKey().publicKey).not.toEqual(generateKey().publicKey);
    const seed = new Uint8Array(32).fill(3);
    expect(generateKey(seed)).toEqual(generateKey(seed));
  });

  it('derive the public key RFC 8032 states for its first test vector', () => {
    const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
    const { publicKey } = generateKey(seed);
    const expected = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
    expect(Buffer.from(publicKey).toString('hex')).toBe(expected);
  });

  it('come out as 32 raw bytes, whichever way they went in', () => {
    for (const key of [goldenKey.privateKeyPem, goldenKey.publicKeyPem, goldenKey.publicKey]) {
      expect(rawPublicKey(key)).toEqual(goldenKey.publicKey);
      expect(keyHash(key)).toEqual(goldenKey.keyHash);
    }
    expect(rawPublicKey(readPrivateKey(goldenKey.privateKeyPem))).toEqual(goldenKey.publicKey);
    expect(readPublicKey(goldenKey.privateKeyPem)).toEqual(goldenKey.publicKey);
  });

  it('are read as libraries for Rust write them too, with the public key behind the private one', () => {
    const { privateKeyPem, publicKey } = generateKey(new Uint8Array(32).fill(9));
    const seed = createPrivateKey(privateKeyPem).export({ format: 'der', type: 'pkcs8' }).subarray(-32);
    const pemOf = (...pieces: (string | Uint8Array)[]) => {
      const der = Buffer.concat(pieces.map((piece) => Buffer.from(piece as string, 'hex')));
      const label = 'PRIVATE KEY-----';
      return `-----BEGIN ${label}\n${der.toString('base64')}\n-----END ${label}\n`;
    };
    const head = '020101300506032b657004220420';
    for (const tag of ['3053 a1230321 00', '3051 8121 00'].map((text) => text.split(' '))) {
      const pem = pemOf(tag[0], head, seed, tag[1], tag[2], publicKey);
      expect(rawPublicKey(readPrivateKey(pem))).toEqual(publicKey);
      expect(readPublicKey(pem)).toEqual(publicKey);
      const others = pemOf(
        tag[0],
        head,
        seed,
        tag[1],
        tag[2],
        publicKey.map((byte) => byte ^ 1),
      );
      expect(() => readPrivateKey(others)).toThrow(/damaged/);
    }
  });

  it('are private where a file has both', () => {
    const { privateKeyPem, publicKeyPem, publicKey } = generateKey();
    for (const both of [privateKeyPem + publicKeyPem, publicKeyPem + privateKeyPem])
      expect(rawPublicKey(readPrivateKey(both))).toEqual(publicKey);
    expect(() => readPrivateKey(publicKeyPem)).toThrow(/is a public key/);
  });

  it('are refused by name when they cannot be read', () => {
    expect(() => readPublicKey('hello', { name: 'my.pem' })).toThrow(/^my\.pem cannot be read as a PEM key/);
    expect(() => rawPublicKey(new Uint8Array(31))).toThrow(/has 32 bytes, this one has 31/);
    expect(() => generateKey(new Uint8Array(5))).toThrow(/seed has 32 bytes, this one has 5/);
  });
});

describe('versions', () => {
  it('read back as they are written', () => {
    for (const text of ['0.0.0', '1.2.3', '255.255.65535+4294967295']) {
      expect(formatVersion(parseVersion(text))).toBe(text);
    }
    expect(formatVersion(parseVersion('7'))).toBe('7.0.0');
    expect(formatVersion(parseVersion('7.1'))).toBe('7.1.0');
  });

  it('are in the order of major, minor and revision; the build number does not count', () => {
    const inOrder = ['0.0.1', '0.1.0', '0.9.9', '1.0.0', '1.0.10', '2.0.0'].map(parseVersion);
    for (const [index, version] of inOrder.slice(1).entries()) {
      expect(compareVersions(inOrder[index] ?? version, version)).toBeLessThan(0);
    }
    expect(compareVersions(parseVersion('1.2.3+4'), parseVersion('1.2.3+9'))).toBe(0);
  });

  it('give the security counter imgtool gives for auto', () => {
    expect(automaticSecurityCounter(parseVersion('1.2.3+4'))).toBe((1 << 24) + (2 << 16) + 3);
    expect(automaticSecurityCounter(parseVersion('255.0.0'))).toBe(0xff00_0000);
  });
});
