import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import { decodeBody } from '../../../host/tools/smp/cbor.ts';
import { decodeMessage } from '../../../host/tools/smp/message.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { firmwareImage } from '../../rig/images.ts';
import { read, write } from '../../rig/lines.ts';
import { second } from '../../rig/time.ts';
import { absent, absentGroups, rows, type Situation, type Verdict } from './vectors.ts';

interface Vector {
  name: string;
  request: string;
  response: string;
}
const file = new URL('../../../host/tools/smp/golden-vectors.json', import.meta.url);
const { vectors }: { vectors: Vector[] } = JSON.parse(readFileSync(file, 'utf8'));

const [os, img] = [0, 1];
// The images of the servers the recordings were made with, which the requests name.
const theirActive = '1baa222074cc805faf4e09846d2377886b1e5ef7cfccd9eac1554d82d9aa9d5a';
const groupOf = ({ request }: Vector) => Number.parseInt(request.slice(8, 12), 16);
const bodyOf = (hex: string) => decodeBody(decodeMessage(Buffer.from(hex, 'hex')).body);

let device: DeviceUnderTest;
const situations = {} as Record<Situation, Snapshot>;
let firstHash: string;

beforeAll(async () => {
  device = await DeviceUnderTest.running();
  const { board } = device;
  board.runFor(0.3 * second);
  situations.running = board.snapshot();
  firstHash = Buffer.from(images()[0].hash).toString('hex');
  // Twelve bytes are missing, as they were when the last chunk of A.6 was recorded.
  const file = new Uint8Array(49_692).fill(0x3d);
  // A header of 32 bytes, no protected TLVs, and a payload that fits the file: what the device looks at in the first chunk.
  file.set([0x20, 0, 0, 0, 0, 0xc0, 0, 0], 8);
  upload(file, 49_680);
  situations.uploading = board.snapshot();
  board.restore(situations.running);
  device.request(write, os, 5, { boot_mode: 1 });
  board.runFor(0.5 * second);
  situations['in safe mode'] = board.snapshot();
  board.restore(situations.running);
  const update = await firmwareImage('1.1.0');
  upload(update, update.length);
  device.request(write, img, 0, { hash: images()[1].hash, confirm: false });
  device.request(write, os, 5);
  board.runFor(0.8 * second);
  situations['on trial'] = board.snapshot();
});

function images(): { slot: number; hash: Uint8Array }[] {
  return device.request(read, img, 0).images as { slot: number; hash: Uint8Array }[];
}

function upload(content: Uint8Array, until: number): void {
  const file = content.slice();
  file.set([0x3d, 0xb8, 0xf3, 0x96], 0);
  for (let off = 0; off < until; ) {
    const data = file.subarray(off, Math.min(off + 1900, until));
    off = device.request(write, img, 1, { off, data, ...(off === 0 ? { len: file.length } : {}) }).off as number;
  }
}

function answerTo({ request }: Vector, situation: Situation): string {
  device.board.restore(situations[situation]);
  const replies = device.exchange(Buffer.from(request.replaceAll(theirActive, firstHash), 'hex'));
  expect(replies).toHaveLength(1);
  return Buffer.from(replies[0]).toString('hex');
}

/** A value with its numbers and texts gone: what a client's model of an answer is made of. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return [...new Set(value.map((each) => JSON.stringify(shapeOf(each))))].slice(0, 1);
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shapeOf(each)]));
}

const listOfImages = {
  images: expect.arrayContaining([expect.objectContaining({ slot: 0, version: '1.0.0', confirmed: true })]),
  splitStatus: 0,
};

function expectVerdict(vector: Vector, reply: string, verdict: Verdict): void {
  if (verdict.is === 'the same') {
    expect(reply).toBe(vector.response);
    return;
  }
  // Whatever the body, the header is that of the recording, but for the length.
  expect(reply.slice(0, 4) + reply.slice(8, 16)).toBe(vector.response.slice(0, 4) + vector.response.slice(8, 16));
  const [theirs, ours] = [bodyOf(vector.response), bodyOf(reply)];
  if (verdict.is === 'another')
    expect(ours).toEqual(verdict.answer === 'a list of images' ? listOfImages : verdict.answer);
  else if ('fields' in theirs) expect(Object.keys(ours)).toEqual(Object.keys(theirs));
  else expect(shapeOf(ours)).toEqual(shapeOf(theirs));
}

describe('to a recorded request the running device answers', () => {
  for (const vector of vectors) {
    const reason = absentGroups[groupOf(vector)];
    const row = reason === undefined ? rows[vector.name] : (['running', absent] as const);
    if (!row) continue;
    const [situation, verdict] = row;
    const why = { 'the same': '', 'the same shape': 'ours' in verdict ? `, with ${verdict.ours}` : '', another: '' }[
      verdict.is
    ];
    const because = verdict.is === 'another' ? ` thing: ${reason ?? verdict.because}` : '';
    test(`${vector.name}, ${situation}: ${verdict.is}${why}${because}`, () => {
      expectVerdict(vector, answerTo(vector, situation), verdict);
    });
  }
});

test('every recorded request has its row, and every row its request', () => {
  const named = vectors.filter((vector) => absentGroups[groupOf(vector)] === undefined).map(({ name }) => name);
  expect(named.filter((name) => rows[name] === undefined)).toEqual([]);
  expect(Object.keys(rows).filter((name) => !named.includes(name))).toEqual([]);
});
