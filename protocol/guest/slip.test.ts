import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { instantiateGuest } from '../../host/tools/guest.ts';

interface Slip extends Record<string, unknown> {
  memory: WebAssembly.Memory;
  slipReceiverReset(receiver: number, buffer: number, capacity: number): void;
  slipReceiverPush(receiver: number, byte: number): number;
  slipReceiverPeer(receiver: number): number;
  slipReceiverTake(receiver: number, pointer: number, length: number): number;
  slipSenderStart(sender: number, peer: number, pointer: number, length: number): void;
  slipSenderNext(sender: number): number;
  slipSenderTake(sender: number, target: number, most: number): number;
}

const receiver = 0x10000;
const sender = 0x10040;
const buffer = 0x11000;
const message = 0x13000;
const fifo = 0x14000;
const canary = 0xa5;
let slip: Slip;
let memory: Uint8Array;

beforeAll(async () => {
  slip = await instantiateGuest<Slip>('protocol/guest/slip.ts');
  memory = new Uint8Array(slip.memory.buffer);
});

function reset(capacity: number) {
  memory.fill(canary, buffer - 64, buffer + 4096);
  slip.slipReceiverReset(receiver, buffer, capacity);
}

/** Feeds a line and gives back every datagram that came out of it. */
function receive(bytes: Iterable<number>): { peer: number; datagram: number[] }[] {
  const datagrams = [];
  for (const byte of bytes) {
    const length = slip.slipReceiverPush(receiver, byte);
    if (length < 0) continue;
    datagrams.push({ peer: slip.slipReceiverPeer(receiver), datagram: [...memory.slice(buffer, buffer + length)] });
  }
  return datagrams;
}

/** As `receive`, in runs of at most so many bytes, as a FIFO gives them. */
function receiveInRuns(bytes: number[], most: number): { peer: number; datagram: number[] }[] {
  const datagrams = [];
  for (let at = 0; at < bytes.length; ) {
    const run = bytes.slice(at, at + most);
    memory.set(run, fifo);
    const taken = slip.slipReceiverTake(receiver, fifo, run.length);
    expect(taken).toBeLessThanOrEqual(run.length);
    at += taken;
    if (taken < run.length) datagrams.push(...receive([bytes[at++]]));
  }
  return datagrams;
}

/** As `send`, in runs of at most so many bytes. */
function sendInRuns(peer: number, datagram: Uint8Array, most: number): number[] {
  memory.set(datagram, message);
  slip.slipSenderStart(sender, peer, message, datagram.length);
  const line = [];
  for (;;) {
    const taken = slip.slipSenderTake(sender, fifo, most);
    line.push(...memory.subarray(fifo, fifo + taken));
    const byte = slip.slipSenderNext(sender);
    if (byte < 0) return line;
    line.push(byte);
  }
}

function send(peer: number, datagram: Uint8Array): number[] {
  memory.set(datagram, message);
  slip.slipSenderStart(sender, peer, message, datagram.length);
  const line = [];
  for (let byte = slip.slipSenderNext(sender); byte >= 0; byte = slip.slipSenderNext(sender)) line.push(byte);
  return line;
}

function expectUntouchedOutside(capacity: number) {
  expect(memory.subarray(buffer - 64, buffer).every((byte) => byte === canary)).toBe(true);
  expect(memory.subarray(buffer + capacity, buffer + 4096).every((byte) => byte === canary)).toBe(true);
}

const hex = (text: string) => Buffer.from(text, 'hex');

describe('the gateway line', () => {
  test('frames a datagram as RFC 1055 says, the peer in front', () => {
    expect(send(0x1234, hex('01c002db03'))).toEqual([...hex('c0123401dbdc02dbdd03c0')]);
  });

  test('escapes a peer tag that looks like a delimiter', () => {
    expect(send(0xc0db, hex('01'))).toEqual([...hex('c0dbdcdbdd01c0')]);
  });

  test('gives back every datagram with its peer, however the bytes arrive', () => {
    const datagrams = fc.array(fc.tuple(fc.nat(0xffff), fc.uint8Array({ maxLength: 200 })), { maxLength: 5 });
    fc.assert(
      fc.property(datagrams, (sent) => {
        reset(200);
        const line = sent.flatMap(([peer, datagram]) => send(peer, datagram));
        expect(receive(line)).toEqual(sent.map(([peer, datagram]) => ({ peer, datagram: [...datagram] })));
        expectUntouchedOutside(200);
      }),
    );
  });

  test('does the same in runs as byte by byte, noise and datagrams that are too long included', () => {
    const ordinary = fc.integer({ min: 0, max: 255 });
    const bytes = fc.array(fc.oneof(ordinary, ordinary, fc.constantFrom(0xc0, 0xdb, 0xdc, 0xdd)), { maxLength: 300 });
    fc.assert(
      fc.property(bytes, fc.nat(40), fc.integer({ min: 1, max: 64 }), (line, capacity, most) => {
        reset(capacity);
        const one = receive(line);
        reset(capacity);
        expect(receiveInRuns(line, most)).toEqual(one);
        expectUntouchedOutside(capacity);
        const datagram = Uint8Array.from(line);
        expect(sendInRuns(0xc0db, datagram, most)).toEqual(send(0xc0db, datagram));
      }),
    );
  });

  test('tells an empty datagram from no datagram', () => {
    reset(16);
    expect(receive(hex('c0c0c00001c0c007c0'))).toEqual([{ peer: 1, datagram: [] }]);
  });

  test('cuts a datagram at the capacity of the buffer, and takes the next one whole', () => {
    reset(4);
    const line = [...send(1, hex('0102030405060708')), ...send(2, hex('0a0b'))];
    expect(receive(line)).toEqual([
      { peer: 1, datagram: [1, 2, 3, 4] },
      { peer: 2, datagram: [0x0a, 0x0b] },
    ]);
    expectUntouchedOutside(4);
  });

  test('drops a frame with a wrong escape and goes on with the next', () => {
    reset(16);
    expect(receive(hex('c00001aadb00bbc0 c0000105c0'.replace(' ', '')))).toEqual([{ peer: 1, datagram: [5] }]);
  });

  test('survives noise without writing outside its buffer, and then works', () => {
    const noise = fc.array(fc.oneof(fc.nat(255), fc.constantFrom(0xc0, 0xdb, 0xdc, 0xdd)), { maxLength: 400 });
    fc.assert(
      fc.property(noise, fc.nat(32), (bytes, capacity) => {
        reset(capacity);
        receive(bytes);
        expectUntouchedOutside(capacity);
        receive([0xc0]);
        const datagram = hex('0102').subarray(0, capacity);
        expect(receive(send(9, datagram))).toEqual([{ peer: 9, datagram: [...datagram] }]);
      }),
    );
  });

  test('a sender that was never started has nothing to say', () => {
    memory.fill(0, sender, sender + 20);
    expect(slip.slipSenderNext(sender)).toBe(-1);
  });
});
