import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../../host/board/random.ts';
import { crc16, encodeConsole } from '../../../host/tools/smp/index.ts';
import { LiveDevice } from './live-device.ts';
import { answerTimeoutMs, exchange, openRawLine, type RawLine, silenceMs } from './raw-line.ts';

// What a stranger sends to the real socket and the real terminal. References: smp.md 1.1 and 2.2.

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytes = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const sequence = 7;

function request(group: number, command: number, body: Uint8Array): Buffer {
  const header = Buffer.from([0x0a, 0, body.length >> 8, body.length & 0xff, 0, group, sequence, command]);
  return Buffer.concat([header, body]);
}

const upload = (body: Uint8Array) => request(1, 1, body);
const echoRequest = (text: string) =>
  request(0, 0, Buffer.concat([bytes('a1 61 64'), Buffer.of(0x60 + text.length), Buffer.from(text)]));
/** As Zephyr encodes it: a map of indefinite length. */
function echoAnswer(text: string): string {
  const answer = request(
    0,
    0,
    Buffer.concat([bytes('bf 61 72'), Buffer.of(0x60 + text.length), Buffer.from(`${text}\xff`, 'latin1')]),
  );
  answer[0] = 0x0b;
  return hex(answer);
}

const corrupt = '0b00000600010701bf62726309ff';
const invalid = '0b00000600010701bf62726303ff';

let device: LiveDevice;
let resets: number;

beforeAll(async () => {
  device = await LiveDevice.start();
  resets = (await (await device.own()).statRead('boot')).resets;
});
afterAll(() => device?.close());

async function expectUnharmed(line: RawLine) {
  const { answer } = await exchange(line, line.frame(echoRequest('on')));
  expect(hex(answer)).toBe(echoAnswer('on'));
  const own = await device.own();
  expect(await own.statRead('faults')).toMatchObject({ count: 0 });
  expect((await own.statRead('boot')).resets).toBe(resets);
}

/** Bad messages that either line carries as a whole, and the answer; undefined for silence. */
const messages: [what: string, message: Uint8Array, answer: string | undefined][] = [
  ['shorter than a header', bytes('0a0000'), undefined],
  ['shorter than its length says', bytes('0a00 0009 0001 07 01 a1'), corrupt],
  ['with a body that is no CBOR', upload(bytes('ffff')), invalid],
  ['with a body cut off in a string', upload(bytes('a1 64 64617461 58ff 00')), invalid],
  ['with a wrong type for a known key', upload(bytes('a1 63 6f6666 61 78')), invalid],
  ['with an indefinite string', upload(bytes('a1 64 64617461 5f 41 00 ff')), invalid],
  ['nested a thousand deep', upload(Buffer.concat([bytes('a1 61 78'), Buffer.alloc(1000, 0x81)])), invalid],
  ['with a map that promises 2^64 entries', upload(bytes('bb ffffffffffffffff')), invalid],
  ['with a string that promises 4 GiB', upload(bytes('a1 64 64617461 5a ffffffff 00')), invalid],
  ['of a version nobody knows', bytes('1200 0001 0000 07 00 a0'), '0b00000600000700bf6272630dff'],
  ['to a group it does not have', bytes('0a00 0001 0063 07 00 a0'), '0b00000600630700bf62726308ff'],
  ['that is an answer', bytes('0b00 0001 0000 07 00 a0'), '0b00000600000700bf62726308ff'],
];

for (const name of ['UDP', 'serial'] as const) {
  describe(`over ${name}, a message`, () => {
    let line: RawLine;
    beforeAll(async () => {
      line = await openRawLine(device, name);
    });
    afterAll(() => line?.close());
    afterEach(() => expectUnharmed(line));

    test.each(messages)('%s', async (_, message, wanted) => {
      await line.send(line.frame(message));
      const answer = await line.receive(wanted === undefined ? silenceMs : answerTimeoutMs);
      expect(answer && hex(answer)).toBe(wanted);
    });
  });
}

