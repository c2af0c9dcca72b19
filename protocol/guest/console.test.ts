import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { cases } from '../../host/board/testing/cases.ts';
import { instantiateGuest } from '../../host/tools/guest.ts';

interface Console extends Record<string, unknown> {
  memory: WebAssembly.Memory;
  consoleReceiverReset(receiver: number, buffer: number, capacity: number): void;
  consoleReceiverPush(receiver: number, byte: number): number;
  consoleReceiverBusy(receiver: number): number;
  consoleSenderStart(sender: number, pointer: number, length: number): void;
  consoleSenderNext(sender: number): number;
}

const receiver = 0x10000;
const sender = 0x10040;
const buffer = 0x11000;
const message = 0x13000;
const canary = 0xa5;
let console_: Console;
let memory: Uint8Array;

beforeAll(async () => {
  console_ = await instantiateGuest<Console>('protocol/guest/console.ts');
  memory = new Uint8Array(console_.memory.buffer);
});

function reset(capacity = 2048) {
  memory.fill(canary, buffer - 64, buffer + 4096);
  console_.consoleReceiverReset(receiver, buffer, capacity);
}

function receive(line: Uint8Array | string): string[] {
  const messages = [];
  for (const byte of typeof line === 'string' ? Buffer.from(line, 'latin1') : line) {
    const length = console_.consoleReceiverPush(receiver, byte);
    if (length >= 0) messages.push(Buffer.from(memory.slice(buffer, buffer + length)).toString('hex'));
  }
  return messages;
}

function send(bytes: Uint8Array): string {
  memory.set(bytes, message);
  console_.consoleSenderStart(sender, message, bytes.length);
  const line = [];
  for (let byte = console_.consoleSenderNext(sender); byte >= 0; byte = console_.consoleSenderNext(sender)) {
    line.push(byte);
  }
  return Buffer.from(line).toString('latin1');
}

function crc(bytes: Uint8Array): number {
  let value = 0;
  for (const byte of bytes) {
    value ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) value = (value << 1) ^ (value & 0x8000 ? 0x11021 : 0);
  }
  return value & 0xffff;
}

/** The framing as the reference describes it, written a second time with Node's own base64. */
function frame(bytes: Uint8Array, lineCharacters = 124, eol = '\n', crcError = 0, lengthError = 0): string {
  const checked = crc(bytes) ^ crcError;
  const total = bytes.length + 2 + lengthError;
  const packet = Buffer.from([total >> 8, total & 0xff, ...bytes, checked >> 8, checked & 0xff]).toString('base64');
  const lines = packet.match(new RegExp(`.{1,${lineCharacters}}`, 'g')) ?? [];
  return lines.map((line, index) => `${index === 0 ? '\x06\x09' : '\x04\x14'}${line}${eol}`).join('');
}

function expectUntouchedOutside(capacity: number) {
  expect(memory.subarray(buffer - 64, buffer).every((byte) => byte === canary)).toBe(true);
  expect(memory.subarray(buffer + capacity, buffer + 4096).every((byte) => byte === canary)).toBe(true);
}

const hello = Buffer.from('Hello, world!');
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('sending over the console', () => {
  test('gives the example frame of the SMP documentation', () => {
    expect(send(hello)).toBe('\x06\x09AA9IZWxsbywgd29ybGQhet4=\n');
  });

  test('never sends a line longer than 127 characters, marker and line feed included', () => {
    const lines = send(new Uint8Array(2048).fill(7)).split('\n');
    expect(lines.pop()).toBe('');
    expect(Math.max(...lines.map((line) => line.length + 1))).toBe(127);
  });

  test('agrees with the framing written down independently, for any message', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => send(bytes) === frame(bytes)));
    for (const length of [0, 88, 89, 90, 182, 2048]) {
      expect(send(new Uint8Array(length))).toBe(frame(new Uint8Array(length)));
    }
  });
});

