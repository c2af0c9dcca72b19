// A device under attack, booted as fast as it can be: restored, changed in its flash, switched on, and looked at whenever the bootloader
// hands over. The board steps from one activation of the core to the next, so a boot ends at the moment of decision: what an image
// would do once it runs is no part of this.

import { Board } from '../../../host/board/board.ts';
import { EventKind } from '../../../host/board/device.ts';
import { pageBytes } from '../../../host/board/flash-array.ts';
import { LogKind, type LogRecord } from '../../../host/board/log.ts';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import { verifyImage } from '../../../host/tools/image/index.ts';
import { Trailer } from '../../../protocol/image/format.ts';
import { Fuse, MemoryMap } from '../../../protocol/memory-map.ts';
import { readCells } from '../device/cells.ts';
import { eventLines } from '../device/event-log.ts';
import type { Finding } from '../invariants.ts';
import type { Violation } from '../proof.ts';
import { device } from './specimens.ts';

const slotAddresses = [MemoryMap.SLOT_A, MemoryMap.SLOT_B] as const;
export type Slot = 0 | 1;

/** Sixteen resets without rest halt the board; a boot that has not decided by then never will. */
const resetsMax = 16;

export interface HandOver {
  /** The slot whose payload it is, exactly; undefined where it is no slot's. */
  slot: Slot | undefined;
  /** Why what is run may not be; undefined where it verifies. */
  refusal: string | undefined;
}

export interface Boot {
  /** Each module handed over to since power came. */
  handOvers: HandOver[];
  resets: number;
  /** `firmware`: handed over for good; `bootloader`: it rests in safe mode; `off`: it had not decided when its time was up. */
  state: Board['state'];
}

export interface BlockCounts {
  counts: Float64Array;
  /** The block a byte of the module belongs to. */
  blockAt(offset: number): number;
}

interface Verdict {
  refusal: string | undefined;
  /** Where the payload is. */
  start: number;
  size: number;
}

export class AttackBench {
  readonly board: Board;
  /** What was handed over to in the boot under way. */
  private handOvers: HandOver[] = [];
  private resets = 0;
  /** What the board did in the boot under way. */
  private records: LogRecord[] = [];
  private readonly verdicts = new WeakMap<Int32Array, Verdict>();

  constructor(bootloader: Uint8Array, seed: number, countBlocks = false) {
    this.board = new Board({ seed, countBlocks });
    this.board.provision({ bootloader, keys: device.keys, boardId: device.boardId });
    const fuses = this.board.fuseWords();
    fuses[Fuse.KEY_REVOKED] = 0b100;
    fuses[Fuse.SECURITY_COUNTER] = 2 ** device.securityCounter - 1;
    this.board.loadFuses(fuses);
    this.board.onLog = (record) => this.onLog(record);
  }

  addressOf(slot: Slot): number {
    return slotAddresses[slot];
  }

  /** Erases a slot and puts bytes at its start, as a programmer on the desk would. */
  place(slot: Slot, image: Uint8Array): void {
    const { flash } = this.board.machine;
    for (let at = 0; at < MemoryMap.SLOT_SIZE; at += MemoryMap.SECTOR_SIZE) flash.erasePage(slotAddresses[slot] + at);
    flash.writeBytes(slotAddresses[slot], image);
  }

  /** Writes the slot's trailer: asked for on trial, or confirmed in advance. */
  mark(slot: Slot, asks: 'test' | 'permanent'): void {
    const trailer = new Uint8Array(Trailer.IMAGE_OK).fill(0xff);
    const words = [Trailer.MAGIC_WORD_0, Trailer.MAGIC_WORD_1, Trailer.MAGIC_WORD_2, Trailer.MAGIC_WORD_3];
    trailer.set(new Uint8Array(Uint32Array.from(words).buffer), Trailer.IMAGE_OK - Trailer.MAGIC);
    if (asks === 'permanent') trailer[0] = Trailer.FLAG_SET;
    this.write(slotAddresses[slot] + MemoryMap.SLOT_SIZE - Trailer.IMAGE_OK, trailer);
  }

  write(address: number, bytes: Uint8Array): void {
    this.board.machine.flash.writeBytes(address, bytes);
  }

