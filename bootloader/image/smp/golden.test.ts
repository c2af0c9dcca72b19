import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { hashOf, ImageBench, makeImage } from '../../../hil/rig/guest/image-bench.ts';
import { decoder, GuestBench } from '../../../hil/rig/guest/smp-bench.ts';
import { SmpGroup } from '../../../protocol/smp/smp.ts';

// What real servers answered, recorded on the wire. Rows of the recovery loader are another server's; the rest is asked of ours.
interface Vector {
  name: string;
  request: string;
  response: string;
}
const file = new URL('../../../host/tools/smp/golden-vectors.json', import.meta.url);
const vectors = (JSON.parse(readFileSync(file, 'utf8')).vectors as Vector[]).filter(
  ({ name }) => !name.includes('[recovery]'),
);

// Hash and slot size of the recorded devices, and ours in their place; the images' version is 0.0.0 on both.
const running = makeImage('0.0.0');
const recordedHashes = [
  '1baa222074cc805faf4e09846d2377886b1e5ef7cfccd9eac1554d82d9aa9d5a',
  '18779b16a62c10405e239b096eae0c54c8b097a260978b21b4cec75f149a617e',
];
function asOurs(hex: string): string {
  const ourHash = Buffer.from(hashOf(running)).toString('hex');
  const withHash = recordedHashes.reduce((text, hash) => text.replaceAll(hash, ourHash), hex);
  return withHash.replaceAll('1a0001a000', '1a00080000');
}

const ourGroups: number[] = [SmpGroup.OS, SmpGroup.IMG, SmpGroup.STAT, SmpGroup.ENUM];
const groupOf = ({ request }: Vector) => Number.parseInt(request.slice(8, 12), 16);
const tell = (vector: Vector): [string, Vector] => [vector.name, vector];

/** Names, sizes and counts are each server's own: only keys and types are compared. */
const inShape = [
  'A.1 params',
  'A.1 params empty payload',
  'A.4 params',
  'A.6 params',
  'A.1 info default',
  'A.1 info a',
  'A.1 stat list',
  'A.3 stat read',
  'A.9 stat read',
  'A.1 enum count',
  'A.1 enum list',
  'A.1 enum single 0',
  'A.1 enum details 0,2',
];

/** Where we answer otherwise, and why. */
const otherwise: Record<string, [reply: string, why: string]> = {
  'A.1 mpstat': ['mpools', 'we have a pool to show'],
  'A.1 bootinfo': ['MCUboot', 'we boot as MCUboot does'],
  'A.4 bootinfo': ['MCUboot', 'likewise'],
  'A.6 bootinfo': ['MCUboot', 'likewise'],
  'A.4 bootinfo mode': ['mode', 'likewise'],
  'A.4 bootinfo mode v1': ['mode', 'likewise'],
  'A.6 bootinfo mode': ['mode', 'likewise'],
  'A.4 bootinfo xx': ['err', 'likewise: a query without an answer'],
  'A.1 enum single 6': ['err', 'we have fewer groups'],
  'A.1 img state': ['images', 'that server had no image group'],
  'A.4 confirm no hash': ['images', 'that build could not write states'],
  'A.4 test no hash': ['err', 'likewise'],
  'A.4 state write empty': ['err', 'likewise'],
  'A.4 test bad hash v2': ['err', 'likewise'],
  'A.4 test bad hash v1': ['rc', 'likewise: 1 instead of 8'],
  'A.4 test short hash v2': ['err', 'likewise'],
  'A.9 Go CLI: image confirm (no hash) => hash:null, v0': ['images', 'null says the same as leaving the hash out'],
};

/** The end of an upload that is not in the record; img-upload.test.ts ends whole ones. */
const outOfContext = ['A.6 FINAL', 'A.7 FINAL'];
const whileOnTrial = [
  'A.8 test other slot while active unconfirmed',
  'A.8 erase slot1 while unconfirmed v2',
  'A.8 erase slot1 while unconfirmed v1',
];
const special = [...inShape, ...Object.keys(otherwise), ...outOfContext, ...whileOnTrial];

let server: GuestBench;
let images: ImageBench;

beforeAll(async () => {
  server = new GuestBench('protocol/guest/smp/server.entry.ts');
  await server.boot(0);
  images = await ImageBench.make(running);
  images.confirmRunning();
});

function exchange(vector: Vector, bench: GuestBench = groupOf(vector) === SmpGroup.IMG ? images : server): string {
  return bench.exchange(asOurs(vector.request)).join(' ');
}

function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return [...new Set(value.map((item) => JSON.stringify(shapeOf(item))))];
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return typeof value;
  return Object.entries(value).map(([key, item]) => (key === 'fields' ? key : [key, shapeOf(item)]));
}
const payload = (message: string) => decoder.decode(Uint8Array.from(Buffer.from(message.slice(16), 'hex')));

const named = (names: string[]) => vectors.filter(({ name }) => names.includes(name)).map(tell);

describe('byte for byte as the recorded server', () => {
  const exact = vectors.filter((vector) => ourGroups.includes(groupOf(vector)) && !special.includes(vector.name));
  test.each([...exact, ...vectors.filter(({ name }) => /unknown group/.test(name))].map(tell))(
    '%s',
    (_name, vector) => {
      expect(exchange(vector)).toBe(asOurs(vector.response));
    },
  );
});

describe('in shape as the recorded server', () => {
  test.each(named(inShape))('%s', (_name, vector) => {
    const reply = exchange(vector);
    expect(reply.slice(0, 4) + reply.slice(8, 16)).toBe(vector.response.slice(0, 4) + vector.response.slice(8, 16));
    expect(shapeOf(payload(reply))).toEqual(shapeOf(payload(vector.response)));
  });
});

describe('otherwise than the recorded server', () => {
  test.each(named(Object.keys(otherwise)))('%s', (name, vector) => {
    const reply = exchange(vector);
    expect(Buffer.from(reply, 'hex').toString('latin1'), otherwise[name][1]).toContain(otherwise[name][0]);
    expect(reply).not.toBe(asOurs(vector.response));
  });
});

describe('not supported here, which every server says alike', () => {
  const foreign = vectors.filter(
    (vector) => !ourGroups.includes(groupOf(vector)) && !/unknown group/.test(vector.name),
  );
  test.each(foreign.map(tell))('%s', (_name, vector) => {
    expect(exchange(vector).slice(16)).toBe('bf62726308ff');
  });
});

describe('while an unconfirmed image runs, byte for byte', () => {
  test.each(named(whileOnTrial))('%s', async (_name, vector) => {
    const bench = await ImageBench.make(running);
    bench.confirmRunning();
    const update = makeImage('0.0.1');
    bench.uploadAll(update);
    bench.mark(update, false);
    await bench.boot(1);
    // The recorded device ran its trial in slot 0; ours runs it in slot 1, and falls back to 0.
    const request = vector.request.replace('64736c6f7401', '64736c6f7400');
    expect(exchange({ ...vector, request }, bench)).toBe(asOurs(vector.response));
  });
});
