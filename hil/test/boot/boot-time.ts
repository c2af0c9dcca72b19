// How long the bootloader takes, by the metering of the core: from the moment the mask ROM starts it to the moment it hands over. The cases go
// from the usual boot to the worst case. Their figures are docs/boot.md, which boot-time.generate.ts writes and a test checks.

import { firstBootState } from '../../../host/board/first-boot-state.ts';
import { LogKind } from '../../../host/board/log.ts';
import { parseImage } from '../../../host/tools/image/index.ts';
import { makeToken } from '../../../host/tools/image/token.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { fillJournal } from '../../prove/device/journal.ts';
import { type SlotName, slotAddress } from '../../rig/boot-report.ts';
import { signed } from '../../rig/images.ts';
import { keys } from '../../rig/keys.ts';
import { ObedientDevice } from './obedient.ts';

const nsPerCycle = 4;
const kibibyte = 1024;
/** Header, protected TLVs with a counter, hash, key hash, signature. */
const wrapping = 32 + 12 + 144;
const recordsOfTheJournal = 64;
const recordsOfALogSector = 64;
const everyCounter = 2 ** 32 - 1;

export interface BootTime {
  what: string;
  cycles: number;
}

export async function measureBootTimes(): Promise<BootTime[]> {
  const small = imageOf(64 * kibibyte - wrapping, '1.0.0');
  const full = imageOf(MemoryMap.IMAGE_SIZE_MAX - wrapping, '1.0.0');
  return [
    { what: 'a confirmed image of 64 KiB, nothing to write but the log', cycles: cyclesOf(await again(small)) },
    { what: 'a confirmed image that fills its slot', cycles: cyclesOf(await again(full)) },
    { what: 'the first boot of a trial of 64 KiB: one record more', cycles: cyclesOf(await trial(small)) },
    { what: 'the worst case', cycles: cyclesOf(await worst(full)) },
  ];
}

export function renderBootTimes(times: BootTime[]): string {
  const rows = times.map(({ what, cycles }) => {
    const milliseconds = ((cycles * nsPerCycle) / 1e6).toFixed(1);
    return `| ${what} | ${cycles.toLocaleString('en-US')} | ${milliseconds} ms |`;
  });
  return `# How long a boot takes

The time from the start of the bootloader by the mask ROM to the hand-over, in cycles of the core (4 ns). Waits for flash and fuses are
included. The emulator counts the cycles of the core; a boot takes the same number every time. This page is written by
\`npx tsx hil/test/boot/boot-time.generate.ts\` and checked by a test.

| boot | cycles | time |
|---|--:|--:|
${rows.join('\n')}

In the worst case all of this happens in one boot:

- two images fill their slots, and the newer one has a signature that does not verify; it is hashed and checked twice before it is refused;
- a downgrade token stands beside each image, and four keys are in use;
- both sectors of the journal and the present sector of the log are full, so that each erases a sector (45 ms);
- the security counter burns as many fuses as one image can need.

A core that runs longer than two seconds without handing over is stopped as a fault (host/board/processor.ts); no watchdog runs before
the hand-over.
`;
}

function imageOf(size: number, version: string, securityCounter = 1): Uint8Array {
  return signed(version, { payload: new Uint8Array(size).fill(0xa5), securityCounter });
}

/** Without power, its image confirmed by a boot before. */
async function again(bytes: Uint8Array): Promise<ObedientDevice> {
  const bench = await ObedientDevice.make({ slots: { A: bytes } });
  bootOnce(bench);
  return bench;
}

async function trial(bytes: Uint8Array): Promise<ObedientDevice> {
  const bench = await again(bytes);
  bench.programmer.place('B', imageOf(64 * kibibyte - wrapping, '2.0.0'));
  writeTrailer(bench, 'B');
  return bench;
}

async function worst(good: Uint8Array): Promise<ObedientDevice> {
  const everyKey = keys.map(({ publicKey }) => publicKey);
  const bench = await ObedientDevice.make({ slots: { A: imageOf(kibibyte, '0.9.0') }, keys: everyKey });
  bootOnce(bench);
  bench.programmer.place('A', new Uint8Array(0));
  bench.powerOn();
  for (let boot = 2; boot < recordsOfALogSector; boot++) {
    bench.board.pullResetPin();
    bench.settle();
  }
  bench.board.cutPower();
  const counted = imageOf(good.length - wrapping, '1.0.0', everyCounter);
  const forged = imageOf(good.length - wrapping, '2.0.0', everyCounter);
  forged[forged.length - 1] ^= 1;
  for (const [slot, bytes] of [
    ['A', counted],
    ['B', forged],
  ] as [SlotName, Uint8Array][]) {
    bench.programmer.place(slot, bytes);
    bench.programmer.write(slotAddress[slot] + MemoryMap.IMAGE_SIZE_MAX, tokenFor(bytes));
  }
  // Confirmed, but power was lost before its counter was burnt; a trial of the other one is requested.
  confirm(bench, counted);
  writeTrailer(bench, 'B');
  fillJournal(bench.board, recordsOfTheJournal);
  return bench;
}

function tokenFor(bytes: Uint8Array): Uint8Array {
  const imageHash = parseImage(bytes).hash as Uint8Array;
  const counter: [number, number] = [0, everyCounter];
  return makeToken({ privateKeyPem: keys[0].privateKeyPem, imageHash, board: 1, displaces: '1.0.0', counter });
}

/** Makes the boot state say that the image in slot A is confirmed, and nothing else. */
function confirm(bench: ObedientDevice, imageInA: Uint8Array): void {
  for (const sector of [MemoryMap.BOOT_STATE_0, MemoryMap.BOOT_STATE_1]) bench.board.machine.flash.erasePage(sector);
  bench.programmer.write(MemoryMap.BOOT_STATE_0, firstBootState([imageInA, undefined]));
}

/** Asks for the slot's image as imgtool's --pad does. */
function writeTrailer(bench: ObedientDevice, slot: SlotName): void {
  const padded = signed('1.0.0', { payload: Uint8Array.of(1), pad: true });
  const trailer = padded.subarray(MemoryMap.SLOT_SIZE - 32);
  bench.programmer.write(slotAddress[slot] + MemoryMap.SLOT_SIZE - 32, trailer);
}

function bootOnce({ board }: ObedientDevice): void {
  cyclesToHandover(board);
  board.cutPower();
}

function cyclesOf({ board }: ObedientDevice): number {
  return cyclesToHandover(board);
}

/** Switches on, and lets the bootloader run until it hands over. What it hands over to need not run. */
function cyclesToHandover(board: ObedientDevice['board']): number {
  let began = 0;
  let ended = 0;
  board.onLog = ({ kind, timeNs }) => {
    if (kind === LogKind.BOOT_ROM && ended === 0) began = timeNs;
    if (kind === LogKind.HANDOVER && ended === 0) ended = timeNs;
  };
  board.powerOn();
  while (ended === 0) board.runFor(1_000_000);
  board.onLog = undefined;
  return (ended - began) / nsPerCycle;
}
