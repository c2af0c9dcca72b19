// What the bootloader accepts as an image: the accept table of bootutil with the TLV allow-list and rollback protection on
// (MCUboot reference, "Validator semantics"), and the places where tlvs.ts is stricter.

import { beforeAll, describe, expect, test } from 'vitest';
import { board, counter, type Forgery, forge, vouchers } from '../../hil/rig/forged-image.ts';
import { VerifyBench } from '../../hil/rig/guest/verify-bench.ts';
import { ImageFormat, Tlv } from '../../protocol/image/format.ts';

let judge: VerifyBench;

beforeAll(async () => {
  judge = await VerifyBench.make();
});

/** `NONE` is a good image. */
function expectVerdicts(cases: Record<string, [Forgery, string]>): void {
  test.each(Object.entries(cases))('%s', (_name, [forgery, reason]) => {
    expect(judge.verdict(forge(forgery))).toBe(reason);
  });
}

const bytes = (length: number, fill = 0) => new Uint8Array(length).fill(fill);

describe('as bootutil has it', () => {
  expectVerdicts({
    'an image as imgtool signs it is good': [{}, 'NONE'],
    'a security counter above the fuses’ is good': [{ protectedTlvs: [counter(9)] }, 'NONE'],
    'a security counter below the fuses’ is refused': [{ protectedTlvs: [counter(0)] }, 'SECURITY_COUNTER'],
    'no security counter is refused': [{ protectedTlvs: [] }, 'SECURITY_COUNTER'],
    'an unprotected security counter is refused': [
      { protectedTlvs: [], unprotectedTlvs: (...right) => [counter(9), ...right] },
      'TLV_NOT_ALLOWED',
    ],
    'an unprotected security counter beside a protected one is refused': [
      { unprotectedTlvs: (...right) => [...right, counter(9)] },
      'TLV_NOT_ALLOWED',
    ],
    'no key hash is refused': [{ unprotectedTlvs: (hash, _key, signature) => [hash, signature] }, 'KEY_UNKNOWN'],
    'a key hash behind the signature is refused': [
      { unprotectedTlvs: (hash, key, signature) => [hash, signature, key] },
      'KEY_UNKNOWN',
    ],
    'an unknown key hash is refused': [
      { unprotectedTlvs: (hash, key, signature) => [hash, { ...key, value: bytes(32, 5) }, signature] },
      'KEY_UNKNOWN',
    ],
    'the signature in front of the hash is good': [
      { unprotectedTlvs: (hash, key, signature) => [key, signature, hash] },
      'NONE',
    ],
    'no hash is refused': [{ unprotectedTlvs: (_hash, key, signature) => [key, signature] }, 'HASH_MISSING'],
    'no signature is refused': [{ unprotectedTlvs: (hash, key) => [hash, key] }, 'SIGNATURE_MISSING'],
    'a signature of 65 bytes is refused': [
      { unprotectedTlvs: (hash, key, sig) => [hash, key, { ...sig, value: Buffer.concat([sig.value, bytes(1)]) }] },
      'TLV_LENGTH',
    ],
    'a signature of another key of ours is refused': [
      { unprotectedTlvs: (hash, key) => [hash, key, vouchers(hash.value, 1)[2]] },
      'SIGNATURE_INVALID',
    ],
    'an image of our second key is good': [{ unprotectedTlvs: (hash) => vouchers(hash.value, 1) }, 'NONE'],
    'an image of a key that is not in the fuses is refused': [
      { unprotectedTlvs: (hash) => vouchers(hash.value, 2) },
      'KEY_UNKNOWN',
    ],
    'an unprotected vendor TLV is refused': [
      { unprotectedTlvs: (...right) => [...right, { type: 0x00a5, value: bytes(4) }] },
      'TLV_NOT_ALLOWED',
    ],
    'a protected vendor TLV is good': [{ protectedTlvs: [counter(1), { type: 0x00a5, value: bytes(9) }] }, 'NONE'],
    'an unprotected TLV whose low byte is that of the hash is refused': [
      { unprotectedTlvs: (...right) => [...right, { type: 0x0110, value: bytes(32) }] },
      'TLV_NOT_ALLOWED',
    ],
    'a header of 64 bytes is good': [{ headerSize: 64 }, 'NONE'],
    'bytes behind the TLVs do not matter': [{ junk: bytes(100, 7) }, 'NONE'],
    'a TLV area two bytes too long is refused': [{ unprotectedTotal: 4 + 36 + 36 + 68 + 2 }, 'TLV_ENTRY'],
    'a pure signature is refused': [
      { unprotectedTlvs: (...right) => [...right, { type: Tlv.SIG_PURE, value: bytes(1, 1) }] },
      'SIGNATURE_VARIANT',
    ],
    'an image hashed with SHA-512 is refused as such': [
      {
        unprotectedTlvs: (_hash, key, signature) => [
          { type: Tlv.SHA512, value: bytes(64) },
          { ...key, value: bytes(64) },
          signature,
        ],
      },
      'SIGNATURE_VARIANT',
    ],
    'a hash of other bytes is refused': [
      { unprotectedTlvs: (hash, ...rest) => [{ ...hash, value: bytes(32) }, ...rest] },
      'HASH_MISMATCH',
    ],
  });
});

