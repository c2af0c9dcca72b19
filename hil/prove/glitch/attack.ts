// The type of an attack of the glitch proof, and functions that attacks share.

import { RESET } from '../../../protocol/generated/registers.ts';
import type { AttackBench } from '../attack/attack-bench.ts';
import { specimen } from '../attack/specimens.ts';
import type { Slot } from '../attack/trust.ts';

export interface Attack {
  name: string;
  about: string;
  /** Whether there is an image that may run. */
  bootable: boolean;
  /** Slots whose images may not run although they verify, and why. `standIn`: they may, after the core has refused the image that comes first. */
  refused?: { slots: readonly Slot[]; because: string; standIn?: true };
  /** The refusal is due to how the last run ended. A loss of power makes the device forget that. */
  untilPowerLoss?: true;
  /** Registers of the reset controller that the boot finds; power-on values where left out. */
  registers?: Partial<Record<keyof typeof RESET.registers, number>>;
  /** Prepares flash and fuses; power is off before and after. */
  prepare(bench: AttackBench): void;
}

export const version = '2.0.0';
export const good = specimen(version);
export const older = specimen('1.0.0');

/** Slot A holds a confirmed image that is older; slot B holds this image. */
export function beside(bench: AttackBench, image: Uint8Array): void {
  bench.place(0, older);
  bench.confirm(0);
  bench.boot();
  bench.switchOff();
  bench.place(1, image);
}

/** The same, and a trial of the image in slot B is requested. */
export function offeredTo(bench: AttackBench, image: Uint8Array): void {
  beside(bench, image);
  bench.mark(1, 'test');
}

export function offered(image: Uint8Array): Attack['prepare'] {
  return (bench) => offeredTo(bench, image);
}

/** Boots and switches off so often. */
export function boots(bench: AttackBench, count: number): void {
  for (let boot = 0; boot < count; boot++) {
    bench.boot();
    bench.switchOff();
  }
}

/** Sets registers of the reset controller, as an earlier run would have left them. */
export function setRegisters(bench: AttackBench, { registers = {} }: Attack): void {
  const { words, at } = bench.board.machine.registers(RESET);
  for (const [name, value] of Object.entries(registers)) words[at[name as keyof typeof at]] = value;
}
