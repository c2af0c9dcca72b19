import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { GuestBench, message, milliseconds } from '../../hil/smp/guest-bench.ts';

let bench: GuestBench;

beforeEach(async () => {
  bench = new GuestBench('bootloader/smp/server.entry.ts');
  await bench.boot(0);
});

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const request = (operation: number, group: number, command: number, payload: string, version = 1) =>
  message(operation, group, command, bytes(payload), version).toString('hex');
const payloadOf = (reply: string) => reply.slice(16);

// An echo, as a real server took it and answered it.
const echo = '0a00000900000000a161646568656c6c6f';
const echoed = '0b00000a00000000bf61726568656c6c6fff';

// Requests to and replies of a Zephyr 4.4.0 server, recorded on the wire.
const golden: [string, string, string][] = [
  ['echo written, v2', '0a00000900000000a161646568656c6c6f', '0b00000a00000000bf61726568656c6c6fff'],
  ['echo read, v2', '0800000900000100a161646568656c6c6f', '0900000a00000100bf61726568656c6c6fff'],
  ['echo written, v1', '0200000900000200a161646568656c6c6f', '0300000a00000200bf61726568656c6c6fff'],
  ['echo of nothing', '0a00000100000300a0', '0b00000500000300bf617260ff'],
  ['parameters', '0800000100000106a0', '0900001900000106bf686275665f73697a65190800696275665f636f756e7404ff'],
  ['parameters, no payload', '0800000000000506', '0900001900000506bf686275665f73697a65190800696275665f636f756e7404ff'],
  ['date and time, without a clock', '0800000100000804a0', '0900000600000804bf62726308ff'],
  [
    'info in an unknown format, v2',
    '0800000a00000b07a166666f726d6174617a',
    '0900001300000b07bf63657272bf6567726f75700062726302ffff',
  ],
  ['info in an unknown format, v1', '0000000a00000c07a166666f726d6174617a', '0100000600000c07bf62726303ff'],
  ['an unknown command', '0800000100000e63a0', '0900000600000e63bf62726308ff'],
  ['an unknown group', '0800000100630f00a0', '0900000600630f00bf62726308ff'],
  ['an unknown group, v1', '0000000100631000a0', '0100000600631000bf62726308ff'],
  ['a write of what is only read', '0a00000100001106a0', '0b00000600001106bf62726308ff'],
  ['version 2, too new', '1200000600001200a16164627633', '0b00000600001200bf6272630dff'],
  ['version 3, too new', '1a00000600001300a16164627633', '0b00000600001300bf6272630dff'],
  ['flags', '0a55000900001400a1616465666c616773', '0b00000a00001400bf617265666c616773ff'],
  ['bad CBOR', '0a00000200001500ffff', '0b00000600001500bf62726303ff'],
  ['no payload where a map is needed', '0a00000000001600', '0b00000600001600bf62726303ff'],
  [
    'unknown statistics, v2',
    '0800000b00021900a1646e616d65646e6f7065',
    '0900001300021900bf63657272bf6567726f75700262726303ffff',
  ],
  ['unknown statistics, v1', '0000000b00021a00a1646e616d65646e6f7065', '0100000600021a00bf62726305ff'],
  [
    'a group by an index too large',
    '08000009000a1f02a165696e6465781863',
    '09000013000a1f02bf63657272bf6567726f75700a62726304ffff',
  ],
  ['OS reset', '0a00000100002e05a0', '0b00000200002e05bfff'],
  ['OS reset into the bootloader', '0a00000c0000a405a169626f6f745f6d6f646501', '0b0000020000a405bfff'],
];

describe('on the wire, as a Zephyr server answers', () => {
  test.each(golden)('%s', (_what, request, reply) => {
    expect(bench.exchange(request)).toEqual([reply]);
  });
});

