// What an agent asks its device: what it is and runs, whether an image is one for it, whether it has tried one, and to go back from one.

import { ImageError, type ImageInfo, parseImage, verifyImage } from '../../tools/image/index.ts';
import { readToken, tokenFits } from '../../tools/image/token.ts';
import { compareVersions, formatVersion, parseVersion } from '../../tools/image/version.ts';
import { type FuseReport, type LoggedBoot, readBootLog, readFuseReport } from '../../tools/smp/boot-group.ts';
import { type ImageState, type SmpClient, SmpError } from '../../tools/smp/index.ts';
import { boardAttribute, counterAttribute, faultsAttribute, runningAttribute } from '../rollout/attributes.ts';

export interface DeviceFacts {
  running: ImageState | undefined;
  /** Undefined: it is none of ours. */
  fuses: FuseReport | undefined;
  /** How often its watchdog or a fault has reset it since power-on; undefined where it does not say. */
  faults?: number;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export async function readFacts(client: SmpClient, signal: AbortSignal): Promise<DeviceFacts> {
  const images = await client.imageState({ signal });
  const fuses = await unlessUnknown(readFuseReport(client, { signal }));
  const faults = fuses && (await unlessUnknown(client.statRead('faults', { signal })))?.count;
  return { running: images.find(({ active }) => active), fuses, ...(faults !== undefined && { faults }) };
}

/** Attributes for the server. */
export function attributesOf({ running, fuses, faults }: DeviceFacts): Record<string, string> {
  const hash = running?.hash;
  return {
    ...(running && { 'image.version': running.version, 'image.confirmed': `${running.confirmed}` }),
    // By this name servers for SWUpdate know what runs, and whether there is something newer.
    ...(running && { sw_version: running.version }),
    ...(hash && { [runningAttribute]: hex(hash) }),
    ...(fuses && { serial: hex(fuses.serial), [boardAttribute]: `${fuses.board}` }),
    ...(fuses && { [counterAttribute]: `${fuses.securityCounter}` }),
    ...(faults !== undefined && { [faultsAttribute]: `${faults}` }),
  };
}

/** What trusted metadata says about an image; what it leaves out is not compared. */
export interface ExpectedImage {
  hash?: string;
  version?: string;
  securityCounter?: number;
  board?: number;
  minimumBootloader?: string;
}

/**
 * Why an image is not to be sent to this device; undefined: nothing speaks against it. The device checks everything again, and the signature, which only its
 * fuses can judge.
 */
export function refusalOf(
  bytes: Uint8Array,
  { fuses }: DeviceFacts,
  expected: ExpectedImage,
  bootloaderVersion: string | undefined,
  token?: Uint8Array,
): string | undefined {
  let image: ImageInfo;
  try {
    image = parseImage(bytes);
  } catch (error) {
    if (error instanceof ImageError) return error.message;
    throw error;
  }
  const { ok, message } = verifyImage(bytes, undefined, {
    ...(fuses && { boardId: fuses.board }),
    // As in the bootloader: a token stands in for the counter.
    ...(fuses && !isPermitted(image, fuses, token) && { securityCounter: fuses.securityCounter }),
  });
  if (!ok) return message;
  return differenceOf(image, expected) ?? bootloaderRefusal(expected.minimumBootloader, bootloaderVersion);
}

/** The downgrade token that comes with an image. */
export const tokenIn = ({ token }: { token?: string }): Uint8Array | undefined =>
  token === undefined ? undefined : Buffer.from(token, 'base64');

function isPermitted(image: ImageInfo, { board, securityCounter }: FuseReport, bytes: Uint8Array | undefined): boolean {
  if (bytes === undefined || image.hash === undefined) return false;
  try {
    const token = readToken(bytes);
    return hex(token.imageHash) === hex(image.hash) && tokenFits(token, board, securityCounter);
  } catch (error) {
    if (error instanceof ImageError) return false;
    throw error;
  }
}

function differenceOf(image: ImageInfo, expected: ExpectedImage): string | undefined {
  const found = {
    ...{ hash: image.hash && hex(image.hash), version: formatVersion(image.header.version) },
    ...{ securityCounter: image.securityCounter, board: image.boardId },
  };
  for (const name of ['hash', 'version', 'securityCounter', 'board'] as const)
    if (expected[name] !== undefined && expected[name] !== found[name])
      return `the image has ${name} ${found[name] ?? 'none'}, its metadata says ${expected[name]}`;
  return undefined;
}

function bootloaderRefusal(least: string | undefined, version: string | undefined): string | undefined {
  if (least === undefined || version === undefined) return undefined;
  if (compareVersions(parseVersion(version), parseVersion(least)) >= 0) return undefined;
  return `it needs bootloader ${least} or newer, the device has ${version}`;
}

/** Number of its newest boot; undefined: it keeps no boot log. */
export async function newestBoot(client: SmpClient, signal: AbortSignal): Promise<number | undefined> {
  const log = await unlessUnknown(readBootLog(client, undefined, { signal }));
  return log && (log.boots.at(-1)?.number ?? 0);
}

/** Whether an image ran after a boot of this number. */
export async function hasRun(client: SmpClient, hash: string, after: number, signal: AbortSignal): Promise<boolean> {
  for (let from = after + 1; ; ) {
    const { boots, more } = await readBootLog(client, from, { signal });
    if (boots.some(({ ran }: LoggedBoot) => ran !== undefined && hex(ran.hash) === hash)) return true;
    if (!more || boots.length === 0) return false;
    from = boots[boots.length - 1].number + 1;
  }
}

/** Takes an image off a device that has not confirmed it: false when it has. */
export async function sendBack(client: SmpClient, hash: string, signal: AbortSignal): Promise<boolean> {
  const images = await client.imageState({ signal });
  const ours = images.find((image) => image.hash && hex(image.hash) === hash);
  if (ours?.active) {
    if (ours.confirmed) return false;
    await client.reset({}, { signal });
    await client.waitUntilBack({ signal });
    const after = await client.imageState({ signal });
    return !after.some((image) => image.active && image.hash && hex(image.hash) === hash);
  }
  // Marked for a trial, which the next reset would begin.
  if (ours?.pending) await client.erase(ours.slot, { signal });
  return true;
}

/** Undefined: the device does not know the question, or has another one with this number. */
export async function unlessUnknown<Answer>(question: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof SmpError && (error.kind === 'device' || error.kind === 'malformed')) return undefined;
    throw error;
  }
}
