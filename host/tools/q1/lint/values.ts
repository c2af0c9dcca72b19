// What a register may hold where an instruction uses it, and what is played when it holds something else (firmware/sequencer/values.ts).

import { type OperandKindName, operandKinds } from '../../../../protocol/q1/operands.ts';

const HALF = 0xffff;
const MASKS: Partial<Record<OperandKindName, number>> = { marker: 15, triggers: 0x7fff };
/** Of set_ph. */
const PHASES_OF_TURN = 1_000_000_000;
/** Quarters of a hertz in a megahertz. */
const QUARTERS_OF_MEGAHERTZ = 4_000_000;

/** Whether an operand may be `value`, a word without a sign. A pattern is the low bits of a number, without its sign. */
export function fitsOperand(kind: OperandKindName, value: number, isPattern: boolean): boolean {
  const { least, most } = operandKinds[kind];
  if (isHalf(kind) && isPattern && value <= HALF) return true;
  const given = least < 0 ? value | 0 : value;
  return given >= least && given <= most;
}

const isHalf = (kind: OperandKindName): boolean => kind === 'gain' || kind === 'offset';

/** The number as it is meant: words above 2^31 are mostly negative ones. */
export function valueText(value: number): string {
  return value >= 2 ** 31 ? `${value | 0} (without a sign ${value})` : String(value);
}

/** What the instruction makes of it; undefined where it stops, or has a flag of its own. */
export function playedInstead(kind: OperandKindName, value: number): string | undefined {
  const mask = MASKS[kind];
  if (isHalf(kind)) return `its low 16 bits are taken, ${(value << 16) >> 16}`;
  if (mask !== undefined) return `its low bits are taken, ${value & mask}`;
  if (kind === 'frequency') return `it is taken as it is, ${((value | 0) / QUARTERS_OF_MEGAHERTZ).toFixed(3)} MHz`;
  if (kind !== 'phase') return undefined;
  const rest = value % PHASES_OF_TURN;
  const meant = mathematicalPhase(value | 0);
  const turns = `${rest} is played, ${(rest / PHASES_OF_TURN).toFixed(4)} of a turn`;
  return meant === rest
    ? turns
    : `${turns}, and not ${(meant / PHASES_OF_TURN).toFixed(4)}: add 1000000000 before it goes below zero`;
}

function mathematicalPhase(value: number): number {
  return ((value % PHASES_OF_TURN) + PHASES_OF_TURN) % PHASES_OF_TURN;
}
