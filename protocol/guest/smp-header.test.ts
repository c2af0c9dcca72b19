import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { instantiateGuest } from '../../host/tools/guest.ts';

type Numbers = (...values: number[]) => number;
const at = 0x10001;
let header: Record<string, Numbers> & { memory: WebAssembly.Memory };
let memory: Uint8Array;

beforeAll(async () => {
  header = (await instantiateGuest('protocol/guest/smp-header.ts')) as typeof header;
  memory = new Uint8Array(header.memory.buffer);
});

describe('the SMP header', () => {
  test('of a real upload chunk is read as it was meant', () => {
    memory.set(Buffer.from('0a00001a00012201', 'hex'), at);
    expect(header.smpOperation(at)).toBe(2);
    expect(header.smpVersion(at)).toBe(1);
    expect(header.smpPayloadLength(at)).toBe(26);
    expect(header.smpGroup(at)).toBe(1);
    expect(header.smpSequence(at)).toBe(0x22);
    expect(header.smpCommand(at)).toBe(1);
  });

  test('keeps reserved bits and flags out of the operation and the version', () => {
    memory.set(Buffer.from('ea55000100000000', 'hex'), at);
    expect([header.smpOperation(at), header.smpVersion(at)]).toEqual([2, 1]);
  });

  test('reads back what it writes, with flags and reserved bits zero', () => {
    const fields = fc.tuple(fc.nat(3), fc.nat(7), fc.nat(0xffff), fc.nat(0xff), fc.nat(0xff), fc.nat(0xffff));
    fc.assert(
      fc.property(fields, ([version, operation, group, sequence, command, length]) => {
        memory.fill(0xff, at, at + 8);
        header.writeSmpHeader(at, version, operation, group, sequence, command, length);
        expect(memory[at] >> 5).toBe(0);
        expect(memory[at + 1]).toBe(0);
        expect([header.smpVersion(at), header.smpOperation(at), header.smpGroup(at)]).toEqual([
          version,
          operation,
          group,
        ]);
        expect([header.smpSequence(at), header.smpCommand(at)]).toEqual([sequence, command]);
        expect(header.smpPayloadLength(at)).toBe(length);
      }),
    );
  });
});
