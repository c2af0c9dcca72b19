// Which images of a story a slot holds, found page by page: most slots share most of their pages, and a page is compared once.
//
// What must stay true: a page is compared with each image at its place in the slot, so the same page at another place is compared again.

import { pageBytes } from '../../../host/board/flash-array.ts';
import { ImageFormat } from '../../../protocol/image/format.ts';
import { bytesOfPage, hashOf, nameOfBytes, oncePerPage } from './cells.ts';
import type { ImageName, Images } from './images.ts';

/** More bytes than the TLVs of any image of a story have. */
const tlvBytes = 512;
/** Of the bits of an agreement, the first that is about signed bytes. */
const signedFrom = 15;

/** What is found in a slot from its start on. */
export interface Held {
  /** The image that is there whole, byte for byte. */
  image: ImageName | undefined;
  /** Names the header there is. */
  header: string;
  /** Names what lies where the header says that TLVs begin; undefined where that is behind every image of the story. */
  tlvs: string | undefined;
  /** Whether the bytes in front of them are those of the image the header is of. */
  sound: boolean;
  /** Equal where all of the above is: the image, or else what is there in the place of one. */
  key: string;
}

/** `first`: number of the slot's first page. */
export function heldIn(pages: readonly Int32Array[], first: number, images: Images): Held {
  return comparisonOf(images).held(pages, first);
}

const comparisons = new WeakMap<Images, Comparison>();

function comparisonOf(images: Images): Comparison {
  let found = comparisons.get(images);
  if (found === undefined) {
    found = new Comparison(images);
    comparisons.set(images, found);
  }
  return found;
}

/** A header, and what follows from it. */
interface Header {
  name: string;
  /** Where TLVs begin. */
  end: number;
  /** Which image has it, by its place among the images; -1 where none has. */
  origin: number;
}

/** Bytes at one place, and the bits of the images that have them there. */
interface ImagePart {
  bytes: Buffer;
  bits: number;
}

class Comparison {
  private readonly names: ImageName[];
  private readonly bytes: Buffer[];
  private readonly headers: Header[];
  private readonly longest: number;
  private readonly headerOf = oncePerPage((page) => this.readHeader(page));
  /** By place in the slot: a bit for each image whose bytes the page holds there, and above these one for each whose signed bytes it holds. */
  private readonly agreements: ((page: Int32Array) => number)[];
  /** By first page of a slot: what was found there last, and in which pages. */
  private readonly last = new Map<number, { pages: Int32Array[]; held: Held }>();

  constructor(images: Images) {
    this.names = Object.keys(images) as ImageName[];
    this.bytes = this.names.map((name) => Buffer.from(images[name]));
    this.headers = this.bytes.map((image) => headerIn(image));
    this.longest = Math.max(...this.bytes.map(({ length }) => length));
    const count = Math.ceil(this.longest / pageBytes);
    const places = Array.from({ length: count }, (_, place) => place);
    if (this.names.length > signedFrom) throw new Error(`a story of ${this.names.length} images; it has ${signedFrom}`);
    this.agreements = places.map((place) => {
      const parts = this.partsAt(place);
      return oncePerPage((page) => agreementWith(parts, bytesOfPage(page)));
    });
  }

  held(pages: readonly Int32Array[], first: number): Held {
    const last = this.last.get(first);
    if (last !== undefined && this.areThere(last.pages, pages, first)) return last.held;
    const held = this.find(pages, first);
    // TLVs are named from the pages behind the first, up to one more than the longest image takes.
    this.last.set(first, { pages: pages.slice(first, first + this.agreements.length + 1), held });
    return held;
  }

  private areThere(known: readonly Int32Array[], pages: readonly Int32Array[], first: number): boolean {
    for (let place = 0; place < known.length; place++) if (known[place] !== pages[first + place]) return false;
    return true;
  }

  private find(pages: readonly Int32Array[], first: number): Held {
    const { name, end, origin } = this.headerOf(pages[first]);
    const held = this.everywhere(pages, first);
    const image = this.names[firstBit(held & ((1 << signedFrom) - 1))] as ImageName | undefined;
    const tlvs = image !== undefined || end > this.longest ? undefined : this.nameTlvs(pages, first, end);
    const sound = origin >= 0 && (held & (1 << (signedFrom + origin))) !== 0;
    const key = image ?? (tlvs === undefined ? name : `${name} ${tlvs} ${sound}`);
    return { image, header: name, tlvs, sound, key };
  }

  private everywhere(pages: readonly Int32Array[], first: number): number {
    const { agreements } = this;
    let held = -1;
    for (let place = 0; place < agreements.length && held !== 0; place++)
      held &= agreements[place](pages[first + place]);
    return held;
  }

  /** What images have at this place, as far as they reach: most have the same code, which is compared once. */
  private partsAt(place: number): ImagePart[] {
    const parts = new Map<string, ImagePart>();
    const add = (image: Buffer, end: number, bit: number) => {
      const bytes = image.subarray(place * pageBytes, Math.min((place + 1) * pageBytes, end));
      const name = nameOfBytes(bytes);
      const part = parts.get(name) ?? { bytes, bits: 0 };
      part.bits |= 1 << bit;
      parts.set(name, part);
    };
    for (const [number, image] of this.bytes.entries()) {
      add(image, image.length, number);
      add(image, this.headers[number].end, signedFrom + number);
    }
    return [...parts.values()];
  }

  private readHeader(page: Int32Array): Header {
    const header = headerIn(bytesOfPage(page));
    return { ...header, origin: this.headers.findIndex(({ name }) => name === header.name) };
  }

  private nameTlvs(pages: readonly Int32Array[], first: number, end: number): string {
    const bytes = Buffer.alloc(tlvBytes);
    for (let done = 0; done < tlvBytes; ) {
      const at = end + done;
      const piece = bytesOfPage(pages[first + Math.floor(at / pageBytes)]).subarray(at % pageBytes);
      bytes.set(piece.subarray(0, tlvBytes - done), done);
      done += piece.length;
    }
    return nameOfBytes(bytes);
  }
}

function agreementWith(parts: readonly ImagePart[], cells: Uint8Array): number {
  let held = 0;
  for (const { bytes, bits } of parts) if (bytes.compare(cells, 0, bytes.length) === 0) held |= bits;
  return held;
}

function headerIn(bytes: Uint8Array): Header {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, ImageFormat.HEADER_SIZE_MIN);
  const end = header.readUInt16LE(ImageFormat.OFFSET_HEADER_SIZE) + header.readUInt32LE(ImageFormat.OFFSET_IMAGE_SIZE);
  return { name: hashOf(header), end, origin: -1 };
}

function firstBit(bits: number): number {
  return bits === 0 ? -1 : 31 - Math.clz32(bits & -bits);
}
