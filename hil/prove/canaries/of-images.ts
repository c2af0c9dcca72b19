// Canaries that accept bad images.

import type { Canary } from './canary.ts';

const verify = 'bootloader/image/verify.ts';
const tlvs = 'bootloader/image/tlvs.ts';

export const imageCanaries: readonly Canary[] = [
  {
    name: 'signature result ignored',
    about: 'the signature is checked, and the result is not used',
    caughtBy: { proof: 'tamper', scenario: 'structured TLV mutations' },
    changes: [
      {
        path: verify,
        find: 'return good ? REASON_NONE : REASON_SIGNATURE_INVALID;',
        replace: 'return good ? REASON_NONE : REASON_NONE;',
      },
    ],
  },
  {
    name: 'hash TLV not compared',
    about: 'the signature is over the hash of the bytes, so the hash TLV need not be compared',
    caughtBy: { proof: 'tamper', scenario: 'bits of an image, pending' },
    changes: [
      {
        path: verify,
        find: 'return memory.compare(digest, hashOf(info), SHA256_DIGEST_SIZE) == 0 ? REASON_NONE : REASON_HASH_MISMATCH;',
        replace: 'return REASON_NONE;',
      },
    ],
  },
  {
    name: 'S not held below L',
    about: 'the equation is true, so the signature is good',
    caughtBy: { proof: 'tamper', scenario: 'structured TLV mutations' },
    changes: [
      {
        path: 'bootloader/crypto/ed25519.ts',
        find: 'if (!scalarIsCanonical(s)) return false;',
        replace: '',
      },
    ],
  },
  {
    name: 'board identity ignored',
    about: 'an image that we signed is an image for this board',
    caughtBy: { proof: 'tamper', scenario: 'images for other boards' },
    changes: [
      {
        path: verify,
        find: 'if (hasSeen(info, SEEN_BOARD) && info.board != boardId()) return REASON_WRONG_BOARD;',
        replace: '',
      },
    ],
  },
  {
    name: 'security counter ignored',
    about: 'versions are compared somewhere else already',
    caughtBy: { proof: 'tamper', scenario: 'hostile images' },
    changes: [
      {
        path: verify,
        find: 'if (!hasSeen(info, SEEN_COUNTER) || (counter < securityCounter() && !token)) return REASON_SECURITY_COUNTER;',
        replace: '',
      },
    ],
  },
  {
    name: 'unprotected security counter accepted',
    about: 'MCUboot without its TLV allow-list: an unsigned TLV satisfies the rollback protection',
    caughtBy: { proof: 'tamper', scenario: 'hostile images' },
    changes: [
      {
        path: tlvs,
        find: 'return type == TLV_KEYHASH || type == TLV_ED25519 || type == TLV_SIG_PURE;',
        replace:
          'return type == TLV_KEYHASH || type == TLV_ED25519 || type == TLV_SIG_PURE || type == TLV_SECURITY_COUNTER;',
      },
    ],
  },
  {
    name: 'a TLV may end one byte behind its area',
    about: 'a bound that is off by one',
    caughtBy: { proof: 'tamper', scenario: 'structured TLV mutations' },
    changes: [
      {
        path: tlvs,
        find: 'if (length > end - at) return REASON_TLV_ENTRY;',
        replace: 'if (length > end - at + 1) return REASON_TLV_ENTRY;',
      },
    ],
  },
  {
    name: 'TLV area may be as large as it says',
    about: 'the bytes behind the signed ones are not checked',
    caughtBy: { proof: 'tamper', scenario: 'hostile images' },
    changes: [
      {
        path: tlvs,
        find: 'if (size < IMAGE_TLV_INFO_SIZE || size > room) return REASON_TLV_AREA;',
        replace: '',
      },
    ],
  },
  {
    name: 'no second look',
    about: 'the image was verified a moment ago',
    caughtBy: { proof: 'glitch', scenario: 'revokes its own key' },
    changes: [
      {
        path: 'bootloader/handover.ts',
        find: 'const mask = maskOfLook(secondLook(slot, state) ^ readResetTrialTimeout() ^ trialTimeoutMs);',
        replace: 'const mask: u32 = 0xffffffff;',
      },
    ],
  },
];
