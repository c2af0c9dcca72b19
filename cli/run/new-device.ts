// Makes the board to run: new from the factory, or from a device file.

import { createHash } from 'node:crypto';
import { Board } from '../../host/board/board.ts';
import type { BoardOptions } from '../../host/board/board-options.ts';
import type { Surroundings } from '../../host/board/surroundings.ts';
import type { DeviceContents } from '../../host/links/device-file/device-file.ts';
import { type BuiltImage, buildAll } from '../../host/tools/build.ts';
import { parseImage, readPublicKey } from '../../host/tools/image/index.ts';
import { MemoryMap } from '../../protocol/memory-map.ts';
import { Failure } from '../failure.ts';
import { readInput } from '../files.ts';
import { canRedraw } from '../terminal.ts';

export interface DeviceOptions {
  seed: number;
  /** Signed image for slot A; the development firmware when left out. */
  image?: string;
  /** Public keys for the fuses; the development key when left out. */
  keys?: string[];
  /** The device from a file, and the name of the file; a new device when left out. */
  kept?: { contents: DeviceContents; path: string };
  /** The surroundings of the board; a quiet bench when left out. */
  surroundings?: Surroundings;
  /** What its board is to tell of the run. */
  watch?: Pick<BoardOptions, 'countBlocks' | 'calls'>;
}

export interface NewDevice {
  board: Board;
  /** Where it comes from, in words. */
  origin: string;
  /** SHA-256 of flash and fuses. */
  fingerprint: string;
}

/** Makes the board and gives it its flash and fuses; it has no power yet. */
export async function newDevice(options: DeviceOptions, onStep: (what: string) => void): Promise<NewDevice> {
  const { seed, surroundings, watch } = options;
  const board = new Board({ seed, ...watch, ...(surroundings && { surroundings: () => surroundings }) });
  const origin = restoreKept(board, options) ?? (await provisionNew(board, options, onStep));
  const fuses = board.fuseWords();
  const fingerprint = createHash('sha256')
    .update(board.flashImage())
    .update(new Uint8Array(fuses.buffer, fuses.byteOffset, fuses.byteLength))
    .digest('hex');
  return { board, origin, fingerprint };
}

function restoreKept(board: Board, { kept, image }: DeviceOptions): string | undefined {
  if (!kept) return undefined;
  if (image !== undefined) {
    throw new Failure(
      'OPTION',
      `${kept.path} holds a device already, so --image ${image} cannot be used; ` +
        `leave it out and use 'coldrig flash ${image}' once the board runs`,
      { exitCode: 2 },
    );
  }
  board.loadFlash(kept.contents.flash);
  board.loadFuses(kept.contents.fuses);
  return `the device kept in ${kept.path}`;
}

async function provisionNew(board: Board, options: DeviceOptions, onStep: (what: string) => void): Promise<string> {
  const { bootloader, publicKey, images } = await buildAll(options.image === undefined ? ['factory'] : [], onStep);
  const keys = options.keys?.map((file) => readPublicKey(readInput(file, 'the key'), { name: `the key ${file}` })) ?? [
    publicKey,
  ];
  const image =
    options.image === undefined ? (images.get('factory') as BuiltImage).bytes : readInput(options.image, 'the image');
  board.provision({ bootloader, keys, slots: { A: forFactory(image, options.image) }, serial: serialOf(options.seed) });
  return options.image === undefined
    ? 'a new device with the development firmware'
    : `a new device with ${options.image}`;
}

/**
 * The part of an image that the factory writes. Of an image that is padded to the whole slot it writes only the image, because the trailer would
 * request a trial and an image of the factory is confirmed. Throws for a file that is no image; the bootloader checks the signature.
 */
function forFactory(file: Uint8Array, name: string | undefined): Uint8Array {
  const { totalSize } = parseImage(file, name);
  if (file.length <= MemoryMap.IMAGE_SIZE_MAX) return file;
  if (file.length === MemoryMap.SLOT_SIZE) return file.subarray(0, totalSize);
  const text = `${name ?? 'the image'} has ${file.length} bytes; a slot has room for ${MemoryMap.IMAGE_SIZE_MAX} in front of its trailer`;
  throw new Failure('IMAGE_SIZE', `${text}, or for a file padded to ${MemoryMap.SLOT_SIZE}`);
}

/** The serial number of a device is its seed: 16 bytes, most significant first. */
export function serialOf(seed: number): Uint8Array {
  const serial = Buffer.alloc(16);
  serial.writeUInt32BE(seed, 12);
  return serial;
}

/** Shows on stderr what is being built, when it is a terminal; with one line per step when a line cannot be overwritten. */
export function buildNotes(quiet: boolean, stderr: NodeJS.WriteStream = process.stderr, environment = process.env) {
  if (quiet || !stderr.isTTY) return () => {};
  if (!canRedraw(stderr, environment)) return (what: string) => what !== '' && stderr.write(`building ${what} …\n`);
  return (what: string) => stderr.write(what === '' ? '\x1b[2K' : `\x1b[2Kbuilding ${what} …\r`);
}