describe('receiving from the console', () => {
  test('takes the example frame of the SMP documentation', () => {
    reset();
    expect(receive('\x06\x09AA9IZWxsbywgd29ybGQhet4=\n')).toEqual([hex(hello)]);
  });

  test('takes what it sends, and lines of any other length', () => {
    const lineLengths = fc.constantFrom(4, 8, 60, 124, 128, 512, 4000);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2048, size: 'max' }), lineLengths, (bytes, lineCharacters) => {
        reset();
        expect(receive(frame(bytes, lineCharacters))).toEqual([hex(bytes)]);
        expect(receive(send(bytes))).toEqual([hex(bytes)]);
        expectUntouchedOutside(2048);
      }),
      cases(40),
    );
  });

  test('ignores anything between frames, and between the lines of one', () => {
    reset();
    const long = new Uint8Array(300).fill(3);
    const chatter = '[00:00:01] <inf> app: temperature 3.9 K\r\n\x06\x04\x14AAAA\n';
    const noisy = frame(long).split('\n').join('\nlog: hello\n');
    expect(receive(chatter + frame(hello) + chatter + noisy + chatter)).toEqual([hex(hello), hex(long)]);
  });

  test('tolerates a carriage return before the line feed', () => {
    reset();
    expect(receive(frame(new Uint8Array(200), 124, '\r\n'))).toEqual([hex(new Uint8Array(200))]);
  });

  test('starts afresh at a new start marker, even in the middle of a line', () => {
    reset();
    const [firstLine] = frame(new Uint8Array(300)).split('\n');
    expect(receive(`${firstLine}\n${frame(hello)}`)).toEqual([hex(hello)]);
    expect(receive(`${firstLine.slice(0, 40)}${frame(hello)}`)).toEqual([hex(hello)]);
  });

  test.each([
    ['a wrong CRC', frame(hello, 124, '\n', 1)],
    ['a length that promises less than comes', frame(hello, 124, '\n', 0, -1)],
    ['a length that promises more than comes', frame(hello, 124, '\n', 0, 1)],
    ['a length too small for a CRC', '\x06\x09AAE=\n'],
    ['a character that is no base64', frame(hello).replace('Z', '*')],
    ['padding in the middle', frame(hello).replace('ZW', 'Z=')],
    ['too much padding', '\x06\x09AA9IZWxsbywgd29ybGQhet4==\n'],
    ['a last group without its padding', '\x06\x09AA9IZWxsbywgd29ybGQhet4\n'],
    ['a continuation that nothing began', frame(hello).replace('\x06\x09', '\x04\x14')],
    ['a start marker and nothing else', '\x06\x09\n'],
  ])('drops %s silently, and takes the frame after it', (_what, line) => {
    reset();
    expect(receive(line)).toEqual([]);
    expect(receive(frame(hello))).toEqual([hex(hello)]);
  });

  test('drops a message that is larger than its buffer, without touching what lies behind it', () => {
    reset(12);
    expect(receive(frame(hello))).toEqual([]);
    reset(13);
    expect(receive(frame(hello))).toEqual([hex(hello)]);
    expectUntouchedOutside(13);
  });

  test('needs its buffer from the start marker until the packet ends', () => {
    reset();
    expect(console_.consoleReceiverBusy(receiver)).toBe(0);
    receive('noise\x06\x09');
    expect(console_.consoleReceiverBusy(receiver)).toBe(1);
    receive(frame(hello));
    expect(console_.consoleReceiverBusy(receiver)).toBe(0);
    receive('\x06\x09*');
    expect(console_.consoleReceiverBusy(receiver)).toBe(0);
  });

  test('survives noise without writing outside its buffer, and then works', () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
      fc.base64String({ maxLength: 40 }),
      fc.constantFrom('\x06\x09', '\x04\x14', '\n', '=', '\x06\x09AA8', '\x06\x09//8'),
      fc.uint8Array({ maxLength: 60 }).map((bytes) => frame(bytes)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.nat(64), (pieces, capacity) => {
        reset(capacity);
        receive(pieces.join(''));
        expectUntouchedOutside(capacity);
        const bytes = hello.subarray(0, capacity);
        expect(receive(frame(bytes))).toEqual([hex(bytes)]);
      }),
    );
  });
});
