// A board with the real bootloader and a firmware that obeys single letters (bootloader/testing/obedient.entry.ts): what boot tests
// stand on. What the tests read is what the chip leaves: recorder events, the boot-state record in flash, registers.

import { Board } from '../../../host/board/board.ts';
import { decodeBootState } from '../../../host/tools/boot-state.ts';
import { compileGuest } from '../../../host/tools/guest.ts';
import { type SignOptions, signImage } from '../../../host/tools/image/index.ts';
import { nameOf } from '../../../protocol/constants.ts';
import { BootRecord } from '../../../protocol/image/boot-record.ts';
import { bootDecisions, slotStates } from '../../../protocol/image/boot-state.ts';
import { rejectReasons } from '../../../protocol/image/reasons.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { EventKind } from '../../../protocol/telemetry/events.ts';
import { keys } from '../../rig/keys.ts';

export const slotAddress = { A: MemoryMap.SLOT_A, B: MemoryMap.SLOT_B };
export type SlotName = keyof typeof slotAddress;

const milliseconds = 1_000_000;
/** The bootloader decides in a millisecond or two, and in an erase's time more where it must write to a full sector. */
const settleLimitNs = 2_000 * milliseconds;

let obedient: Promise<Uint8Array> | undefined;

/** A signed image of the obedient firmware. */
export async function image(version: string, options: Partial<SignOptions> = {}): Promise<Uint8Array> {
  obedient ??= compileGuest('bootloader/testing/obedient.entry.ts');
  return signed(version, { payload: await obedient, ...options });
}

export function signed(version: string, options: Partial<SignOptions> & { payload: Uint8Array }): Uint8Array {
  return signImage({ privateKeyPem: keys[0].privateKeyPem, version, securityCounter: 1, ...options });
}

export interface BootStory {
  /** Name of the last decision. */
  decision: string | undefined;
  /** Slot that runs; undefined in safe mode. */
  slot: SlotName | undefined;
  /** What was verified in this boot: `A good`, `B HASH_MISMATCH`. */
  verified: string[];
  /** What was rejected in this boot: `B WATCHDOG`. */
  rejected: string[];
}

export class BootBench {
  readonly board: Board;
  /** What the firmware answered on the console. */
  answers = '';

  private constructor(board: Board) {
    this.board = board;
    board.onTransmit = (line, bytes) => {
      if (line === 1) this.answers += Buffer.from(bytes).toString('latin1');
    };
  }

  /** Provisioned as the factory does it, images in `slots` confirmed; without power. */
  static async make(
    slots: { A?: Uint8Array; B?: Uint8Array } = {},
    seed = 1,
    burnt = keys.slice(0, 2).map(({ publicKey }) => publicKey),
  ): Promise<BootBench> {
    const bootloader = await compileGuest('bootloader/main.ts');
    const board = new Board({ seed });
    board.provision({ bootloader, keys: burnt, slots });
    return new BootBench(board);
  }

  fork(): BootBench {
    return new BootBench(this.board.fork());
  }

  /** Writes flash behind the chip's back, as a programmer on the bench would. */
  write(address: number, bytes: Uint8Array): void {
    this.board.machine.flash.writeBytes(address, bytes);
  }

  read(address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.board.machine.flash.readBytes(address, bytes);
    return bytes;
  }

  flipBit(address: number, bit: number): void {
    this.write(
      address,
      this.read(address, 1).map((byte) => byte ^ (1 << bit)),
    );
  }

  /** Puts an image into a slot, the slot's own trailer included only if the image brings one. */
  place(slot: SlotName, bytes: Uint8Array): void {
    for (let sector = 0; sector < MemoryMap.SLOT_SIZE; sector += MemoryMap.SECTOR_SIZE)
      this.board.machine.flash.erasePage(slotAddress[slot] + sector);
    this.write(slotAddress[slot], bytes);
  }

  setFuse(word: number, value: number): void {
    const words = this.board.fuseWords();
    words[word] |= value;
    this.board.loadFuses(words);
  }

