import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBody } from '../../../host/tools/smp/cbor.ts';
import { decodeMessage, encodeMessage } from '../../../host/tools/smp/message.ts';
import type { CheckedDevice } from '../../prove/noise/checked-device.ts';
import { gateway, type Wire, wires } from '../../prove/noise/wire.ts';
import { read, write } from '../../rig/lines.ts';
import { millisecond, second } from '../../rig/time.ts';
import { checkedDevices } from './devices.ts';
import { some } from './properties.ts';

const [os, img, stat] = [0, 1, 2];

const echo = (sequence: number, text = `echo ${sequence}`) =>
  encodeMessage({ operation: write, version: 2, group: os, sequence: sequence & 0xff, command: 0 }, { d: text });

const figures = (device: CheckedDevice, name: string) =>
  device.ask(read, stat, 0, { name }).fields.fields as Record<string, number>;
const lost = (device: CheckedDevice) => figures(device, 'smp_svr_stats').frames_lost;

/** Which of the echoes came back, by their text. */
function echoed(device: CheckedDevice, wire: Wire): string[] {
  return device.take(wire).map(({ message }) => decodeBody(decodeMessage(message).body).r as string);
}

/** Noise of the seed; its bytes mean little to either line. */
function noise(length: number): Uint8Array {
  const words = some(fc.integer(), length / 4);
  return new Uint8Array(Int32Array.from(words).buffer);
}

const torrents: [string, Uint8Array][] = [
  ['noise', noise(8192)],
  ['ends of frames', new Uint8Array(8192).fill(0xc0)],
  ['frames of two bytes', Buffer.from('c00001c0'.repeat(2048), 'hex')],
  ['echoes', Buffer.concat(Array.from({ length: 200 }, (_, sequence) => gateway.encode(echo(sequence), sequence)))],
  ['starts of packets', Buffer.from('0609'.repeat(4096), 'hex')],
];

// What a device on trial does with bytes is what any running device does.
describe.each([checkedDevices[0], checkedDevices[2]])('%s', (_name, make) => {
  test.each(torrents)(
    'lives through a second and a half of %s on both lines as fast as they carry it, and so does its watchdog',
    async (_what, piece) => {
      const device = await make();
      const { board } = device;
      const end = board.now + 1.5 * second;
      while (board.now < end) {
        for (const line of [0, 1] as const) if (board.wireFree(line) >= piece.length) board.send(line, piece);
        board.runFor(millisecond);
      }
      device.judgeMachine();
      board.runFor(second);
      // What the torrent ended with must not stay behind on the lines.
      for (const { line, endings } of wires) board.send(line, Uint8Array.of(endings[0]));
      board.runFor(second);
      device.linesAreNew();
      device.judge();
      if (board.state !== 'firmware') return;
      expect(figures(device, 'tasks')).toMatchObject({ deadlines_missed: 0, feeds_withheld: 0 });
    },
  );
});

describe.each(checkedDevices)('%s', (_name, make) => {
  test.each(wires)('answers as many requests at once as the wire of $name holds, in order', async (wire) => {
    const device = await make();
    const texts = Array.from({ length: 150 }, (_, sequence) => `echo ${sequence}`);
    device.put(wire.line, Buffer.concat(texts.map((text, sequence) => wire.encode(echo(sequence, text), sequence))));
    device.board.runFor(second);
    device.newMessages(wire);
    expect(echoed(device, wire)).toEqual(texts);
    expect(lost(device)).toBe(0);
    device.judge();
  });

  test.each(wires)(
    'loses what exceeds its buffers behind a slow request, counts it, and answers the rest once ($name)',
    async (wire) => {
      const device = await make();
      const slow = encodeMessage({ operation: write, version: 2, group: img, sequence: 0, command: 5 }, {});
      const texts = Array.from({ length: 30 }, (_, sequence) => `echo ${sequence}`);
      const frames = [slow, ...texts.map((text, sequence) => echo(sequence, text))].map((each, peer) =>
        wire.encode(each, peer),
      );
      device.put(wire.line, Buffer.concat(frames));
      device.board.runFor(second);
      device.newMessages(wire);
      const came = echoed(device, wire);
      const answered = came.filter((text) => text !== undefined);
      expect(answered).toEqual(texts.filter((text) => answered.includes(text)));
      expect(came.length + lost(device)).toBe(frames.length);
      device.judge();
    },
  );
});
