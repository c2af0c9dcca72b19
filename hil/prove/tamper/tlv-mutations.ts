// Structured damage to an image: every entry deleted, doubled, moved, renamed, cut and stretched; every area's size and every number of
// the header made wrong; unknown entries put in between. Each is tried in three ways: as it is; with a hash TLV that matches; and signed again, as a
// wrong or a hostile signer would do it (then the host's own verification decides whether it may run).

import { sign } from 'node:crypto';
import { parseImage } from '../../../host/tools/image/index.ts';
import { ImageFormat, Tlv } from '../../../protocol/image/format.ts';
import { privateKeys } from '../../rig/keys.ts';
import { sha256 } from '../attack/specimens.ts';

interface Entry {
  type: number;
  value: Uint8Array;
  /** The length that the entry claims; the true one when left out. */
  length?: number;
}

interface Anatomy {
  header: Uint8Array;
  payload: Uint8Array;
  protectedEntries: Entry[];
  entries: Entry[];
  /** What is added to the sizes that the areas claim, and to the size in the header. */
  lies: { protectedTotal: number; total: number; protectedSize: number };
}

export type Mutation = [name: string, image: Uint8Array];
type Change = [name: string, change: (anatomy: Anatomy) => void];

const knownTypes = Object.entries(Tlv);
const strangeTypes: [string, number][] = [
  ...knownTypes,
  ...([
    ['0', 0],
    ['a vendor', 0x1a1],
    ['the low byte of SHA256', 0x110],
    ['ffff', 0xffff],
  ] as [string, number][]),
];
const areas = ['protectedEntries', 'entries'] as const;

const made = new WeakMap<Uint8Array, Mutation[]>();

/** Signing them takes a second, so they are made once for each image. */
export function tlvMutations(image: Uint8Array): Mutation[] {
  const mutations = made.get(image) ?? makeMutations(image);
  made.set(image, mutations);
  return mutations;
}

function makeMutations(image: Uint8Array): Mutation[] {
  const changed: Change[] = [...entryChanges(image), ...insertions(image), ...sizeLies(), ...headerLies()];
  const several = changed.flatMap(([name, change]) => {
    const anatomy = dissect(image);
    change(anatomy);
    const bare = assemble(anatomy);
    return [
      [name, bare],
      [`${name}, hash made to fit`, assemble(refit(anatomy, false))],
      [`${name}, signed again`, assemble(refit(anatomy, true))],
    ] as Mutation[];
  });
  return [...several, ['the other signature that fits: S + L', withOtherS(image)]];
}

/** A verifier that does not require S < L accepts it as a second good signature of the same image. */
function withOtherS(image: Uint8Array): Uint8Array {
  const anatomy = dissect(image);
  const { value } = anatomy.entries.find(({ type }) => type === Tlv.ED25519) as Entry;
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  let sum = BigInt(`0x${Buffer.from(value.subarray(32)).reverse().toString('hex')}`) + order;
  for (let at = 32; at < 64; at++, sum >>= 8n) value[at] = Number(sum & 0xffn);
  return assemble(anatomy);
}

function dissect(image: Uint8Array): Anatomy {
  const { header, tlvs } = parseImage(image);
  const payloadAt = header.headerSize;
  const own = (isProtected: boolean) =>
    tlvs.filter((tlv) => tlv.protected === isProtected).map(({ type, value }) => ({ type, value: value.slice() }));
  return {
    header: image.slice(0, payloadAt),
    payload: image.slice(payloadAt, payloadAt + header.imageSize),
    protectedEntries: own(true),
    entries: own(false),
    lies: { protectedTotal: 0, total: 0, protectedSize: 0 },
  };
}

function assemble({ header, payload, protectedEntries, entries, lies }: Anatomy): Uint8Array {
  const signed = signedPart({ header, payload, protectedEntries, entries, lies });
  return new Uint8Array(Buffer.concat([signed, area(ImageFormat.TLV_INFO_MAGIC, entries, lies.total)]));
}

function signedPart({ header, payload, protectedEntries, lies }: Anatomy): Uint8Array {
  const body = area(ImageFormat.TLV_PROTECTED_INFO_MAGIC, protectedEntries, lies.protectedTotal);
  const patched = Buffer.from(header);
  patched.writeUInt16LE((body.length + lies.protectedSize) & 0xffff, ImageFormat.OFFSET_PROTECTED_SIZE);
  return Buffer.concat([patched, payload, body]);
}

/** The same image with the hash TLV, and with `signAgain` the signature, computed again. */
function refit(anatomy: Anatomy, signAgain: boolean): Anatomy {
  const digest = sha256(signedPart(anatomy));
  const fitting = (entry: Entry): Entry => {
    if (entry.type === Tlv.SHA256 && entry.value.length === 32) return { ...entry, value: digest };
    if (signAgain && entry.type === Tlv.ED25519 && entry.value.length === 64)
      return { ...entry, value: sign(null, digest, privateKeys[0]) };
    return entry;
  };
  return { ...anatomy, entries: anatomy.entries.map(fitting) };
}

