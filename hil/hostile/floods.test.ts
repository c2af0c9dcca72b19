import { describe, expect, test } from 'vitest';
import { decodeBody } from '../../host/tools/smp/cbor.ts';
import { decodeMessage, encodeMessage } from '../../host/tools/smp/message.ts';
import { read, second, write } from '../device.ts';
import type { Victim } from './victim.ts';
import { victims } from './victims.ts';
import { type Wire, wires } from './wire.ts';

const [os, img, stat] = [0, 1, 2];

const echo = (sequence: number, text = `echo ${sequence}`) =>
  encodeMessage({ operation: write, version: 2, group: os, sequence: sequence & 0xff, command: 0 }, { d: text });

const lost = (victim: Victim) =>
  (victim.ask(read, stat, 0, { name: 'smp_svr_stats' }).fields.fields as { frames_lost: number }).frames_lost;

/** Which of the echoes came back, by their text. */
function echoed(victim: Victim, wire: Wire): string[] {
  return victim.take(wire).map(({ message }) => decodeBody(decodeMessage(message).body).r as string);
}

describe.each(victims)('%s', (_name, make) => {
  test.each(wires)('answers as many requests at once as the wire of $name holds, in order', async (wire) => {
    const victim = await make();
    const texts = Array.from({ length: 150 }, (_, sequence) => `echo ${sequence}`);
    victim.put(wire.line, Buffer.concat(texts.map((text, sequence) => wire.encode(echo(sequence, text), sequence))));
    victim.board.runFor(second);
    victim.newMessages(wire);
    expect(echoed(victim, wire)).toEqual(texts);
    expect(lost(victim)).toBe(0);
    victim.judge();
  });

  test.each(wires)(
    'loses what exceeds its buffers behind a slow request, counts it, and answers the rest once ($name)',
    async (wire) => {
      const victim = await make();
      const slow = encodeMessage({ operation: write, version: 2, group: img, sequence: 0, command: 5 }, {});
      const texts = Array.from({ length: 30 }, (_, sequence) => `echo ${sequence}`);
      const frames = [slow, ...texts.map((text, sequence) => echo(sequence, text))].map((each, peer) =>
        wire.encode(each, peer),
      );
      victim.put(wire.line, Buffer.concat(frames));
      victim.board.runFor(second);
      victim.newMessages(wire);
      const came = echoed(victim, wire);
      const answered = came.filter((text) => text !== undefined);
      expect(answered).toEqual(texts.filter((text) => answered.includes(text)));
      expect(came.length + lost(victim)).toBe(frames.length);
      victim.judge();
    },
  );
});
