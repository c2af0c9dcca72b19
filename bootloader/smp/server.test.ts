import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { GuestMachine } from '../../host/board/guest-machine.ts';
import { SlipDecoder, slipEncode } from '../../host/links/slip.ts';
import { instantiateGuest } from '../../host/tools/guest.ts';
import { RECORDER, RESET, UART0 } from '../../protocol/generated/registers.ts';
import { EventKind } from '../../protocol/telemetry/events.ts';

interface Guest extends Record<string, unknown> {
  memory: WebAssembly.Memory;
  reset(): void;
  interrupt(lines: number): void;
  resetWhenDue(): void;
  setResetBusy(busy: number): void;
}

const milliseconds = 1_000_000;
let board: GuestMachine;
let guest: Guest;

beforeEach(async () => {
  board = new GuestMachine();
  guest = await instantiateGuest<Guest>('bootloader/smp/server.entry.ts', board.bus);
  board.start(guest);
});

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const hexOf = (data: Uint8Array) => Buffer.from(data).toString('hex');

function toGateway(peer: number, datagram: Uint8Array) {
  board.uarts[0].receive(slipEncode(Buffer.concat([Uint8Array.of(peer >> 8, peer & 0xff), datagram])));
}

/** Datagrams the device has sent, each as "peer:hex". */
function fromGateway(): string[] {
  const frames: string[] = [];
  const decoder = new SlipDecoder(4096);
  decoder.push(board.take(0), (frame) => frames.push(`${(frame[0] << 8) | frame[1]}:${hexOf(frame.subarray(2))}`));
  return frames;
}

/** One datagram in, the datagrams that come back, as hex. */
function ask(request: string | Uint8Array): string[] {
  toGateway(7, typeof request === 'string' ? bytes(request) : request);
  board.run(200 * milliseconds);
  return fromGateway().map((frame) => {
    expect(frame.startsWith('7:')).toBe(true);
    return frame.slice(2);
  });
}

/** A request with its header made for it. */
function message(operation: number, group: number, command: number, payload: string, version = 1): string {
  const body = bytes(payload);
  const header = Buffer.from([(version << 3) | operation, 0, 0, body.length, group >> 8, group & 0xff, 0x42, command]);
  return Buffer.concat([header, body]).toString('hex');
}

const payloadOf = (reply: string) => reply.slice(16);

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
    expect(ask(request)).toEqual([reply]);
  });
});

describe('headers', () => {
  test('reserved bits are ignored in a request and zero in its reply', () => {
    expect(ask('ea00000600000000a16164626869')).toEqual(['0b00000700000000bf6172626869ff']);
  });

  test.each([1, 3, 4, 5, 6, 7])('operation %i is not supported, and answered as a write', (operation) => {
    expect(ask(message(operation, 0, 0, 'a0'))).toEqual(['0b00000600004200bf62726308ff']);
  });

  test('a payload shorter than the header says is corrupt', () => {
    expect(ask('0a0000ff00000000a0')).toEqual(['0b00000600000000bf62726309ff']);
  });

  test('several requests in a datagram are answered in order, a datagram each', () => {
    expect(ask(message(2, 0, 0, 'a161646131') + message(2, 0, 0, 'a161646132'))).toEqual([
      '0b00000600004200bf61726131ff',
      '0b00000600004200bf61726132ff',
    ]);
  });

  test('what follows a request that failed is not looked at', () => {
    expect(ask(message(0, 99, 0, 'a0') + message(2, 0, 0, 'a161646132'))).toEqual(['0900000600634200bf62726308ff']);
  });

  test('a few bytes behind the last request are dropped without a word', () => {
    expect(ask(`${message(2, 0, 0, 'a161646131')}0a000000000000`)).toEqual(['0b00000600004200bf61726131ff']);
  });

  test.each(['', '0a', '0a000000000000'])('fewer than eight bytes are answered with silence (%s)', (datagram) => {
    expect(ask(datagram)).toEqual([]);
    expect(ask(golden[0][1])).toEqual([golden[0][2]]);
  });

  test('a datagram beyond the buffer is cut and answered as corrupt', () => {
    const large = Buffer.concat([bytes('0a000bb800000000'), new Uint8Array(3000)]);
    expect(ask(large)).toEqual(['0b00000600000000bf62726309ff']);
    expect(ask(golden[0][1])).toEqual([golden[0][2]]);
  });

  test('the largest message is served, its reply too large by a byte is not', () => {
    const echo = (length: number) =>
      Buffer.concat([
        Buffer.from([0x0a, 0, (length + 6) >> 8, (length + 6) & 0xff, 0, 0, 1, 0]),
        Buffer.from([0xa1, 0x61, 0x64, 0x79, length >> 8, length & 0xff]),
        Buffer.alloc(length, 0x61),
      ]);
    const largest = ask(echo(2048 - 8 - 7));
    expect(largest).toHaveLength(1);
    expect(largest[0]).toHaveLength(2 * 2048);
    expect(ask(echo(2048 - 8 - 6)).map(payloadOf)).toEqual(['bf62726307ff']);
  });

  test('the same sequence number twice is served twice', () => {
    expect(ask(golden[0][1])).toEqual(ask(golden[0][1]));
  });
});

