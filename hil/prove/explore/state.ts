// The state window of the search: it decides when two devices at rest count as the same.
//
//   what runs       which slot, or safe mode, and how many resets without a request came before
//   boot state      of each slot: state, reason, boots a trial has left, which image the entry is about, and its flags; the slots that ran last
//                   and were confirmed last
//   slots           the image that is there whole; else erased, without a magic word (it reads as empty), without a header, or broken with the
//                   header of an image, and whose hash can be read; weak bits; the trailer, unless the boot state knows the image
//   fuses           the security counter, revoked keys, whether bits are weak
//   in safe mode    which image was uploaded to its end since it began: safe mode remembers that in RAM, and answers the same upload as done
//   where it rots   whether the newest record is sound, and whether the one before it says the same of the image that was confirmed last
//
// Of reasons only classes are told apart. Why an image is REJECTED is read by people and decides nothing: decide.ts and second-decision.ts look
// only at the state REJECTED, and the SMP server reads the reason of a CONFIRMED image only. For a CONFIRMED image it matters whether there is a reason
// (img-state.ts) and whether the image failed when it ran (failed-when-run.ts).
//
// When the newest record rots, the one before it counts. No more of that older record is in the window: with all of it the search does not close in any
// useful time (three times the states six moves from power-on, and growing). So the move that lets the newest record rot is tried in every state, but with
// one history only, the first. Its outcomes are not compared between histories (twins.ts). hil/test/boot tests more of what a rotten newest record does.
//
// Left out, because it grows without a limit and does not change what may happen: sequence number and place of the boot-state record (the power proof
// switches its sectors at every moment), the boot log, and time. Also left out: which bytes of a broken image are broken (tamper flips every bit).

import type { BootState, BootStateEntry } from '../../../host/tools/boot-state.ts';
import { SlotState } from '../../../protocol/image/boot-state.ts';
import { ImageFormat } from '../../../protocol/image/format.ts';
import { RejectReason } from '../../../protocol/image/reasons.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { bytesOfPage, isSameBytes, isWeak, oncePerPage, pagesOf, type Remains, readCells } from '../device/cells.ts';
import type { Ending } from '../device/change.ts';
import { factsOf } from '../device/fuse-facts.ts';
import { hashOfImage, type ImageName, type Images } from '../device/images.ts';
import { bootState, mayRot, newestStates } from '../device/journal.ts';
import { trailerAsks } from '../device/known.ts';
import { imageIn } from '../device/window.ts';
import { harmless } from '../promises.ts';

const { SLOT_A, SLOT_B, SLOT_SIZE, SECTOR_SIZE, BOOT_STATE_0 } = MemoryMap;

/** With such a magic word the bootloader takes the slot for empty, whatever else is in it. */
const blankMagic = 0xffff_ffff;

export interface WindowOptions {
  /** Bits of the boot state may rot. */
  rot: boolean;
  /** Left out, for a canary. */
  lacks?: 'trailer';
}

/** What of a device at rest is neither in flash nor in fuses. */
export interface InRam {
  /** RESET.RESETS_IN_A_ROW. */
  row: number;
  /** The image that was uploaded last since the boot, to its end. */
  finished: ImageName | undefined;
}

export function stateOf(device: Ending, { row, finished }: InRam, images: Images, window: WindowOptions): string {
  const { rot, lacks } = window;
  const { securityCounter, revokedKeys, firstWeak } = factsOf(device.fuses);
  const known = bootState(device);
  return [
    device.state === 'firmware' ? `runs ${known?.running}` : device.state,
    `resets ${row}`,
    ...(device.state === 'bootloader' && finished ? [`${finished} uploaded`] : []),
    recordText(known, images),
    ...(rot ? [olderText(device)] : []),
    ...[0, 1].map((slot) => slotContent(device, slot, images, known?.slots[slot], lacks)),
    isWeak(device, BOOT_STATE_0, 2 * SECTOR_SIZE) ? 'weak journal' : '',
    `counter ${securityCounter}, revoked ${revokedKeys}`,
    firstWeak >= 0 ? 'weak fuses' : '',
  ].join(', ');
}

/** What matters of the record before the newest one where bits rot. No record rots where the newest one has rotted already (moves.ts). */
function olderText(device: Remains): string {
  const [newest, before] = newestStates(device);
  return `${mayRot(device) ? 'sound' : 'rotten'}, ${saysTwice(newest, before) ? 'said twice' : 'said once'}`;
}

