// Canaries that trust what arrives on a line.

import type { Canary } from './canary.ts';

export const wireCanaries: readonly Canary[] = [
  {
    name: 'a CBOR string may end one byte behind its body',
    about: 'a bound that is off by one: a byte of another message is echoed',
    caughtBy: { proof: 'fuzz', scenario: 'CBOR' },
    changes: [
      {
        path: 'protocol/guest/cbor-reader.ts',
        find: 'return content <= <u64>(left - head) ? head + <u32>content : 0;',
        replace: 'return content <= <u64>(left - head) + 1 ? head + <u32>content : 0;',
      },
    ],
  },
  {
    name: 'a message’s length is not held against its body',
    about: 'the header says how long the body is',
    caughtBy: { proof: 'fuzz', scenario: 'SMP messages' },
    changes: [
      {
        path: 'protocol/guest/smp/server.ts',
        find: 'if (payloadLength > length - SMP_HEADER_SIZE) return MGMT_ECORRUPT;',
        replace: '',
      },
    ],
  },
  {
    name: 'a console packet may be longer than its buffer',
    about: 'nobody sends more than a buffer holds',
    caughtBy: { proof: 'fuzz', scenario: 'console line' },
    changes: [
      {
        path: 'protocol/guest/console.ts',
        find: 'return received == 0 || (value >= CRC_SIZE && value - CRC_SIZE <= into.capacity);',
        replace: 'return received == 0 || value >= CRC_SIZE;',
      },
    ],
  },
];