describe('requests', () => {
  test('unknown keys are ignored', () => {
    expect(ask(message(2, 0, 0, 'a2617a8101616462 6869')).map(payloadOf)).toEqual(['bf6172626869ff']);
  });

  test('a map of indefinite length is a map, a text of indefinite length is not a text', () => {
    expect(ask(message(2, 0, 0, 'bf6164626869ff')).map(payloadOf)).toEqual(['bf6172626869ff']);
    expect(ask(message(2, 0, 0, 'a161647f626869ff')).map(payloadOf)).toEqual(['bf62726303ff']);
  });

  test('a key of the wrong type, or there twice, is an invalid argument', () => {
    expect(ask(message(2, 0, 0, 'a1616401')).map(payloadOf)).toEqual(['bf62726303ff']);
    expect(ask(message(2, 0, 0, 'a2616461616164 6162')).map(payloadOf)).toEqual(['bf62726303ff']);
  });

  test('nested deeper than the reader goes they are an invalid argument', () => {
    expect(ask(message(2, 0, 0, `a1617a${'81'.repeat(100)}00`)).map(payloadOf)).toEqual(['bf62726303ff']);
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
        for (const datagram of requests) toGateway(7, datagram);
        board.run(50 * milliseconds);
        expect(fromGateway().length).toBeLessThanOrEqual(requests.length * 4);
        expect(ask(golden[0][1])).toEqual([golden[0][2]]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the lines', () => {
  test('a reply goes to the peer whose request it answers', () => {
    toGateway(1, bytes(message(2, 0, 0, 'a161646131')));
    toGateway(0xc0db, bytes(message(2, 0, 0, 'a161646132')));
    board.run(50 * milliseconds);
    expect(fromGateway()).toEqual(['1:0b00000600004200bf61726131ff', '49371:0b00000600004200bf61726132ff']);
  });

  test('four of the largest messages in a row are all answered', () => {
    const text = Buffer.alloc(1900, 0x62);
    const echo = Buffer.concat([bytes('0a000772000001 00 a16164 79076c'), text]);
    for (let peer = 0; peer < 4; peer++) toGateway(peer, echo);
    board.run(500 * milliseconds);
    expect(fromGateway().map((frame) => frame.slice(0, 18))).toEqual(
      [0, 1, 2, 3].map((peer) => `${peer}:0b00077300000100`),
    );
  });

  test('the console is served beside the gateway, each in its own framing', () => {
    // An echo of "hi" as SMP console framing has it.
    board.uarts[1].receive(Buffer.from('boot log\n\x06\x09ABAKAAAGAAAAAKFhZGJoaQAA\n', 'latin1'));
    board.run(50 * milliseconds);
    expect(board.take(1)).toHaveLength(0);
    board.uarts[1].receive(Buffer.from(consoleFrame(bytes('0a00000600000000a16164626869')), 'latin1'));
    board.uarts[0].receive(slipEncode(Buffer.concat([Uint8Array.of(0, 7), bytes(golden[0][1])])));
    board.run(50 * milliseconds);
    const expected = consoleFrame(bytes('0b00000700000000bf6172626869ff'));
    expect(Buffer.from(board.take(1)).toString('latin1')).toBe(expected);
    expect(fromGateway()).toEqual([`7:${golden[0][2]}`]);
  });

  test('a packet that never ends on the console leaves the gateway its four buffers', () => {
    board.uarts[1].receive(Buffer.from('\x06\x09AAAA\n', 'latin1'));
    board.run(10 * milliseconds);
    for (let peer = 0; peer < 4; peer++) toGateway(peer, bytes(golden[0][1]));
    board.run(50 * milliseconds);
    expect(fromGateway()).toHaveLength(4);
  });

  test('bytes lost in the FIFO cost the frame they belonged to, and nothing else', () => {
    // While the core cannot look, a frame and a half arrive; the FIFO holds 512 bytes.
    board.machine.poke(UART0, 'INTERRUPT_ENABLE', 0);
    const echo = Buffer.concat([bytes('0a0001620000 0100 a16164 79015c'), Buffer.alloc(348, 0x62)]);
    toGateway(1, echo);
    toGateway(2, echo);
    board.run(10 * milliseconds);
    board.machine.poke(UART0, 'INTERRUPT_ENABLE', 1);
    board.run(10 * milliseconds);
    toGateway(3, bytes(golden[0][1]));
    board.run(50 * milliseconds);
    expect(fromGateway().map((frame) => frame.slice(0, 4))).toEqual(['1:0b', '3:0b']);
  });
});

/** The framing of the SMP documentation, for a message that fits one line. */
function consoleFrame(text: Uint8Array): string {
  let crc = 0;
  for (const byte of text) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc & 0x8000 ? 0x11021 : 0);
  }
  const packet = Buffer.from([0, text.length + 2, ...text, (crc >> 8) & 0xff, crc & 0xff]);
  return `\x06\x09${packet.toString('base64')}\n`;
}

describe('the OS group', () => {
  const text = (reply: string) => Buffer.from(payloadOf(reply), 'hex').toString('latin1');

  test('says it boots as MCUboot does, in place and with revert', () => {
    expect(text(ask(message(0, 0, 8, 'a0'))[0])).toBe('\xbfjbootloadergMCUboot\xff');
    expect(ask(message(0, 0, 8, 'a1657175657279646d6f6465')).map(payloadOf)).toEqual(['bf646d6f646505ff']);
    expect(ask(message(0, 0, 8, 'a165717565727962 7878')).map(payloadOf)).toEqual([
      'bf63657272bf6567726f75700062726303ffff',
    ]);
  });

  test('gives info fields in their natural order, whatever the order asked for', () => {
    expect(text(ask(message(0, 0, 7, 'a0'))[0])).toBe('\xbffoutputgcoldrig\xff');
    expect(text(ask(message(0, 0, 7, 'a166666f726d6174626d73'))[0])).toBe('\xbffoutputncoldrig wasm32\xff');
    expect(text(ask(message(0, 0, 7, 'a166666f726d61746161'))[0])).toContain('coldrig unknown 1.2.3 unknown');
  });

  test('reports tasks with all the fields that clients insist on', () => {
    const reply = text(ask(message(0, 0, 2, 'a0'))[0]);
    const fields = ['tasks', 'smp', 'prio', 'tid', 'state', 'stkuse', 'stksiz', 'cswcnt', 'runtime', 'last_checkin'];
    for (const field of fields) expect(reply).toContain(field);
  });

  test('reports the frame pool', () => {
    const reply = text(ask(message(0, 0, 3, 'a0'))[0]);
    for (const field of ['mpools', 'smp_frames', 'blksiz', 'nblks', 'nfree', 'min']) expect(reply).toContain(field);
  });

  test('answers a reset first and resets a quarter of a second later', () => {
    expect(ask(message(2, 0, 5, 'a0')).map(payloadOf)).toEqual(['bfff']);
    guest.resetWhenDue();
    expect(board.resetController.resetRequested).toBe(false);
    board.machine.advanceTo(board.machine.now + 51 * milliseconds);
    guest.resetWhenDue();
    expect(board.resetController.resetRequested).toBe(true);
    expect(board.machine.peek(RESET, 'BOOT_REQUEST')).toBe(0);
    expect(lastEvent()).toEqual([EventKind.RESET_REQUESTED, 0, 0]);
  });

  test('resets into safe mode when asked to, and refuses a mode it does not know', () => {
    expect(ask(message(2, 0, 5, 'a169626f6f745f6d6f646502')).map(payloadOf)).toEqual(['bf62726303ff']);
    ask(message(2, 0, 5, 'a169626f6f745f6d6f646501'));
    board.machine.advanceTo(board.machine.now + 300 * milliseconds);
    guest.resetWhenDue();
    expect(board.machine.peek(RESET, 'BOOT_REQUEST')).toBe(1);
    expect(board.resetController.resetRequested).toBe(true);
  });

  test('refuses a reset while busy, unless it is forced by a boolean or a number', () => {
    guest.setResetBusy(1);
    expect(ask(message(2, 0, 5, '')).map(payloadOf)).toEqual(['bf6272630aff']);
    expect(ask(message(2, 0, 5, 'a165666f72636500')).map(payloadOf)).toEqual(['bf6272630aff']);
    expect(ask(message(2, 0, 5, 'a165666f72636501')).map(payloadOf)).toEqual(['bfff']);
    expect(ask(message(2, 0, 5, 'a165666f726365f5')).map(payloadOf)).toEqual(['bfff']);
  });

  function lastEvent(): number[] {
    board.machine.poke(RECORDER, 'INDEX', board.machine.peek(RECORDER, 'COUNT') - 1);
    return (['ENTRY_KIND', 'ENTRY_ARGUMENT0', 'ENTRY_ARGUMENT1'] as const).map((name) =>
      board.machine.peek(RECORDER, name),
    );
  }
});

describe('statistics', () => {
  test('are listed by name and read where they are', () => {
    expect(ask(message(0, 2, 1, 'a0')).map(payloadOf)).toEqual(['bf69737461745f6c6973749f63736d70ffff']);
    ask(message(0, 99, 0, 'a0'));
    const reply = Buffer.from(payloadOf(ask(message(0, 2, 0, 'a1646e616d6563736d70'))[0]), 'hex').toString('latin1');
    expect(reply).toContain('\xbfdnamecsmpffields\xbfhrequests\x02grefused\x01kframes_lost\x00');
  });
});

describe('enumeration', () => {
  test('counts and lists the groups in the order of their registration', () => {
    expect(ask(message(0, 10, 0, 'a0')).map(payloadOf)).toEqual(['bf65636f756e7403ff']);
    expect(ask(message(0, 10, 1, 'a0')).map(payloadOf)).toEqual(['bf6667726f7570739f00020affff']);
  });

  test('goes through them one by one and says when it is done', () => {
    expect(ask(message(0, 10, 2, 'a165696e64657800')).map(payloadOf)).toEqual(['bf6567726f757000ff']);
    expect(ask(message(0, 10, 2, 'a165696e64657802')).map(payloadOf)).toEqual(['bf6567726f75700a63656e64f5ff']);
  });

  test('gives names and handler counts, of those asked for or of all', () => {
    const stat = 'bf6567726f757002646e616d656973746174206d676d746868616e646c65727302ff';
    expect(ask(message(0, 10, 3, 'a16667726f7570738102')).map(payloadOf)).toEqual([`bf6667726f7570739f${stat}ffff`]);
    const all = payloadOf(ask(message(0, 10, 3, 'a0'))[0]);
    expect(all).toContain(stat);
    expect(all).toContain('6f73206d676d74'); // "os mgmt"
    expect(ask(message(0, 10, 3, 'a16667726f7570736131')).map(payloadOf)).toEqual(['bf62726303ff']);
  });
});

test('a reply is complete 200 ms after its request began to arrive, the largest one too', () => {
  const text = Buffer.alloc(2033, 0x62);
  toGateway(1, Buffer.concat([bytes('0a0007f7000001 00 a16164 7907f1'), text]));
  board.run(200 * milliseconds);
  expect(fromGateway().map((frame) => frame.length)).toEqual([2 + 2 * 2048]);
});
