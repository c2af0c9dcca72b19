import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConsoleDecoder, crc16, encodeConsole } from './console-framing.ts';

const text = (value: string) => new TextEncoder().encode(value);
const decode = (bytes: Uint8Array) => new ConsoleDecoder().push(bytes);

describe('console framing', () => {
  it('makes the frame the reference states', () => {
    expect(Buffer.from(encodeConsole(text('Hello, world!'))).toString('latin1')).toBe(
      '\x06\x09AA9IZWxsbywgd29ybGQhet4=\n',
    );
  });

  it('has the CRC-16/XMODEM of the catalogue', () => {
    expect(crc16(text('123456789'))).toBe(0x31c3);
    expect(crc16(Uint8Array.of(...text('123456789'), 0x31, 0xc3))).toBe(0);
  });

  it('never sends a line longer than 127 bytes, and each decodes by itself', () => {
    for (const size of [0, 1, 88, 89, 90, 91, 181, 182, 183, 2048]) {
      const lines = Buffer.from(encodeConsole(new Uint8Array(size).fill(size)))
        .toString('latin1')
        .split('\n')
        .slice(0, -1);
      for (const [index, line] of lines.entries()) {
        expect(line.length + 1).toBeLessThanOrEqual(127);
        expect(line.slice(0, 2)).toBe(index === 0 ? '\x06\x09' : '\x04\x14');
        expect((line.length - 2) % 4).toBe(0);
      }
    }
  });

  it('what is sent is received, in pieces of any size, between any text', () => {
    const story = fc.array(
      fc.record({
        message: fc.uint8Array({ maxLength: 600 }),
        before: fc.stringMatching(/^[ -~]{0,30}\n?$/),
        piece: fc.integer({ min: 1, max: 50 }),
      }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(story, (parts) => {
        const decoder = new ConsoleDecoder();
        const received: Uint8Array[] = [];
        for (const { message, before, piece } of parts) {
          const wire = Buffer.concat([text(before), encodeConsole(message)]);
          for (let at = 0; at < wire.length; at += piece) received.push(...decoder.push(wire.subarray(at, at + piece)));
        }
        expect(received.map((bytes) => [...bytes])).toEqual(parts.map(({ message }) => [...message]));
      }),
    );
  });

  it('a frame with one byte changed is dropped, and the next one still arrives', () => {
    const changes = fc.tuple(
      fc.uint8Array({ minLength: 1, maxLength: 400 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
    );
    fc.assert(
      fc.property(changes, ([message, where, difference]) => {
        const wire = Buffer.from(encodeConsole(message));
        const at = where % wire.length;
        wire[at] = (wire[at] as number) ^ difference;
        const received = decode(Uint8Array.from([...wire, 0x0a, ...encodeConsole(text('next'))]));
        expect(received.at(-1)).toEqual(text('next'));
        // Base64 has spare bits and a carriage return may end a line: harmless changes are none.
        for (const other of received.slice(0, -1)) expect(other).toEqual(message);
      }),
    );
  });

  it('takes longer lines than it sends, and a carriage return before the line feed', () => {
    const message = new Uint8Array(500).fill(7);
    const packet = Buffer.alloc(504);
    packet.writeUInt16BE(502, 0);
    packet.set(message, 2);
    packet.writeUInt16BE(crc16(message), 502);
    expect(decode(text(`\x06\x09${packet.toString('base64')}\r\n`))).toEqual([message]);
  });

  it('drops a packet whose rest never came when the next one begins', () => {
    const long = Buffer.from(encodeConsole(new Uint8Array(300)));
    const firstLine = long.subarray(0, long.indexOf(0x0a) + 1);
    expect(decode(Uint8Array.from([...firstLine, ...encodeConsole(text('next'))]))).toEqual([text('next')]);
  });

  it('drops a rest nobody began, a packet longer than announced, and one too short for its CRC', () => {
    expect(decode(text('\x04\x14AAAA\n'))).toEqual([]);
    expect(decode(text('\x06\x09AAIAAAAA\n'))).toEqual([]);
    expect(decode(text('\x06\x09AAE=\n'))).toEqual([]);
  });

  it('whatever arrives, memory stays bounded and nothing is thrown', () => {
    const decoder = new ConsoleDecoder();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        expect(Array.isArray(decoder.push(bytes))).toBe(true);
      }),
    );
  });
});
