// The state window of the search: it decides when two devices at rest count as the same.
//
//   what runs       which slot, or safe mode, and how many resets without a request came before
//   boot state      of each slot: state, reason, boots a trial has left, which image the entry is about, and its flags; the slots that ran last
//                   and were confirmed last
//   slots           the image that the slot holds whole; else erased, without a header, or broken with the header of an image; weak bits; the
//                   trailer, unless the boot state has an entry about the image
//   fuses           the security counter, revoked keys, whether bits are weak
//
// Left out, because it grows without a limit and does not change what may happen: sequence number and place of the boot-state record (the power proof
// switches its sectors at every moment), the boot log, and time. Also left out: which bytes of a broken image are broken (tamper flips every bit).

import type { BootStateEntry } from '../../../host/tools/boot-state.ts';
import { counterInFuses } from '../../../host/tools/image/security-counter.ts';
import { SlotState } from '../../../protocol/image/boot-state.ts';
import { ImageFormat } from '../../../protocol/image/format.ts';
import { Fuse, MemoryMap } from '../../../protocol/memory-map.ts';
import { isWeak, type Remains, readCells } from '../device/cells.ts';
import type { Ending } from '../device/change.ts';
import { hashOfImage, type ImageName, type Images } from '../device/images.ts';
import { bootState } from '../device/journal.ts';
import { trailerAsks } from '../device/known.ts';
import { imageIn } from '../device/window.ts';

const { SLOT_A, SLOT_B, SLOT_SIZE, SECTOR_SIZE, BOOT_STATE_0 } = MemoryMap;

/** `row`: RESET.RESETS_IN_A_ROW. */
export function stateOf(device: Ending, row: number, images: Images): string {
  const { cells, weak } = device.fuses;
  const counter = Array.from(cells).slice(Fuse.SECURITY_COUNTER, Fuse.SECURITY_COUNTER + Fuse.SECURITY_COUNTER_WORDS);
  const known = bootState(device);
  const entries = known?.slots.map(({ state, reason, bootsLeft, hash, ...flags }) =>
    [state, reason, bootsLeft, nameOf(hash, images), flagsOf(flags)].join('/'),
  );
  return [
    device.state === 'firmware' ? `runs ${known?.running}` : device.state,
    `resets ${row}`,
    `last ${known?.running}, confirmed last ${known?.confirmedLast}`,
    ...(entries ?? ['no boot state']),
    ...[0, 1].map((slot) => slotContent(device, slot, images, known?.slots[slot])),
    isWeak(device, BOOT_STATE_0, 2 * SECTOR_SIZE) ? 'weak journal' : '',
    `counter ${counterInFuses(counter)}, revoked ${cells[Fuse.KEY_REVOKED]}`,
    weak.some((bits) => bits !== 0) ? 'weak fuses' : '',
  ].join(', ');
}

function flagsOf({ earned, permanent, older }: Pick<BootStateEntry, 'earned' | 'permanent' | 'older'>): string {
  return [earned && 'earned', permanent && 'permanent', older && 'older'].filter(Boolean).join('+');
}

function slotContent(device: Remains, slot: number, images: Images, entry: BootStateEntry | undefined): string {
  const address = slot === 0 ? SLOT_A : SLOT_B;
  const image = imageIn(device, slot, images);
  const asks = entrySpeaks(entry, image, images) ? undefined : trailerAsks(device, slot);
  const trailer = asks === undefined ? '' : ` ${asks} trailer`;
  const weak = isWeak(device, address, SLOT_SIZE) ? ' weak' : '';
  return `${'AB'[slot]}: ${image ?? brokenContent(device, address, images)}${trailer}${weak}`;
}

/** Whether the boot state has an entry about the image: then its trailer does not count, and an upload erases it before the image is forgotten. */
function entrySpeaks(entry: BootStateEntry | undefined, image: ImageName | undefined, images: Images): boolean {
  if (entry === undefined || image === undefined || entry.state === SlotState.UNMARKED) return false;
  return Buffer.compare(entry.hash, hashOfImage(images[image])) === 0;
}

function brokenContent(device: Remains, address: number, images: Images): string {
  const header = readCells(device, address, ImageFormat.HEADER_SIZE_MIN);
  if (header.every((byte) => byte === 0xff)) return 'erased';
  const names = Object.keys(images) as ImageName[];
  const origin = names.find((name) => Buffer.compare(header, images[name].subarray(0, header.length)) === 0);
  return origin === undefined ? 'no header' : `broken ${origin}`;
}

function nameOf(hash: Uint8Array, images: Images): string {
  const names = Object.keys(images) as ImageName[];
  return names.find((name) => Buffer.compare(hashOfImage(images[name]), hash) === 0) ?? 'nothing';
}