describe('headers', () => {
  test('reserved bits are ignored in a request and zero in its reply', () => {
    expect(bench.exchange('ea00000600000000a16164626869')).toEqual(['0b00000700000000bf6172626869ff']);
  });

  test.each([1, 3, 4, 5, 6, 7])('operation %i is not supported, and answered as a write', (operation) => {
    expect(bench.exchange(request(operation, 0, 0, 'a0'))).toEqual(['0b00000600004200bf62726308ff']);
  });

  test('a payload shorter than the header says is corrupt', () => {
    expect(bench.exchange('0a0000ff00000000a0')).toEqual(['0b00000600000000bf62726309ff']);
  });

  test('several requests in a datagram are answered in order, a datagram each', () => {
    expect(bench.exchange(request(2, 0, 0, 'a161646131') + request(2, 0, 0, 'a161646132'))).toEqual([
      '0b00000600004200bf61726131ff',
      '0b00000600004200bf61726132ff',
    ]);
  });

  test('what follows a request that failed is not looked at', () => {
    expect(bench.exchange(request(0, 99, 0, 'a0') + request(2, 0, 0, 'a161646132'))).toEqual([
      '0900000600634200bf62726308ff',
    ]);
  });

  test('a few bytes behind the last request are dropped without a word', () => {
    expect(bench.exchange(`${request(2, 0, 0, 'a161646131')}0a000000000000`)).toEqual(['0b00000600004200bf61726131ff']);
  });

  test.each(['', '0a', '0a000000000000'])('fewer than eight bytes are answered with silence (%s)', (datagram) => {
    expect(bench.exchange(datagram)).toEqual([]);
    expect(bench.exchange(echo)).toEqual([echoed]);
  });

  test('a datagram beyond the buffer is cut and answered as corrupt', () => {
    const large = Buffer.concat([bytes('0a000bb800000000'), new Uint8Array(3000)]);
    expect(bench.exchange(large)).toEqual(['0b00000600000000bf62726309ff']);
    expect(bench.exchange(echo)).toEqual([echoed]);
  });

  test('the largest message is served, its reply too large by a byte is not', () => {
    const echo = (length: number) =>
      Buffer.concat([
        Buffer.from([0x0a, 0, (length + 6) >> 8, (length + 6) & 0xff, 0, 0, 1, 0]),
        Buffer.from([0xa1, 0x61, 0x64, 0x79, length >> 8, length & 0xff]),
        Buffer.alloc(length, 0x61),
      ]);
    const largest = bench.exchange(echo(2048 - 8 - 7));
    expect(largest).toHaveLength(1);
    expect(largest[0]).toHaveLength(2 * 2048);
    expect(bench.exchange(echo(2048 - 8 - 6)).map(payloadOf)).toEqual(['bf62726307ff']);
  });

  test('the same sequence number twice is served twice', () => {
    expect(bench.exchange(echo)).toEqual(bench.exchange(echo));
  });
});

describe('requests', () => {
  test('unknown keys are ignored', () => {
    expect(bench.exchange(request(2, 0, 0, 'a2617a8101616462 6869')).map(payloadOf)).toEqual(['bf6172626869ff']);
  });

  test('a map of indefinite length is a map, a text of indefinite length is not a text', () => {
    expect(bench.exchange(request(2, 0, 0, 'bf6164626869ff')).map(payloadOf)).toEqual(['bf6172626869ff']);
    expect(bench.exchange(request(2, 0, 0, 'a161647f626869ff')).map(payloadOf)).toEqual(['bf62726303ff']);
  });

  test('a key of the wrong type, or there twice, is an invalid argument', () => {
    expect(bench.exchange(request(2, 0, 0, 'a1616401')).map(payloadOf)).toEqual(['bf62726303ff']);
    expect(bench.exchange(request(2, 0, 0, 'a2616461616164 6162')).map(payloadOf)).toEqual(['bf62726303ff']);
  });

  test('nested deeper than the reader goes they are an invalid argument', () => {
    expect(bench.exchange(request(2, 0, 0, `a1617a${'81'.repeat(100)}00`)).map(payloadOf)).toEqual(['bf62726303ff']);
  });

  test('noise never faults the core, and the next request is answered', () => {
    const header = fc.tuple(fc.nat(255), fc.nat(20), fc.constantFrom(0, 1, 2, 10, 63), fc.nat(9));
    const request = fc
      .tuple(header, fc.uint8Array({ maxLength: 24 }))
      .map(([[first, length, group, command], body]) =>
        Buffer.from([first, 0, 0, Math.min(length, body.length + 2), 0, group, 1, command, ...body]),
      );
    fc.assert(
      fc.property(fc.array(request, { maxLength: 4 }), (requests) => {
        for (const datagram of requests) bench.send(7, datagram);
        bench.board.run(50 * milliseconds);
        expect(bench.received().length).toBeLessThanOrEqual(requests.length * 4);
        expect(bench.exchange(echo)).toEqual([echoed]);
      }),
      { numRuns: 200 },
    );
  });
});
