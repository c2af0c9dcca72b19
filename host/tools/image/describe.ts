// Describes the contents of an image, as text for people and as plain JSON for programs. Both are made from one `ImageInfo`.

import { ImageFormat, Tlv } from '../../../protocol/image/format.ts';
import { hexBytes, hexNumber } from './error.ts';
import type { ImageInfo, ImageTlv } from './parse.ts';
import { formatVersion } from './version.ts';

const flagNames: Record<number, string> = {
  1: 'PIC',
  4: 'ENCRYPTED_AES128',
  8: 'ENCRYPTED_AES256',
  [ImageFormat.FLAG_NON_BOOTABLE]: 'NON_BOOTABLE',
  32: 'RAM_LOAD',
  256: 'ROM_FIXED',
  512: 'COMPRESSED_LZMA1',
  1024: 'COMPRESSED_LZMA2',
  2048: 'COMPRESSED_ARM_THUMB',
};

/** JSON without bytes: hashes and TLV values as lower-case hex. */
export function imageToJson(image: ImageInfo) {
  const { header } = image;
  return {
    version: formatVersion(header.version),
    loadAddress: header.loadAddress,
    headerSize: header.headerSize,
    payloadSize: header.imageSize,
    protectedTlvSize: header.protectedSize,
    flags: flagList(header.flags),
    totalSize: image.totalSize,
    fileSize: image.fileSize,
    hash: image.hash && hexBytes(image.hash),
    hashMatches: hashMatches(image),
    keyHash: image.keyHash && hexBytes(image.keyHash),
    signature: image.signature && hexBytes(image.signature),
    securityCounter: image.securityCounter,
    boardId: image.boardId,
    dependencies: image.dependencies.map(({ image: number, version }) => ({
      image: number,
      version: formatVersion(version),
    })),
    trailer: image.trailer,
    tlvs: image.tlvs.map((tlv) => ({
      area: tlv.protected ? 'protected' : 'unprotected',
      type: tlv.type,
      name: tlv.name,
      offset: tlv.offset,
      length: tlv.value.length,
      value: hexBytes(tlv.value),
    })),
  };
}

/** Text to print, with one fact per line. */
export function describeImage(image: ImageInfo): string {
  const { header } = image;
  const lines: [string, string][] = [
    ['version', formatVersion(header.version)],
    ['payload', `${header.imageSize} bytes at ${hexNumber(header.headerSize)}`],
    ['size', `${image.totalSize} bytes with header and TLVs, ${image.fileSize} in the file`],
    ['flags', flagList(header.flags).join(' ') || 'none'],
    [
      'hash',
      `${image.hash ? hexBytes(image.hash) : 'none'}${hashMatches(image) ? '' : '  DOES NOT MATCH the contents'}`,
    ],
    ['key', image.keyHash ? hexBytes(image.keyHash) : 'none'],
    ['security counter', image.securityCounter?.toString() ?? 'none: the bootloader refuses it'],
    ['board', image.boardId === undefined ? 'any' : hexNumber(image.boardId)],
    ...image.dependencies.map(({ image: number, version }): [string, string] => [
      'needs',
      `image ${number} in version ${formatVersion(version)} or newer`,
    ]),
    ['trailer', trailerText(image)],
    ...image.tlvs.map((tlv): [string, string] => ['TLV', tlvText(tlv)]),
  ];
  return `${lines.map(([name, value]) => `${name.padEnd(17)} ${value}`).join('\n')}\n`;
}

function hashMatches(image: ImageInfo): boolean {
  return image.hash !== undefined && Buffer.compare(image.hash, image.computedHash) === 0;
}

function trailerText(image: ImageInfo): string {
  if (!image.trailer.pending) return 'none: the image is marked over SMP';
  return image.trailer.confirmed
    ? 'marked permanent: runs on trial, and confirms itself once it is healthy'
    : 'requests a trial: the next reset runs the image on trial';
}

function tlvText(tlv: ImageTlv): string {
  const area = tlv.protected ? 'protected  ' : 'unprotected';
  const isWord = tlv.value.length === 4 && (tlv.type === Tlv.SECURITY_COUNTER || tlv.type === Tlv.BOARD_ID);
  const bytes = hexBytes(tlv.value.subarray(0, 32)) + (tlv.value.length > 32 ? '…' : '');
  const shown = isWord ? String(Buffer.from(tlv.value).readUInt32LE(0)) : bytes;
  return `${area} ${hexNumber(tlv.offset).padEnd(8)} ${tlv.name} (${tlv.value.length} bytes) ${shown}`;
}

/** Names of the flags that are set. */
export function flagList(flags: number): string[] {
  const names: string[] = [];
  for (let bit = 0; bit < 32; bit += 1) {
    const mask = (1 << bit) >>> 0;
    if ((flags & mask) !== 0) names.push(flagNames[mask] ?? hexNumber(mask));
  }
  return names;
}
