// The state of the board itself, in the arena: the few words that belong neither to a device nor to the core.
//
//   off --powerOn--> rom --> bootloader --hand-over--> firmware
//    ^                ^ |         |                       |
//    '--power lost--  | '-> halted (nothing to load, or resets without end)
//                     '-------any reset-----------------------'

import type { Arena } from './arena.ts';

export type BoardMode = 'off' | 'bootloader' | 'firmware' | 'halted';

const modes: readonly BoardMode[] = ['off', 'bootloader', 'firmware', 'halted'];

/** Which work the core has before it may sleep. */
export const Phase = {
  /** Only interrupts. */
  NONE: 0,
  /** The mask ROM starts the bootloader. */
  ROM: 1,
  /** The loaded module's reset() is called. */
  ENTER: 2,
} as const;

/** Why a board is halted. It stays halted until it is flashed, its reset pin is pulled, or power is cycled. */
export const HaltReason = {
  NONE: 0,
  BOOT_HEADER: 1,
  BOOT_LENGTH: 2,
  BOOT_CRC: 3,
  BOOT_REFUSED: 4,
  RESET_LOOP: 5,
} as const;

export const haltSentences: Record<number, string> = {
  [HaltReason.NONE]: 'not halted',
  [HaltReason.BOOT_HEADER]: 'the boot partition has no header: flash a bootloader',
  [HaltReason.BOOT_LENGTH]: 'the boot partition’s header has an impossible length: flash the bootloader again',
  [HaltReason.BOOT_CRC]: 'the bootloader’s CRC-32 is wrong: flash it again',
  [HaltReason.BOOT_REFUSED]: 'the core refuses the bootloader’s module',
  [HaltReason.RESET_LOOP]: 'the chip reset again and again and never came to rest; the fault record says why',
};

const Place = { MODE: 0, PHASE: 1, HALT_REASON: 2, RESTLESS_RESETS: 3, CORE_STUCK: 4, PLACES: 5 } as const;

export class BoardState {
  private readonly words: Uint32Array;

  constructor(arena: Arena) {
    this.words = arena.words(Place.PLACES);
  }

  get mode(): BoardMode {
    return modes[this.words[Place.MODE]];
  }

  set mode(mode: BoardMode) {
    this.words[Place.MODE] = modes.indexOf(mode);
  }

  get phase(): number {
    return this.words[Place.PHASE];
  }

  set phase(phase: number) {
    this.words[Place.PHASE] = phase;
  }

  get haltReason(): number {
    return this.words[Place.HALT_REASON];
  }

  set haltReason(reason: number) {
    this.words[Place.HALT_REASON] = reason;
  }

  /** 1 while a disturbance keeps the core from running; a reset ends it. */
  get coreStuck(): number {
    return this.words[Place.CORE_STUCK];
  }

  set coreStuck(stuck: number) {
    this.words[Place.CORE_STUCK] = stuck;
  }

  /** Resets since the core last had nothing to do. */
  get restlessResets(): number {
    return this.words[Place.RESTLESS_RESETS];
  }

  set restlessResets(count: number) {
    this.words[Place.RESTLESS_RESETS] = count;
  }
}