function area(magic: number, entries: Entry[], lie: number): Buffer {
  const body = entries.map(({ type, value, length }) => Buffer.concat([pair(type, length ?? value.length), value]));
  const size = body.reduce((sum, { length }) => sum + length, 4);
  return entries.length === 0 && lie === 0 ? Buffer.alloc(0) : Buffer.concat([pair(magic, size + lie), ...body]);
}

const pair = (a: number, b: number) => Buffer.from([a & 0xff, (a >> 8) & 0xff, b & 0xff, (b >> 8) & 0xff]);

function entryChanges(image: Uint8Array): Change[] {
  const anatomy = dissect(image);
  return areas.flatMap((where) => anatomy[where].flatMap((entry, index) => changesOf(where, index, entry, anatomy)));
}

function changesOf(where: (typeof areas)[number], index: number, entry: Entry, anatomy: Anatomy): Change[] {
  const name = `${where === 'entries' ? 'TLV' : 'protected TLV'} 0x${entry.type.toString(16)}`;
  const other = where === 'entries' ? 'protectedEntries' : 'entries';
  const edit = (how: string, change: (list: Entry[], own: Entry) => void): Change => [
    `${name} ${how}`,
    (subject) => change(subject[where], subject[where][index]),
  ];
  const { length } = entry.value;
  const lengths = [0, 1, length - 1, length + 1, 2 * length, 0x7fff, 0xffff];
  return [
    edit('left out', (list) => list.splice(index, 1)),
    edit('twice', (list, own) => list.splice(index, 0, own)),
    edit('again at the end', (list, own) => list.push(own)),
    edit('first', (list) => list.unshift(...list.splice(index, 1))),
    edit('last', (list) => list.push(...list.splice(index, 1))),
    edit('of zeros', (_, own) => own.value.fill(0)),
    edit('of ones', (_, own) => own.value.fill(0xff)),
    [`${name} moved to the other area`, (subject) => subject[other].push(...subject[where].splice(index, 1))],
    [`${name} in the other area as well`, (subject) => subject[other].push(subject[where][index])],
    ...lengths.map((claim) => edit(`says ${claim} bytes`, (_, own) => Object.assign(own, { length: claim }))),
    ...[0, 1, length - 1, length + 1, 2 * length].map((size) =>
      edit(`of ${size} bytes`, (_, own) => Object.assign(own, { value: stretched(own.value, size) })),
    ),
    ...strangeTypes
      .filter(([, type]) => type !== entry.type)
      .map(([called, type]) => edit(`called ${called}`, (_, own) => Object.assign(own, { type }))),
    ...anatomy[where]
      .map((_, to) => to)
      .filter((to) => to > index)
      .map((to) => edit(`changed places with number ${to}`, (list) => swap(list, index, to))),
  ];
}

function stretched(value: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(size);
  result.set(value.subarray(0, size));
  return result;
}

function swap(list: Entry[], a: number, b: number): void {
  [list[a], list[b]] = [list[b], list[a]];
}

/** An unknown entry at every place. */
function insertions(image: Uint8Array): Change[] {
  const anatomy = dissect(image);
  const sizes = [0, 1, 4, 32];
  return areas.flatMap((where) =>
    strangeTypes.flatMap(([called, type]) =>
      sizes.flatMap((size) =>
        [...anatomy[where].keys(), anatomy[where].length].map((at): Change => {
          const what = where === 'entries' ? 'TLV' : 'protected TLV';
          return [
            `${what} ${called} of ${size} bytes at place ${at}`,
            (subject) => subject[where].splice(at, 0, { type, value: new Uint8Array(size).fill(1) }),
          ];
        }),
      ),
    ),
  );
}

function sizeLies(): Change[] {
  const lies = [-100, -36, -8, -4, -3, -2, -1, 1, 2, 3, 4, 8, 36, 100, 0x7fff];
  return (['protectedTotal', 'total', 'protectedSize'] as const).flatMap((which) =>
    lies.map((lie): Change => [`${which} ${lie > 0 ? '+' : ''}${lie}`, (subject) => (subject.lies[which] = lie)]),
  );
}

function headerLies(): Change[] {
  const widths: [name: string, offset: number, width: 1 | 2 | 4][] = [
    ['load address', ImageFormat.OFFSET_LOAD_ADDRESS, 4],
    ['header size', ImageFormat.OFFSET_HEADER_SIZE, 2],
    ['image size', ImageFormat.OFFSET_IMAGE_SIZE, 4],
    ['flags', ImageFormat.OFFSET_FLAGS, 4],
    ['major', ImageFormat.OFFSET_MAJOR, 1],
    ['revision', ImageFormat.OFFSET_REVISION, 2],
    ['build', ImageFormat.OFFSET_BUILD, 4],
    ['pad', ImageFormat.OFFSET_PAD, 4],
  ];
  const edges = [0, 1, 4, 16, 31, 32, 33, 0x64, 0xff, 0xfffe, 0xffff, 0x7efff, 0x7f000, 0x7fff_ffff, 0xffff_ffff];
  return widths.flatMap(([name, offset, width]) =>
    edges
      .filter((value) => value < 2 ** (8 * width))
      .map(
        (value): Change => [
          `${name} of ${value}`,
          ({ header }) => Buffer.from(header.buffer).writeUIntLE(value, offset, width),
        ],
      ),
  );
}
