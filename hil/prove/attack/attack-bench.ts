// A device under attack, booted as fast as possible: restored, its flash changed, switched on, and examined at each hand-over of the bootloader.
//
// It is not the device under test of hil/rig: that one waits a millisecond at a time and keeps the whole log, and a proof needs thousands of boots
// a second and the exact moment of each hand-over. The board steps from one activation of the core to the next, so a boot ends at the moment of
// decision: what an image does once it runs is not examined here.

import type { Board } from '../../../host/board/board.ts';
import { EventKind as BoardEvent } from '../../../host/board/device.ts';
import { LogKind, type LogRecord } from '../../../host/board/log.ts';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import type { DeviceTrust } from '../../../host/tools/image/trust.ts';
import { nameOf } from '../../../protocol/constants.ts';
import { SlotState } from '../../../protocol/image/boot-state.ts';
import { Trailer } from '../../../protocol/image/format.ts';
import { RejectReason, rejectReasons } from '../../../protocol/image/reasons.ts';
import { Fuse, MemoryMap } from '../../../protocol/memory-map.ts';
import { EventKind } from '../../../protocol/telemetry/events.ts';
import { eventLines } from '../../rig/event-log.ts';
import { Programmer } from '../../rig/programmer.ts';
import { provingBoard } from '../device/boards.ts';
import { bootState, confirmInJournal } from '../device/journal.ts';
import { type Known, knownOf } from '../device/known.ts';
import type { Finding } from '../invariants.ts';
import type { Violation } from '../proof.ts';
import { device } from './specimens.ts';
import { burnTrust, ReferenceVerifier, type Slot, slotAddresses, type Verdict } from './trust.ts';

/** Sixteen resets in a row without rest halt the board: a boot that has not decided until then never decides. */
const resetsMax = 16;
const allKeys = (1 << Fuse.KEY_COUNT) - 1;

export interface HandOver {
  /** The slot that holds this payload, byte for byte; undefined when no slot holds it. */
  slot: Slot | undefined;
  /** Reason why it must not run; undefined when it verifies. */
  refusal: string | undefined;
}

export interface Boot {
  /** Each module handed over to since power came. */
  handOvers: HandOver[];
  /** The bootloader's verdict on an image, when the host's own verification has another one. */
  disagreements: string[];
  resets: number;
  /** `firmware`: it has handed over; `bootloader`: it rests in safe mode; `off`: it had not decided when its time was up. */
  state: Board['state'];
}

export class AttackBench {
  readonly board: Board;
  private readonly programmer: Programmer;
  private readonly reference: ReferenceVerifier;
  /** Of the present boot: hand-overs, and what the board did. */
  private handOvers: HandOver[] = [];
  private disagreements: string[] = [];
  private resets = 0;
  private records: LogRecord[] = [];

  constructor(bootloader: Uint8Array, seed: number, options: Parameters<typeof provingBoard>[1] = {}) {
    this.board = provingBoard(seed, options);
    this.programmer = new Programmer(this.board);
    this.board.provision({ bootloader, keys: [] });
    this.burn(device);
    this.reference = new ReferenceVerifier(this.board);
    this.board.onLog = (record) => this.onLog(record);
  }

  // --- without power -------------------------------------------------------------------------------------------------------

  burn(trust: DeviceTrust): void {
    burnTrust(this.board, trust);
  }

  addressOf(slot: Slot): number {
    return slotAddresses[slot];
  }

  /** Erases a slot and puts bytes at its start, as a programmer would, with a trailer that requests a trial when `asks` says so. */
  place(slot: Slot, image: Uint8Array, asks?: 'test' | 'permanent'): void {
    this.programmer.place(slot === 0 ? 'A' : 'B', image);
    if (asks) this.mark(slot, asks);
  }

  /** Writes the boot state that a confirm of the slot's image writes or, on a new device, that the factory writes. */
  confirm(slot: Slot): void {
    const { version, hash } = this.verdict(slot);
    if (hash === undefined) throw new Error(`slot ${'AB'[slot]} holds no image with a hash`);
    confirmInJournal(this.board, slot, version, hash);
  }

  /** Writes the slot's trailer: a trial is requested, or a permanent one, after which the image confirms itself once it is healthy. */
  mark(slot: Slot, asks: 'test' | 'permanent'): void {
    const trailer = new Uint8Array(Trailer.IMAGE_OK).fill(0xff);
    const words = [Trailer.MAGIC_WORD_0, Trailer.MAGIC_WORD_1, Trailer.MAGIC_WORD_2, Trailer.MAGIC_WORD_3];
    trailer.set(new Uint8Array(Uint32Array.from(words).buffer), Trailer.IMAGE_OK - Trailer.MAGIC);
    if (asks === 'permanent') trailer[0] = Trailer.FLAG_SET;
    this.write(slotAddresses[slot] + MemoryMap.SLOT_SIZE - Trailer.IMAGE_OK, trailer);
  }

  write(address: number, bytes: Uint8Array): void {
    this.programmer.write(address, bytes);
  }

  flip(address: number, bit: number): void {
    this.programmer.flipBit(address, bit);
  }

