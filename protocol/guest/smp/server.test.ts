import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { GuestBench, message, milliseconds } from '../../../hil/rig/guest/smp-bench.ts';
import { cases } from '../../../host/board/testing/cases.ts';

let bench: GuestBench;

beforeEach(async () => {
  bench = new GuestBench('protocol/guest/smp/server.entry.ts');
  await bench.boot(0);
});

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const request = (operation: number, group: number, command: number, payload: string, version = 1) =>
  message(operation, group, command, bytes(payload), version).toString('hex');
const payloadOf = (reply: string) => reply.slice(16);

// An echo, as a real server took it and answered it.
const echo = '0a00000900000000a161646568656c6c6f';
const echoed = '0b00000a00000000bf61726568656c6c6fff';

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
      cases(200),
    );
  });
});