describe('over UDP', () => {
  let line: RawLine;
  beforeAll(async () => {
    line = await openRawLine(device, 'UDP');
  });
  afterAll(() => line?.close());
  afterEach(() => expectUnharmed(line));

  test('an empty datagram is passed over', async () => {
    await line.send(new Uint8Array());
    expect(await line.receive(silenceMs)).toBeUndefined();
  });

  test.each([2049, 4096, 20_000, 60_000])('a datagram of %i bytes is cut, and found too short', async (size) => {
    const { answer } = await exchange(line, upload(Buffer.alloc(size - 8)));
    expect(hex(answer)).toBe(corrupt);
  });

  test('the largest datagram it says it takes is answered', async () => {
    // {"d": "hello", "z": filler}: keys it does not know are passed over.
    const known = bytes('a2 61 64 65 68656c6c6f 61 7a 59');
    const body = Buffer.alloc(2048 - 8);
    known.copy(body);
    body.writeUInt16BE(body.length - known.length - 2, known.length);
    const { answer } = await exchange(line, request(0, 0, body));
    expect(hex(answer)).toBe(echoAnswer('hello'));
  });

  test('requests that share a datagram are answered one by one, up to the first error', async () => {
    const [one, two] = [echoRequest('1'), echoRequest('2')];
    await line.send(Buffer.concat([one, two, bytes('0a00 0001 0063 07 00 a0'), one]));
    const answers = [];
    for (let answer = await line.receive(silenceMs); answer; answer = await line.receive(silenceMs))
      answers.push(hex(answer));
    expect(answers).toEqual([echoAnswer('1'), echoAnswer('2'), '0b00000600630700bf62726308ff']);
  });

  test('a thousand datagrams of noise do no harm', async () => {
    const random = new Random(1);
    for (let n = 0; n < 1000; n++) {
      await line.send(Uint8Array.from({ length: random.below(64) }, () => random.below(256)));
      if (n % 50 === 49) await sleep(20);
    }
    for (let quiet = false; !quiet; ) quiet = (await line.receive(silenceMs)) === undefined;
  });
});

describe('over serial', () => {
  let line: RawLine;
  beforeAll(async () => {
    line = await openRawLine(device, 'serial');
  });
  afterAll(() => line?.close());
  afterEach(() => expectUnharmed(line));

  const good = encodeConsole(echoRequest('text'));
  const text = Buffer.from(good).toString('latin1');
  function packet(length: number, message: Uint8Array, crc: number): Buffer {
    const raw = Buffer.concat([Buffer.of(length >> 8, length & 0xff), message, Buffer.of(crc >> 8, crc & 0xff)]);
    return Buffer.from(`\x06\x09${raw.toString('base64')}\n`, 'latin1');
  }
  const message = echoRequest('text');
  const silent: [what: string, sent: Uint8Array][] = [
    ['a wrong CRC', packet(message.length + 2, message, crc16(message) ^ 1)],
    ['a length above what is there', packet(message.length + 40, message, crc16(message))],
    ['a length below what is there', packet(message.length - 4, message, crc16(message))],
    ['characters that are no base64', Buffer.from(text.replace('AA', '?!'), 'latin1')],
    ['a start marker and nothing else', Buffer.from('\x06\x09\n', 'latin1')],
    ['a fragment that continues nothing', Buffer.from(text.replace('\x06\x09', '\x04\x14'), 'latin1')],
    [
      'a packet larger than the buffer',
      encodeConsole(Buffer.concat([Buffer.from('0a000fff00000700', 'hex'), Buffer.alloc(4095)])),
    ],
    ['a shell command', Buffer.from('\r\nhelp\r\n')],
    ['control characters', Buffer.from('\x03\x04\x11\x13\x14\x1a\n')],
  ];
  test.each(silent)('%s is passed over', async (_, sent) => {
    await line.send(sent);
    expect(await line.receive(silenceMs)).toBeUndefined();
  });

  test('a packet between other text is found', async () => {
    const { answer } = await exchange(line, Buffer.from(`login: ${text.trimEnd()}\nbye\n`, 'latin1'));
    expect(hex(answer)).toBe(echoAnswer('text'));
  });

  test('a new start marker drops what was begun', async () => {
    const long = Buffer.from(encodeConsole(upload(Buffer.alloc(300)))).toString('latin1');
    const { answer } = await exchange(line, Buffer.from(`${long.split('\n')[0]}\n${text}`, 'latin1'));
    expect(hex(answer)).toBe(echoAnswer('text'));
  });
});
