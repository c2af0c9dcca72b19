import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cases } from '../../board/testing/cases.ts';
import { repositoryRoot } from '../guest.ts';
import { type Golden, goldenCases, goldenFile, goldenKey, goldenPayload, runImgtool } from './golden-cases.ts';
import { parseImage, signImage, verifyImage } from './index.ts';

const golden: Record<string, Golden> = JSON.parse(readFileSync(goldenFile, 'utf8'));
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const sign = (options: Omit<Parameters<typeof signImage>[0], 'privateKeyPem'>) =>
  signImage({ privateKeyPem: goldenKey.privateKeyPem, ...options });

describe('signing gives the bytes imgtool 2.4.0 gives', () => {
  it.each(goldenCases)('$name', ({ name, options }) => {
    const image = sign(options);
    const expected = golden[name] as Golden;
    if (expected.bytes !== undefined) expect(Buffer.from(image).toString('base64')).toBe(expected.bytes);
    expect({ length: image.length, sha256: sha256(image) }).toEqual({
      length: expected.length,
      sha256: expected.sha256,
    });
  });

  const imgtool = join(repositoryRoot, '.interop/imgtool/bin/imgtool');
  it.skipIf(!existsSync(imgtool))('and the golden file is what the imgtool at hand gives', () => {
    for (const one of goldenCases.filter(({ options }) => options.payload.length < 600).slice(0, 3)) {
      expect(sha256(runImgtool(imgtool, one)), one.name).toBe(golden[one.name]?.sha256);
    }
  });
});

describe('a signed image', () => {
  it('is the same for the same options', () => {
    const options = { payload: goldenPayload(200), version: '1.2.3', securityCounter: 'auto' } as const;
    expect(sign(options)).toEqual(sign(options));
  });

  it('verifies and reads back with the requested options, whatever they are', () => {
    const requests = fc.record({
      payload: fc.uint8Array({ minLength: 1, maxLength: 3000 }),
      version: fc.record({
        major: fc.nat(255),
        minor: fc.nat(255),
        revision: fc.nat(65535),
        build: fc.nat(0xffff_ffff),
      }),
      securityCounter: fc.nat(0xffff_ffff),
      boardId: fc.option(fc.nat(0xffff_ffff), { nil: undefined }),
      headerSize: fc.integer({ min: 32, max: 1024 }),
    });
    fc.assert(
      fc.property(requests, (request) => {
        const image = sign(request);
        const result = verifyImage(image, [goldenKey.publicKey], { boardId: request.boardId });
        expect(result).toMatchObject({ ok: true, reason: 'NONE', keyIndex: 0 });
        const info = parseImage(image);
        expect(info).toMatchObject({
          header: { version: request.version, headerSize: request.headerSize, imageSize: request.payload.length },
          boardId: request.boardId,
          securityCounter: request.securityCounter,
          totalSize: image.length,
        });
        expect(info.hash).toEqual(info.computedHash);
        const payload = image.subarray(request.headerSize, request.headerSize + request.payload.length);
        expect(payload).toEqual(request.payload);
      }),
      cases(150),
    );
  });

  it('has in its trailer whether a trial is requested or a permanent one', () => {
    const options = { payload: goldenPayload(10), version: '1.0.0' };
    expect(parseImage(sign(options)).trailer).toEqual({ pending: false, confirmed: false });
    expect(parseImage(sign({ ...options, pad: true })).trailer).toEqual({ pending: true, confirmed: false });
    expect(parseImage(sign({ ...options, confirm: true })).trailer).toEqual({ pending: true, confirmed: true });
  });
});

describe('what cannot be signed is refused with the option and what it may be', () => {
  const good = { payload: goldenPayload(10), version: '1.0.0' };
  const cases: [string, Partial<Parameters<typeof sign>[0]>, RegExp][] = [
    ['an empty payload', { payload: new Uint8Array() }, /payload is empty/],
    ['a version of words', { version: 'one' }, /'one' is not of the form 1\.2\.3\+4/],
    ['a version with a leading zero', { version: '1.02' }, /form 1\.2\.3\+4/],
    ['a major number that does not fit', { version: '256.0.0' }, /'major' is 256; .* 0 to 255/],
    ['a build number that does not fit', { version: '1.0.0+4294967296' }, /'build' is 4294967296/],
    ['a negative security counter', { securityCounter: -1 }, /securityCounter is -1; .* 0 to 4294967295/],
    ['a fraction of a board', { boardId: 1.5 }, /boardId is 1\.5/],
    ['a header too small', { headerSize: 31 }, /headerSize is 31; .* 32 to 65535/],
    ['a payload without the room it promises', { headerIncluded: true }, /does not begin with 32 zero bytes/],
    ['a TLV of a reserved type', { customTlvs: [{ type: 0x50, value: new Uint8Array(4) }] }, /TLV type is 80/],
    [
      'a TLV given twice',
      { boardId: 1, customTlvs: [{ type: 0xa0, value: new Uint8Array(4) }] },
      /0xa0 is given twice/,
    ],
    [
      'protected TLVs larger than their size field',
      { customTlvs: [{ type: 0xa1, value: new Uint8Array(65530) }] },
      /area/,
    ],
    ['a payload larger than a slot', { payload: new Uint8Array(0x7f000) }, /takes 520368 bytes, .* room for 520192/],
    ['an odd alignment', { align: 3 }, /align is 3/],
  ];
  it.each(cases)('%s', (_name, options, message) => {
    expect(() => sign({ ...good, ...options })).toThrow(message);
  });

  it('a key of another kind', async () => {
    const { generateKeyPairSync } = await import('node:crypto');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(() => signImage({ ...good, privateKeyPem: pem })).toThrow(/type ec; this chip takes Ed25519 only/);
    expect(() => signImage({ ...good, privateKeyPem: goldenKey.publicKeyPem })).toThrow(/public key; .* private one/);
    expect(() => signImage({ ...good, privateKeyPem: 'nonsense' })).toThrow(/cannot be read as a PEM key/);
  });
});
