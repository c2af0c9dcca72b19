import { beforeEach, describe, expect, test } from 'vitest';
import { GuestBench, message, milliseconds, read } from '../../../hil/rig/guest/smp-bench.ts';
import { slipEncode } from '../../../host/links/slip.ts';
import { encodeConsole } from '../../../host/tools/smp/console-framing.ts';
import { UART0 } from '../../generated/registers.ts';

let bench: GuestBench;

beforeEach(async () => {
  bench = new GuestBench('protocol/guest/smp/server.entry.ts');
  await bench.boot(0);
});

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const request = (operation: number, group: number, command: number, payload: string, version = 1) =>
  message(operation, group, command, bytes(payload), version).toString('hex');

function framesLost(): number {
  const { fields } = bench.ask<{ fields: { frames_lost: number } }>(read, 0, { name: 'smp_svr_stats' }, { group: 2 });
  return fields.frames_lost;
}

/** Datagrams the device has sent, each as "peer:hex". */
const received = () => bench.received().map(({ peer, datagram }) => `${peer}:${datagram.toString('hex')}`);

// An echo, as a real server took it and answered it.
const echo = '0a00000900000000a161646568656c6c6f';
const echoed = '0b00000a00000000bf61726568656c6c6fff';

describe('the lines', () => {
  test('a reply goes to the peer whose request it answers', () => {
    bench.send(1, bytes(request(2, 0, 0, 'a161646131')));
    bench.send(0xc0db, bytes(request(2, 0, 0, 'a161646132')));
    bench.board.run(50 * milliseconds);
    expect(received()).toEqual(['1:0b00000600004200bf61726131ff', '49371:0b00000600004200bf61726132ff']);
  });

  test('four of the largest messages in a row are all answered', () => {
    const text = Buffer.alloc(1900, 0x62);
    const echo = Buffer.concat([bytes('0a000772000001 00 a16164 79076c'), text]);
    for (let peer = 0; peer < 4; peer++) bench.send(peer, echo);
    bench.board.run(500 * milliseconds);
    expect(received().map((frame) => frame.slice(0, 18))).toEqual(
      [0, 1, 2, 3].map((peer) => `${peer}:0b00077300000100`),
    );
  });

  test('the console is served beside the gateway, each in its own framing', () => {
    // An echo of "hi" as SMP console framing has it.
    bench.board.uarts[1].receive(Buffer.from('boot log\n\x06\x09ABAKAAAGAAAAAKFhZGJoaQAA\n', 'latin1'));
    bench.board.run(50 * milliseconds);
    expect(bench.board.take(1)).toHaveLength(0);
    bench.board.uarts[1].receive(Buffer.from(consoleFrame(bytes('0a00000600000000a16164626869')), 'latin1'));
    bench.board.uarts[0].receive(slipEncode(Buffer.concat([Uint8Array.of(0, 7), bytes(echo)])));
    bench.board.run(50 * milliseconds);
    const expected = consoleFrame(bytes('0b00000700000000bf6172626869ff'));
    expect(Buffer.from(bench.board.take(1)).toString('latin1')).toBe(expected);
    expect(received()).toEqual([`7:${echoed}`]);
  });

  test('a packet that never ends on the console leaves the gateway its four buffers', () => {
    bench.board.uarts[1].receive(Buffer.from('\x06\x09AAAA\n', 'latin1'));
    bench.board.run(10 * milliseconds);
    for (let peer = 0; peer < 4; peer++) bench.send(peer, bytes(echo));
    bench.board.run(50 * milliseconds);
    expect(received()).toHaveLength(4);
  });

  test('a frame that finds no buffer is lost, and counted once', () => {
    // A long reply on the console holds the server up, and its request's buffer, while eight datagrams come for the four others.
    const long = Buffer.concat([bytes('0a0007720000 0100 a16164 79076c'), Buffer.alloc(1900, 0x62)]);
    bench.board.uarts[1].receive(encodeConsole(long));
    bench.board.run(35 * milliseconds);
    for (let peer = 0; peer < 8; peer++) bench.send(peer, bytes(echo));
    bench.board.run(100 * milliseconds);
    expect(received()).toEqual([0, 1, 2, 3].map((peer) => `${peer}:${echoed}`));
    expect(framesLost()).toBe(4);
  });

  const good = consoleFrame(bytes('0a00000600000000a16164626869'));
  const cases: [string, string, number][] = [
    ['a wrong CRC', good.slice(0, 14) + (good[14] === 'A' ? 'B' : 'A') + good.slice(15), 1],
    ['a character that is not base64', good.replace('A', '*'), 1],
    ['a length that no buffer has', '\x06\x09//8A\n', 1],
    ['a last line that is missing, before the next packet', `\x06\x09AABA\n${good}`, 1],
    ['nothing wrong', good, 0],
    ['no marker at all', 'login: root\n', 0],
  ];
  test.each(cases)('the console counts a packet with %s', (_what, line, lost) => {
    bench.board.uarts[1].receive(Buffer.from(line, 'latin1'));
    bench.board.run(50 * milliseconds);
    expect(framesLost()).toBe(lost);
    bench.board.uarts[1].receive(Buffer.from(good, 'latin1'));
    bench.board.run(50 * milliseconds);
    expect(bench.board.take(1).length).toBeGreaterThan(0);
  });

  test.each([
    ['a wrong escape', 'c0 0007 0a db 00 c0', 1],
    ['less than the tag of a peer', 'c0 00 c0', 1],
    ['nothing', 'c0 c0 c0', 0],
  ])('the gateway counts a frame with %s', (_what, frame, lost) => {
    bench.board.uarts[0].receive(bytes(frame));
    bench.board.run(10 * milliseconds);
    expect(framesLost()).toBe(lost);
  });

  test('bytes lost in the FIFO cost the frame they belonged to, and nothing else', () => {
    // A gateway without flow control; while the core cannot look, a frame and a half arrive, and the FIFO holds 512 bytes.
    bench.board.machine.poke(UART0, 'CONTROL', UART0.registers.CONTROL.fields.ENABLE.mask);
    bench.board.machine.poke(UART0, 'INTERRUPT_ENABLE', 0);
    const long = Buffer.concat([bytes('0a0001620000 0100 a16164 79015c'), Buffer.alloc(348, 0x62)]);
    bench.send(1, long);
    bench.send(2, long);
    bench.board.run(10 * milliseconds);
    bench.board.machine.poke(UART0, 'INTERRUPT_ENABLE', 1);
    bench.board.run(10 * milliseconds);
    bench.send(3, bytes(echo));
    bench.board.run(50 * milliseconds);
    expect(received().map((frame) => frame.slice(0, 4))).toEqual(['1:0b', '3:0b']);
  });

  test('while the core is busy the gateway is held off, and nothing is lost', () => {
    bench.board.machine.poke(UART0, 'INTERRUPT_ENABLE', 0);
    const long = Buffer.concat([bytes('0a0007720000 0100 a16164 79076c'), Buffer.alloc(1900, 0x62)]);
    for (let peer = 0; peer < 3; peer++) bench.send(peer, long);
    bench.board.run(100 * milliseconds);
    bench.board.machine.poke(UART0, 'INTERRUPT_ENABLE', 1);
    bench.board.run(200 * milliseconds);
    expect(received().map((frame) => frame.slice(0, 4))).toEqual(['0:0b', '1:0b', '2:0b']);
  });
});

test('a reply is complete 200 ms after its request began to arrive, the largest one too', () => {
  const text = Buffer.alloc(2033, 0x62);
  bench.send(1, Buffer.concat([bytes('0a0007f7000001 00 a16164 7907f1'), text]));
  bench.board.run(200 * milliseconds);
  expect(received().map((frame) => frame.length)).toEqual([2 + 2 * 2048]);
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