  /** Switches on and waits until the firmware runs or safe mode sleeps. */
  powerOn(): BootStory {
    this.board.powerOn();
    return this.settle();
  }

  powerCycle(): BootStory {
    this.board.cutPower();
    return this.powerOn();
  }

  /** Gives the firmware a letter, and lets what follows from it happen. */
  tell(letter: string, waitNs = 60 * milliseconds): string {
    this.answers = '';
    this.board.send(1, Buffer.from(letter));
    this.board.runFor(waitNs);
    return this.answers;
  }

  /** Tells the firmware what ends in a reset, and waits for the next boot. */
  tellAndReboot(letter: string, waitNs = 60 * milliseconds): BootStory {
    this.tell(letter, waitNs);
    return this.settle();
  }

  settle(): BootStory {
    const limit = this.board.now + settleLimitNs;
    while (this.board.state === 'bootloader' && !this.restsInSafeMode()) {
      if (this.board.now > limit) throw new Error('the bootloader neither hands over nor rests within two seconds');
      this.board.runFor(milliseconds);
    }
    this.board.runFor(milliseconds);
    if (this.board.state === 'halted') throw new Error(`the board halted: ${this.board.haltReason}`);
    return this.story();
  }

  /** Safe mode has begun in this boot: all there is to wait for is its heartbeat, or a client. */
  private restsInSafeMode(): boolean {
    const events = this.board.recorderEvents();
    const last = (kind: number) => events.findLastIndex((event) => event.kind === kind);
    return last(EventKind.SAFE_MODE) > last(EventKind.BOOT_START);
  }

  story(): BootStory {
    const events = this.board.recorderEvents();
    const start = events.findLastIndex(({ kind }) => kind === EventKind.BOOT_START);
    const boot = events.slice(start);
    const slotName = (slot: number): SlotName => (slot === 0 ? 'A' : 'B');
    const reasonName = (reason: number) => (reason === 0 ? 'good' : nameOf(rejectReasons, reason));
    const told = (kind: number) =>
      boot
        .filter((event) => event.kind === kind)
        .map((event) => `${slotName(event.argument0)} ${reasonName(event.argument1)}`);
    const decision = boot.findLast(({ kind }) => kind === EventKind.BOOT_DECISION);
    const handover = boot.find(({ kind }) => kind === EventKind.BOOT_HANDOVER);
    return {
      decision: decision && nameOf(bootDecisions, decision.argument0),
      slot: handover && slotName(handover.argument0),
      verified: told(EventKind.BOOT_VERIFY),
      rejected: told(EventKind.BOOT_REJECT),
    };
  }

  /** The boot state in flash: `{ A: 'CONFIRMED', B: 'REJECTED WATCHDOG' }`, a trial with its boots left. */
  state(): Record<SlotName, string> {
    const state = decodeBootState(this.read(MemoryMap.BOOT_STATE_0, 2 * MemoryMap.SECTOR_SIZE));
    const tell = (index: 0 | 1) => {
      const entry = state?.slots[index];
      if (entry === undefined) return 'UNMARKED';
      const reason = entry.reason === 0 ? '' : ` ${nameOf(rejectReasons, entry.reason)}`;
      const left = nameOf(slotStates, entry.state) === 'TRIAL' ? ` ${entry.bootsLeft}` : '';
      return `${nameOf(slotStates, entry.state)}${reason}${left}`;
    };
    return { A: tell(0), B: tell(1) };
  }

  /** Records in the journal that begin as a record does. */
  recordCount(): number {
    const bytes = Buffer.from(this.read(MemoryMap.BOOT_STATE_0, 2 * MemoryMap.SECTOR_SIZE));
    let count = 0;
    for (let at = 0; at < bytes.length; at += BootRecord.SIZE)
      if (bytes.readUInt32LE(at) === BootRecord.MAGIC_VALUE) count++;
    return count;
  }
}
