// The image in a package of SWUpdate (.swu), for servers that take nothing else: a cpio archive, first its description, then the files.
//
//   header: "070701" or "070702", then 13 numbers of 8 hexadecimal digits | name, 0 | to 4 bytes | the file | to 4 bytes | the next header …
//                   number 6: bytes of the file        number 11: bytes of the name        number 12: sum of the file's bytes ("070702" only)
//
// What must stay true: nothing outside of the bytes is read, whatever the numbers say. The description is not read: what may run is said by the signature in
// the image, which the device checks.

import { isImage } from '../../tools/image/parse.ts';
import { DdiError } from '../ddi/json.ts';

const [plain, summed] = ['070701', '070702'];
const headerSize = 110;
const numbers = { fileSize: 6, nameSize: 11, sum: 12 };
const last = 'TRAILER!!!';
const description = 'sw-description';

const latin = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const isPackage = (bytes: Uint8Array): boolean => [plain, summed].includes(latin(bytes.subarray(0, plain.length)));

/** What a server gave, when it is no package; else the one image in it. Throws a DdiError that says what is wrong with the package. */
export function imageIn(bytes: Uint8Array): Uint8Array {
  if (!isPackage(bytes)) return bytes;
  const images = filesIn(bytes).filter(({ bytes: file }) => isImage(file));
  if (images.length === 1) return images[0].bytes;
  throw new DdiError(`the package has ${images.length} images for this device, expected one`);
}

interface PackedFile {
  name: string;
  bytes: Uint8Array;
}

function filesIn(bytes: Uint8Array): PackedFile[] {
  const files: PackedFile[] = [];
  for (let at = 0; ; ) {
    const header = latin(bytes.subarray(at, at + headerSize));
    if (header.length < headerSize || ![plain, summed].includes(header.slice(0, plain.length)))
      throw new DdiError(`the package is damaged: expected the header of a file at byte ${at}`);
    const [nameSize, fileSize] = [numberIn(header, 'nameSize', at), numberIn(header, 'fileSize', at)];
    const begin = roundUp(at + headerSize + nameSize);
    const end = begin + fileSize;
    if (end > bytes.length) throw new DdiError(`the package is cut: ${end} bytes expected, ${bytes.length} are there`);
    const name = latin(bytes.subarray(at + headerSize, at + headerSize + nameSize - 1));
    if (name === last) return files;
    if (at === 0 && name !== description)
      throw new DdiError(`the package begins with '${name.slice(0, 40)}', expected ${description}`);
    const file = bytes.subarray(begin, end);
    if (header.startsWith(summed) && sumOf(file) !== numberIn(header, 'sum', at))
      throw new DdiError(`the package is damaged: the bytes of '${name.slice(0, 40)}' have another sum`);
    files.push({ name, bytes: file });
    at = roundUp(end);
  }
}

function numberIn(header: string, name: keyof typeof numbers, at: number): number {
  const text = header.slice(plain.length + numbers[name] * 8, plain.length + numbers[name] * 8 + 8);
  if (/^[0-9A-Fa-f]{8}$/.test(text)) return Number.parseInt(text, 16);
  throw new DdiError(`the package is damaged: the header at byte ${at} has a number that is none`);
}

const roundUp = (at: number): number => Math.ceil(at / 4) * 4;

const sumOf = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => (sum + byte) >>> 0, 0);
