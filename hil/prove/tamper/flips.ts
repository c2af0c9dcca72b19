// Single bits that flip, images that are cut short, and mixtures of two good images.

import { parseImage } from '../../../host/tools/image/index.ts';
import { BootRecord } from '../../../protocol/image/boot-record.ts';
import { ImageFormat, Trailer } from '../../../protocol/image/format.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import type { AttackBench } from '../attack/attack-bench.ts';
import { specimen } from '../attack/specimens.ts';
import type { TamperCase } from './cases.ts';
import { newer } from './states.ts';

type Slot = 0 | 1;

function bits(name: string, address: (bench: AttackBench) => number, bytes: number[]): TamperCase[] {
  return bytes.flatMap((byte) =>
    Array.from({ length: 8 }, (_, bit) => ({
      name: `bit ${bit} of ${name} ${byte}`,
      change: (bench: AttackBench) => bench.flip(address(bench) + byte, bit),
    })),
  );
}

const numbersTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

/** Bytes of a payload that are tried: of the smallest firmware all. */
const payloadBytesMost = 256;

/** Each byte of an image; of a large payload some, at equal distances. */
function placesIn(image: Uint8Array): number[] {
  const { headerSize, imageSize } = parseImage(image).header;
  const apart = Math.ceil(imageSize / payloadBytesMost);
  return numbersTo(image.length).filter((byte) => {
    const inPayload = byte - headerSize;
    return inPayload < 0 || inPayload >= imageSize || inPayload % apart === 0;
  });
}

/** Every bit of header, payload and TLVs of an image in this slot. */
export function imageBits(slot: Slot, image: Uint8Array): TamperCase[] {
  return bits('byte', (bench) => bench.addressOf(slot), placesIn(image));
}

/** Every bit of the slot's trailer, and as much again in front of it. */
export function trailerBits(slot: Slot): TamperCase[] {
  const size = 2 * Trailer.COPY_DONE;
  return bits('trailer byte', (bench) => bench.addressOf(slot) + MemoryMap.SLOT_SIZE - size, numbersTo(size));
}

/** Every bit of the first records of the boot state's journal. */
export function recordBits(records: number): TamperCase[] {
  return bits('boot state byte', () => MemoryMap.BOOT_STATE_0, numbersTo(records * BootRecord.SIZE));
}

/** The image up to any byte; behind it erased cells, zeros, or the rest of an older image. */
export function truncations(): TamperCase[] {
  const rest: Record<string, Uint8Array> = {
    'erased cells': new Uint8Array(newer.length).fill(0xff),
    zeros: new Uint8Array(newer.length),
    'an older image': specimen('1.5.0'),
  };
  return Object.entries(rest).flatMap(([name, behind]) =>
    placesIn(newer)
      .map((length) => ({
        name: `${length} bytes, then ${name}`,
        change: (bench: AttackBench) => {
          bench.place(1, behind, 'test');
          bench.write(bench.addressOf(1), newer.subarray(0, length));
        },
      }))
      .slice(1),
  );
}

/** Each part from one of two good images: all mixtures except the two images themselves. */
export function mixtures(): TamperCase[] {
  const other = specimen('3.0.1', { securityCounter: 9 });
  const ends = partEnds(newer);
  return Array.from({ length: 2 ** ends.length }, (_, mask) => mask)
    .slice(1, -1)
    .map((mask) => {
      const parts = ends.map((end, part) => {
        const from = (mask >> part) & 1 ? other : newer;
        return from.subarray(ends[part - 1] ?? 0, end);
      });
      return {
        name: `parts ${mask.toString(2).padStart(ends.length, '0')}`,
        change: (bench) => bench.place(1, new Uint8Array(Buffer.concat(parts)), 'test'),
      };
    });
}

/** Where header, payload, protected TLVs and each unprotected TLV end. */
function partEnds(image: Uint8Array): number[] {
  const { header, hashedSize, tlvs } = parseImage(image);
  const ends = [header.headerSize, header.headerSize + header.imageSize, hashedSize];
  let at = hashedSize + ImageFormat.TLV_INFO_SIZE;
  for (const { value } of tlvs.filter((tlv) => !tlv.protected)) {
    at += 4 + value.length;
    ends.push(at);
  }
  return ends;
}
