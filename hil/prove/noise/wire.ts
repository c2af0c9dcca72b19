// The two lines as a sender sees them: how a message is framed, and which messages a stream of any bytes contains.
//
// `messagesIn` decodes a whole stream at once, where protocol/guest/{slip,console}.ts do it byte by byte, so that the device can be compared with it:
// both must find exactly the same requests. What must stay true: the stream is the only state of both.

import { SlipDecoder, slipEncode } from '../../../host/links/slip.ts';
import { ConsoleDecoder, crc16, encodeConsole } from '../../../host/tools/smp/console-framing.ts';
import { Smp } from '../../../protocol/smp/smp.ts';

/** A message with the peer it came from or goes to; the console has one peer, 0. */
export interface Datagram {
  peer: number;
  message: Uint8Array;
}

export interface Wire {
  line: 0 | 1;
  name: string;
  byteNs: number;
  /** A byte that may end a frame: a stream is cut into pieces behind it. */
  endings: number[];
  encode(message: Uint8Array, peer: number): Uint8Array;
  /** Decodes what the device sends, message by message. */
  decoder(): (bytes: Uint8Array) => Datagram[];
  messagesIn(stream: Buffer): Datagram[];
}

export const gateway: Wire = {
  line: 0,
  name: 'the gateway',
  byteNs: 400,
  endings: [0xc0],
  encode: (message, peer) => slipEncode(Uint8Array.of(peer >> 8, peer & 0xff, ...message)),
  decoder: () => {
    const decoder = new SlipDecoder(2 + Smp.BUFFER_SIZE);
    return (bytes) => {
      const found: Datagram[] = [];
      decoder.push(bytes, (frame) => found.push({ peer: (frame[0] << 8) | frame[1], message: frame.subarray(2) }));
      return found;
    };
  },
  messagesIn: (stream) => stream.toString('latin1').split('\xc0').slice(0, -1).flatMap(slipDatagram),
};

function slipDatagram(piece: string): Datagram[] {
  if (/\xdb(?![\xdc\xdd])/.test(piece)) return [];
  const plain = piece.replace(/\xdb[\xdc\xdd]/g, (pair) => (pair[1] === '\xdc' ? '\xc0' : '\xdb'));
  const bytes = Buffer.from(plain, 'latin1');
  // Bytes beyond the buffer are cut off, as a socket cuts a datagram.
  return bytes.length < 2
    ? []
    : [{ peer: bytes.readUInt16BE(0), message: new Uint8Array(bytes.subarray(2, 2 + Smp.BUFFER_SIZE)) }];
}

export const serialConsole: Wire = {
  line: 1,
  name: 'the console',
  byteNs: 10_000,
  endings: [0x0a, 0x0d],
  encode: (message) => encodeConsole(message),
  decoder: () => {
    const decoder = new ConsoleDecoder();
    return (bytes) => decoder.push(bytes).map((message) => ({ peer: 0, message }));
  },
  // 06 09 begins a new packet wherever it is, so each piece behind one is a packet of its own, or none.
  messagesIn: (stream) => stream.toString('latin1').split('\x06\x09').slice(1).flatMap(consoleDatagram),
};

function consoleDatagram(piece: string): Datagram[] {
  let text = '';
  let rest: string | undefined = piece;
  while (rest !== undefined) {
    const end = rest.search(/[\r\n]/);
    // An error counts at once, not only at the end of the line.
    text += end < 0 ? rest : rest.slice(0, end);
    if (end < 0 || !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{0,3}|[A-Za-z0-9+/]{2}={1,2}|[A-Za-z0-9+/]{3}=)$/.test(text))
      return [];
    const whole = packetIn(text);
    if (whole !== 'unfinished') return whole;
    rest = rest.slice(end + 1);
    const marker = rest.indexOf('\x04\x14');
    rest = marker < 0 ? undefined : rest.slice(marker + 2);
  }
  return [];
}

function packetIn(text: string): Datagram[] | 'unfinished' {
  const bytes = Buffer.from(text, 'base64');
  const total = bytes.length < 2 ? Number.POSITIVE_INFINITY : bytes.readUInt16BE(0);
  if (total < 2 || (bytes.length >= 2 && total - 2 > Smp.BUFFER_SIZE)) return [];
  if (bytes.length - 2 > total) return [];
  if (bytes.length - 2 < total) return text.includes('=') ? [] : 'unfinished';
  const packet = new Uint8Array(bytes.subarray(2));
  if (text.length % 4 !== 0 || crc16(packet) !== 0) return [];
  return [{ peer: 0, message: packet.subarray(0, total - 2) }];
}

export const wires = [gateway, serialConsole] as const;