  flip(address: number, bit: number): void {
    const byte = new Uint8Array(1);
    this.board.machine.flash.readBytes(address, byte);
    byte[0] ^= 1 << bit;
    this.write(address, byte);
  }

  /** The board as the ROM leaves it: the bootloader is loaded and has not begun. */
  loaded(): Snapshot {
    this.board.powerOn();
    this.board.runFor(1);
    return this.board.snapshot();
  }

  /** From power-on. */
  boot(withinNs?: number): Boot {
    this.begin();
    this.board.powerOn();
    return this.goOn(withinNs);
  }

  private begin(): void {
    this.handOvers = [];
    this.resets = 0;
    this.records = [];
  }

  /** From where a snapshot was taken, with what the attacker does to flash first. */
  bootFrom(snapshot: Snapshot, attack?: (bench: AttackBench) => void, withinNs?: number): Boot {
    this.board.restore(snapshot);
    this.begin();
    attack?.(this);
    return this.goOn(withinNs);
  }

  private goOn(withinNs?: number): Boot {
    const { board } = this;
    if (withinNs !== undefined) board.cutPowerAt(board.now + withinNs);
    while (board.state === 'bootloader' && board.nextEventTime === board.now && this.resets <= resetsMax)
      board.runFor(1);
    board.machine.cancel(EventKind.POWER_CUT);
    return { handOvers: this.handOvers, resets: this.resets, state: board.state };
  }

  /** How often each block of a module has run since the bench was made. */
  blockCounts(module: Uint8Array): BlockCounts {
    const found = this.board.blockCounts().find(({ image }) => image.byteLength === module.length);
    if (!found?.image.blocks) throw new Error('the module has not run here, or is not counted');
    const starts = found.image.blocks.flatMap(({ ranges }, block) =>
      ranges.flatMap((start, index) => (index % 2 === 0 ? [{ start, end: ranges[index + 1], block }] : [])),
    );
    starts.sort((a, b) => a.start - b.start);
    const blockAt = (offset: number) => {
      let [low, high] = [0, starts.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (starts[middle].end <= offset) low = middle + 1;
        else high = middle;
      }
      if (!(starts[low]?.start <= offset)) throw new Error(`no block has the byte 0x${offset.toString(16)}`);
      return starts[low].block;
    };
    return { counts: found.counts, blockAt };
  }

  /** Findings of the boot under way, with its log. */
  violations(scenario: string, point: string, findings: Finding[]): Violation[] {
    const log = findings.length === 0 ? [] : eventLines(this.records);
    return findings.map((finding) => ({ ...finding, scenario, point, choices: [point], log }));
  }

  private onLog(record: LogRecord): void {
    const { kind, a, b } = record;
    this.records.push({ ...record });
    if (kind === LogKind.RESET) this.resets++;
    if (kind === LogKind.HANDOVER) this.handOvers.push(this.look(a, b));
  }

  /** By the host's own verification of the slot the module lies in. */
  private look(address: number, length: number): HandOver {
    const slot: Slot = address >= MemoryMap.SLOT_B ? 1 : 0;
    const { refusal, start, size } = this.verdict(slot);
    if (refusal !== undefined) return { slot, refusal };
    if (address === start && length === size) return { slot, refusal };
    return { slot: undefined, refusal: `${length} bytes at 0x${address.toString(16)} are no image’s payload` };
  }

  /** Specimens lie in one page, and a page in a picture is never written again: what was found of it keeps. */
  private verdict(slot: Slot): Verdict {
    const page = this.board.machine.flash.picture().cells[slotAddresses[slot] / pageBytes];
    const known = this.verdicts.get(page);
    if (known) return known;
    const cells = readCells(this.board, slotAddresses[slot], MemoryMap.SLOT_SIZE);
    const { ok, message, image } = verifyImage(cells, [...device.keys], {
      securityCounter: device.securityCounter,
      boardId: device.boardId,
      revokedKeys: [...device.revokedKeys],
    });
    const { headerSize = 0, imageSize = 0 } = image?.header ?? {};
    const verdict = { refusal: ok ? undefined : message, start: slotAddresses[slot] + headerSize, size: imageSize };
    if (image === undefined || image.totalSize <= pageBytes) this.verdicts.set(page, verdict);
    return verdict;
  }
}