describe('where we are stricter', () => {
  const half = (tlv: { type: number; value: Uint8Array }, length: number) => ({
    ...tlv,
    value: tlv.value.slice(0, length),
  });
  expectVerdicts({
    'a key hash of no bytes is refused': [
      { unprotectedTlvs: (hash, key, signature) => [hash, half(key, 0), signature] },
      'TLV_LENGTH',
    ],
    'the first four bytes of a key hash are refused': [
      { unprotectedTlvs: (hash, key, signature) => [hash, half(key, 4), signature] },
      'TLV_LENGTH',
    ],
    'two hashes are refused': [{ unprotectedTlvs: (hash, ...rest) => [hash, hash, ...rest] }, 'TLV_DUPLICATE'],
    'two signatures of ours are refused': [
      { unprotectedTlvs: (hash, key, signature) => [hash, key, signature, key, signature] },
      'TLV_DUPLICATE',
    ],
    'a signature of an unknown key and then ours is refused': [
      { unprotectedTlvs: (hash, ...ours) => [...vouchers(hash.value, 3), ...ours] },
      'TLV_DUPLICATE',
    ],
    'two security counters are refused': [{ protectedTlvs: [counter(3), counter(2)] }, 'TLV_DUPLICATE'],
    'a security counter of two bytes is refused': [
      { protectedTlvs: [{ type: Tlv.SECURITY_COUNTER, value: bytes(2, 1) }] },
      'TLV_LENGTH',
    ],
    'a SHA-512 beside the SHA-256 is refused': [
      { unprotectedTlvs: (...right) => [...right, { type: Tlv.SHA512, value: bytes(64) }] },
      'SIGNATURE_VARIANT',
    ],
    'a whole public key is refused': [
      { unprotectedTlvs: (...right) => [{ type: Tlv.PUBKEY, value: bytes(44) }, ...right] },
      'TLV_NOT_ALLOWED',
    ],
    'a protected TLV across the end of its area is refused': [
      { protectedTlvs: [counter(1), { type: 0x00a5, value: bytes(4), length: 8 }] },
      'TLV_ENTRY',
    ],
    'a payload of no bytes is refused': [{ payload: bytes(0) }, 'IMAGE_SIZE'],
    'flags for encryption are refused': [{ flags: 0x4 }, 'FLAGS'],
    'flags for compression are refused': [{ flags: 0x200 }, 'FLAGS'],
    'flags for RAM load are refused': [{ flags: 0x20 }, 'FLAGS'],
    'the flag for not bootable is refused': [{ flags: ImageFormat.FLAG_NON_BOOTABLE }, 'NON_BOOTABLE'],
    'another board is refused': [{ protectedTlvs: [counter(1), board(8)] }, 'WRONG_BOARD'],
    'this board is good': [{ protectedTlvs: [counter(1), board(7)] }, 'NONE'],
    'a dependency of four bytes is refused': [
      { protectedTlvs: [counter(1), { type: Tlv.DEPENDENCY, value: bytes(4) }] },
      'TLV_LENGTH',
    ],
  });
});