/** Whether two records say the same of the image that was confirmed last: a repeated confirm then writes nothing. */
function saysTwice(newer: BootState | undefined, older: BootState | undefined): boolean {
  const slot = newer?.confirmedLast;
  if (newer === undefined || older === undefined || slot === undefined || older.confirmedLast !== slot) return false;
  const [one, other] = [newer.slots[slot], older.slots[slot]];
  return other.state === SlotState.CONFIRMED && Buffer.compare(one.hash, other.hash) === 0;
}

/** What a boot, or a client, can make out of a record. */
function recordText(record: BootState | undefined, images: Images): string {
  if (record === undefined) return 'no boot state';
  const entries = record.slots.map(({ state, reason, bootsLeft, hash, ...flags }) =>
    [state, reasonText(state, reason), bootsLeft, nameOf(hash, images), flagsOf(flags)].join('/'),
  );
  return `last ${record.running}, confirmed last ${record.confirmedLast}, ${entries.join(', ')}`;
}

/** The class of a reason, as far as any code tells reasons apart. */
function reasonText(state: number, reason: number): string {
  if (reason === RejectReason.NONE) return '';
  if (state !== SlotState.CONFIRMED) return 'refused';
  return reason < RejectReason.UNCONFIRMED || harmless.includes(reason) ? 'doubted' : 'failed';
}

function flagsOf({ earned, permanent, older }: Pick<BootStateEntry, 'earned' | 'permanent' | 'older'>): string {
  return [earned && 'earned', permanent && 'permanent', older && 'older'].filter(Boolean).join('+');
}

function slotContent(
  device: Remains,
  slot: number,
  images: Images,
  entry: BootStateEntry | undefined,
  lacks: WindowOptions['lacks'],
): string {
  const address = slot === 0 ? SLOT_A : SLOT_B;
  const image = imageIn(device, slot, images);
  const asks = lacks === 'trailer' || entrySpeaks(entry, image, images) ? undefined : trailerAsks(device, slot);
  const trailer = asks === undefined ? '' : ` ${asks} trailer`;
  const weak = isWeak(device, address, SLOT_SIZE) ? ' weak' : '';
  return `${'AB'[slot]}: ${image ?? brokenContent(device, address, images)}${trailer}${weak}`;
}

/** Whether the boot state has an entry about the image: then its trailer does not count, and an upload erases it before the image is forgotten. */
function entrySpeaks(entry: BootStateEntry | undefined, image: ImageName | undefined, images: Images): boolean {
  if (entry === undefined || image === undefined || entry.state === SlotState.UNMARKED) return false;
  return Buffer.compare(entry.hash, hashOfImage(images[image])) === 0;
}

/** What is where an image begins, and whose hash is where an image ends: the end of an old image stays readable until it is overwritten. */
function brokenContent(device: Remains, address: number, images: Images): string {
  const header = Buffer.from(readCells(device, address, ImageFormat.HEADER_SIZE_MIN));
  const names = Object.keys(images) as ImageName[];
  const origin = names.find((name) => Buffer.compare(header, images[name].subarray(0, header.length)) === 0);
  const head = header.every((byte) => byte === 0xff)
    ? 'erased'
    : header.readUInt32LE(0) === blankMagic
      ? 'no magic'
      : origin === undefined
        ? 'no header'
        : `broken ${origin}`;
  const named = names.find((name) => holdsHash(device, address, images[name]));
  return named === undefined ? head : `${head}, hash of ${named}`;
}

function holdsHash(device: Remains, address: number, image: Uint8Array): boolean {
  const { at, within, hash, isIn } = hashPlaceOf(image);
  const sector = address + at - within;
  if (within + hash.length <= SECTOR_SIZE) return isIn(pagesOf(device, sector, SECTOR_SIZE)[0]);
  return isSameBytes(readCells(device, sector, within + hash.length).subarray(within), hash);
}

/** Where an image has its hash: in the file, in the sector; and whether a page has it there. */
interface HashPlace {
  at: number;
  within: number;
  hash: Uint8Array;
  isIn: (page: Int32Array) => boolean;
}

const hashPlaces = new WeakMap<Uint8Array, HashPlace>();

function hashPlaceOf(image: Uint8Array): HashPlace {
  let place = hashPlaces.get(image);
  if (place === undefined) {
    const hash = hashOfImage(image);
    const at = Buffer.from(image.buffer, image.byteOffset, image.length).lastIndexOf(hash);
    const within = at % SECTOR_SIZE;
    const isIn = oncePerPage((page) => isSameBytes(bytesOfPage(page).subarray(within, within + hash.length), hash));
    place = { at, within, hash, isIn };
    hashPlaces.set(image, place);
  }
  return place;
}

function nameOf(hash: Uint8Array, images: Images): string {
  const names = Object.keys(images) as ImageName[];
  return names.find((name) => Buffer.compare(hashOfImage(images[name]), hash) === 0) ?? 'nothing';
}
