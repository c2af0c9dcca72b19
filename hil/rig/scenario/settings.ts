// What a run of scenarios is about: the image under test, its key, the seed, and the device.

import { formatVersion, parseImage, parseVersion, signImage } from '../../../host/tools/image/index.ts';
import { compileFirmware } from '../../../host/tools/sequencer.ts';
import { firmwareImage, signed } from '../images.ts';
import { keys } from '../keys.ts';
import { CannotRun } from './failure.ts';

export interface RigSettings {
  /** Decides random choices, what a power cut leaves in flash, and the noise of a cryostat; 1 when left out. */
  seed?: number;
  /** The signed image that starting states call 1.0; the firmware of this repository when left out. */
  image?: Uint8Array;
  /** Public key of that image, 32 bytes. */
  publicKey?: Uint8Array;
  /** Signs new versions of it; the test key of the rig when no image is given. */
  privateKeyPem?: string;
  /** Bootloader of emulated boards; that of this repository when left out. */
  bootloader?: Uint8Array;
  /** A device behind SMP instead of the emulated board: `udp://host:port`, `serial://…`. */
  target?: string;
  /** The choices of an earlier run. */
  choices?: readonly number[];
  /** How much work a scenario does that asks for it (`rig.effort`); 1 when left out. */
  effort?: number;
  /** Keeps what each run was like, for a report (chronicle.ts). */
  chronicle?: boolean;
}

/** The image of the starting states' 1.0. */
export async function baseImage({ image }: RigSettings): Promise<Uint8Array> {
  return image ?? firmwareImage('1.0.0');
}

/** A version so many minor ones after this one. */
export function versionAfter(version: string, later: number): string {
  const { major, minor } = parseVersion(version);
  return `${major}.${minor + later}.0`;
}

/** The version in an image, as a device lists it. */
export function versionOf(image: Uint8Array): string {
  return formatVersion(parseImage(image).header.version);
}

/** The firmware under test, or another payload, as an image of this version. Throws `CannotRun` without a key to sign it with. */
export async function imageOfVersion(
  settings: RigSettings,
  version: string,
  payload?: Uint8Array,
): Promise<Uint8Array> {
  const { image, privateKeyPem } = settings;
  if (image === undefined) {
    const own = payload ?? (await compileFirmware('firmware/main.ts'));
    return signed(version, { payload: own, ...(privateKeyPem !== undefined && { privateKeyPem }) });
  }
  if (privateKeyPem === undefined)
    throw new CannotRun('it needs a new version of the image, and there is no private key to sign it with: pass --key');
  const { header, securityCounter = 1, boardId } = parseImage(image);
  const own = payload ?? image.subarray(header.headerSize, header.headerSize + header.imageSize);
  return signImage({ payload: own, privateKeyPem, version, securityCounter, boardId });
}

/** Public keys for the fuses of an emulated board: of the image under test, and of the rig. */
export function fuseKeys({ publicKey }: RigSettings): Uint8Array[] {
  const own = keys.slice(0, 2).map((key) => key.publicKey);
  return publicKey === undefined ? own : [publicKey, ...own];
}
