// Builds everything a board needs into the build folder (build-folder.mjs): bootloader, firmware, the development key, and images to flash.
//
//   keys/development.pem      made at the first build, readable only by its owner; images that are signed with it boot on our boards
//   bootloader.wasm
//   firmware.wasm             the module of the factory image, not signed: an input of `coldrig image sign`
//   images/<name>.bin         one for each entry of `developmentImages`
//
// What must stay true: the key never leaves the build folder, which is not in the repository; images are a function of sources and key.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeWhole } from './build-folder.mjs';
import { compileGuests } from './compile.ts';
import { buildFolder, compileGuest, readIfThere } from './guest.ts';
import { generateKey, readPublicKey, signImage } from './image/index.ts';
import { compileFirmware, multiplexerSource, readoutSource, sequencerSource } from './sequencer.ts';

export interface DevelopmentImage {
  name: string;
  version: string;
  /** What a user who flashes it will see, in words. */
  promise: string;
  /** Entry file of the firmware. */
  source: string;
  /** This bit of the byte in the middle of the payload is flipped after signing. */
  flippedBit?: number;
}

/** The first is the image of a new board; the others are updates. */
export const developmentImages: readonly DevelopmentImage[] = [
  { name: 'factory', version: '1.0.0', promise: 'the image of a new board', source: 'firmware/main.ts' },
  { name: 'good', version: '1.1.0', promise: 'a good update', source: 'firmware/main.ts' },
  {
    name: 'never-confirms',
    version: '1.2.0',
    promise: 'runs, but its self-test fails: it cannot be confirmed',
    source: 'firmware/defects/never-confirms.ts',
  },
  {
    name: 'hangs',
    version: '1.3.0',
    promise: 'spins for ever two seconds after its start',
    source: 'firmware/defects/hangs.ts',
  },
  {
    name: 'busy-loops',
    version: '1.4.0',
    promise: 'does everything right, but never sleeps: it heats its plate',
    source: 'firmware/defects/busy-loops.ts',
  },
  {
    name: 'flipped-bit',
    version: '1.5.0',
    promise: 'one bit differs from the signed image',
    source: 'firmware/main.ts',
    flippedBit: 3,
  },
];

export interface BuiltImage extends DevelopmentImage {
  file: string;
  bytes: Uint8Array;
  /** The bit that differs from the signed image. */
  flipped?: { offset: number; bit: number };
}

export interface Build {
  bootloader: Uint8Array;
  privateKeyPem: string;
  /** 32 bytes, for the fuses. */
  publicKey: Uint8Array;
  images: Map<string, BuiltImage>;
}

/** Compiles (cached by content), signs and writes. `onStep` is called with the name of each slow step, and with '' at the end. */
export async function buildAll(names?: string[], onStep: (what: string) => void = () => {}): Promise<Build> {
  const wanted = developmentImages.filter(({ name }) => names?.includes(name) ?? true);
  const entries = [
    'bootloader/main.ts',
    sequencerSource,
    multiplexerSource,
    readoutSource,
    ...wanted.map(({ source }) => source),
  ];
  await compileGuests(
    entries.map((entry) => ({ entry })),
    onStep,
  );
  const privateKeyPem = developmentKey();
  const bootloader = await compileGuest('bootloader/main.ts');
  writeChanged(join(buildFolder(), 'bootloader.wasm'), bootloader);
  const images = new Map<string, BuiltImage>();
  for (const image of wanted) images.set(image.name, await buildImage(image, privateKeyPem));
  onStep('');
  return { bootloader, privateKeyPem, publicKey: readPublicKey(privateKeyPem), images };
}

async function buildImage(image: DevelopmentImage, privateKeyPem: string): Promise<BuiltImage> {
  const payload = await compileFirmware(image.source);
  if (image === developmentImages[0]) writeChanged(join(buildFolder(), 'firmware.wasm'), payload);
  // One counter for all, so that any development image may follow any other.
  const bytes = signImage({ payload, privateKeyPem, version: image.version, securityCounter: 1 });
  const flipped = image.flippedBit === undefined ? undefined : { offset: payload.length >> 1, bit: image.flippedBit };
  if (flipped) bytes[flipped.offset] ^= 1 << flipped.bit;
  const file = join(buildFolder(), 'images', `${image.name}-${image.version}.bin`);
  writeChanged(file, bytes);
  return { ...image, file, bytes, flipped };
}

/** A build that is up to date writes nothing: it works on a full disk too, and what watches its files is not woken. */
function writeChanged(path: string, bytes: Uint8Array): void {
  if (readIfThere(path)?.equals(bytes)) return;
  writeWhole(path, bytes);
}

/** The development key, made when there is none. When two builds run at the same time, the key of the first stays, and both use it. */
export function developmentKey(): string {
  const keyFile = join(buildFolder(), 'keys', 'development.pem');
  if (!existsSync(keyFile)) {
    mkdirSync(dirname(keyFile), { recursive: true, mode: 0o700 });
    writeWhole(keyFile, generateKey().privateKeyPem, { mode: 0o600, keep: true });
  }
  return readFileSync(keyFile, 'utf8');
}