  /** The verdict of the host's own verification on a slot. */
  verdict(slot: Slot): Verdict {
    return this.reference.verdict(slot);
  }

  /** The device as flash and fuses describe it now. */
  known(): Known {
    return knownOf(this.board, (slot) => {
      const { refusal, runnable, hash, version, securityCounter, revokes } = this.verdict(slot as Slot);
      if (refusal !== undefined) return undefined;
      const [major, minor, revision] = [version >>> 24, (version >>> 16) & 0xff, version & 0xffff];
      const name = `image ${major}.${minor}.${revision}`;
      // Here it only matters whether it may revoke any key. Which keys: the bootloader's own tests check that.
      return { name, hash, version, securityCounter, revokes: revokes ? allKeys : 0, isAllowed: runnable };
    });
  }

  /** Slots whose image verifies and has this state in the journal. */
  slotsThatAre(state: keyof typeof SlotState): Slot[] {
    const entries = bootState(this.board)?.slots ?? [];
    return ([0, 1] as const).filter((slot) => {
      const { refusal, hash } = this.verdict(slot);
      const entry = entries[slot];
      if (refusal !== undefined || hash === undefined || entry?.state !== SlotState[state]) return false;
      return Buffer.compare(entry.hash, hash) === 0;
    });
  }

  // --- power -------------------------------------------------------------------------------------------------------------

  /** The board as the ROM leaves it: the bootloader is loaded and has not begun. */
  loaded(): Snapshot {
    this.board.powerOn();
    this.board.runFor(1);
    return this.board.snapshot();
  }

  /** From power-on; power is cut before if it is there. */
  boot(withinNs?: number): Boot {
    this.switchOff();
    this.begin();
    this.board.powerOn();
    return this.goOn(withinNs);
  }

  switchOff(): void {
    if (this.board.state !== 'off') this.board.cutPower();
  }

  /** From a snapshot, after the attacker has changed the flash. */
  bootFrom(snapshot: Snapshot, attack?: (bench: AttackBench) => void, withinNs?: number): Boot {
    this.attack(snapshot, attack);
    return this.bootAttacked(withinNs);
  }

  /** The first half of `bootFrom`: the attack has been made, and the bootloader has not begun. */
  attack(snapshot: Snapshot, attack?: (bench: AttackBench) => void): void {
    this.board.restore(snapshot);
    this.begin();
    attack?.(this);
  }

  bootAttacked(withinNs?: number): Boot {
    return this.goOn(withinNs);
  }

  private begin(): void {
    this.handOvers = [];
    this.disagreements = [];
    this.resets = 0;
    this.records = [];
  }

  private goOn(withinNs?: number): Boot {
    const { board } = this;
    if (withinNs !== undefined) board.cutPowerAt(board.now + withinNs);
    while (board.state === 'bootloader' && board.nextEventTime === board.now && this.resets <= resetsMax)
      board.runFor(1);
    board.machine.cancel(BoardEvent.POWER_CUT);
    const { handOvers, disagreements, resets } = this;
    return { handOvers, disagreements, resets, state: board.state };
  }

  // --- what was seen -----------------------------------------------------------------------------------------------------

  /** The log records of the present boot. */
  happened(): readonly LogRecord[] {
    return this.records;
  }

  /** The present boot, one line per event. */
  log(): string[] {
    return eventLines(this.records);
  }

  /** Findings of the present boot, with its log. */
  violations(scenario: string, point: string, findings: Finding[]): Violation[] {
    const log = findings.length === 0 ? [] : this.log();
    return findings.map((finding) => ({ ...finding, scenario, point, choices: [point], log }));
  }

  private onLog(record: LogRecord): void {
    const { kind, a, b } = record;
    this.records.push({ ...record });
    if (kind === LogKind.RESET) this.resets++;
    if (kind === LogKind.HANDOVER) this.handOvers.push(this.look(a, b));
    if (kind === LogKind.RECORDER) this.compare(a & 0xffff, b, a >>> 16);
  }

  /** Compares the bootloader's verdict on a slot's bytes with the host's own verification. */
  private compare(event: number, slot: number, reason: number): void {
    if (event !== EventKind.BOOT_VERIFY && event !== EventKind.BOOT_REJECT) return;
    // Higher numbers are reasons of how it ran. A glitch may name a slot that does not exist.
    if (reason >= RejectReason.UNCONFIRMED || slot >= slotAddresses.length) return;
    const { code, refusal } = this.verdict(slot as Slot);
    if (reason === code) return;
    const name = nameOf(rejectReasons, reason);
    this.disagreements.push(
      `the bootloader says ${name} of slot ${'AB'[slot]}, the host’s verification: ${refusal ?? 'it is good'}`,
    );
  }

  private look(address: number, length: number): HandOver {
    const slot: Slot = address >= MemoryMap.SLOT_B ? 1 : 0;
    const { refusal, start, size } = this.verdict(slot);
    if (refusal !== undefined) return { slot, refusal };
    if (address === start && length === size) return { slot, refusal };
    return { slot: undefined, refusal: `${length} bytes at 0x${address.toString(16)} are no image’s payload` };
  }
}
