// Which register values an instruction accepts, and what it plays for other values (firmware/sequencer/values.ts).

import { type OperandKindName, operandKinds } from '../../../../protocol/q1/operands.ts';

const HALF = 0xffff;
const MASKS: Partial<Record<OperandKindName, number>> = { marker: 15, triggers: 0x7fff };
/** The steps of set_ph in one turn. */
const PHASES_OF_TURN = 1_000_000_000;
/** Quarters of a hertz in a megahertz. */
const QUARTERS_OF_MEGAHERTZ = 4_000_000;

/** Whether an operand may be `value`, an unsigned word. A pattern is the low bits of a number, without its sign. */
export function fitsOperand(kind: OperandKindName, value: number, isPattern: boolean): boolean {
  const { least, most } = operandKinds[kind];
  if (isHalf(kind) && isPattern && value <= HALF) return true;
  const given = least < 0 ? value | 0 : value;
  return given >= least && given <= most;
}

const isHalf = (kind: OperandKindName): boolean => kind === 'gain' || kind === 'offset';

/** The number as the author probably means it: words above 2^31 are mostly negative numbers. */
export function valueText(value: number): string {
  return value >= 2 ** 31 ? `${value | 0} (without a sign ${value})` : String(value);
}

/** What the instruction does with it; undefined when it stops, or sets a flag of its own. */
export function playedInstead(kind: OperandKindName, value: number): string | undefined {
  const mask = MASKS[kind];
  if (isHalf(kind)) return `its low 16 bits are taken, ${(value << 16) >> 16}`;
  if (mask !== undefined) return `its low bits are taken, ${value & mask}`;
  if (kind === 'frequency') return `it is used as it is, ${((value | 0) / QUARTERS_OF_MEGAHERTZ).toFixed(3)} MHz`;
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
