// Executes a program as the classic core does, for a limited number of instructions, to see the register values where they are used.
//
// The classic core has no inputs: its register values do not depend on measurements. So every value is known exactly, also in a loop, where
// constants.ts knows nothing. What must stay true: the arithmetic is that of the core (firmware/sequencer/classic.ts), and a walk ends even
// if the program does not.
//
// A gain or an offset is the low 16 bits of a register. After a shift or a mask, compilers mean a number above 32767 as a negative one. After a
// move or an addition it is a number that is too large. `isPattern` distinguishes the two.

import { type InstructionSet, JUMP_TAKEN_STEPS, STEP_NS } from '../../../../protocol/q1/instructions.ts';
import { type OperandKindName, operandKinds, REGISTER_COUNT } from '../../../../protocol/q1/operands.ts';
import type { Profile } from '../../../../protocol/q1/profiles.ts';
import type { AssembledInstruction, Program } from '../assemble.ts';
import { byPlace, type Finding } from '../findings.ts';
import { compare, jumpsBy, operationOf } from './alu.ts';
import { at } from './rule.ts';
import { fitsOperand, playedInstead, valueText } from './values.ts';

/** How many instructions a walk executes; it takes a twentieth of a second. */
const STEPS_MOST = 1_000_000;

/** Kinds that are not checked, because any word is valid. */
const anyWord = new Set<OperandKindName>([
  ...(['word', 'shift', 'address', 'half', 'signedHalf', 'signedWord', 'unsignedWord'] as const),
]);

interface Judged {
  operand: number;
  kind: OperandKindName;
  register: number;
}

/** The first value that the operand cannot have, and how often that happened. */
interface Wrong {
  instruction: number;
  operand: number;
  value: number;
  pass: number;
  count: number;
}

/** Findings in the order of the lines: VALUE, DURATION, LOOP_ZERO and PREAMBLE. */
export function walk(program: Program, profile: Profile): Finding[] {
  const walker = new Walker(program.instructions);
  walker.go(STEPS_MOST);
  return [...walker.findings(), ...walker.preamble(profile.headStartSteps)].sort(byPlace);
}

/** Executes an instruction and returns the index of the next one, or -1 for none. */
type Step = () => number;

class Walker {
  private readonly instructions: AssembledInstruction[];
  private readonly steps: Step[];
  private readonly judged: Judged[][];
  private readonly values = new Uint32Array(REGISTER_COUNT);
  private readonly isPattern = new Uint8Array(REGISTER_COUNT);
  private readonly passes: Float64Array;
  private readonly wrong = new Map<string, Wrong>();
  private readonly loopsFromZero = new Set<number>();
  /** Of the last calculation of the second set. */
  private flags = 0;
  /** What the classic core needs up to its first real-time instruction, in steps, and which that is. */
  private stepsBefore = 0;
  private firstRealTime: number | undefined;
  private ended = false;

  constructor(instructions: AssembledInstruction[]) {
    this.instructions = instructions;
    this.passes = new Float64Array(instructions.length);
    this.steps = instructions.map((one, index) => this.stepOf(one, index));
    this.judged = instructions.map(({ form, operands }) =>
      form.operands.flatMap(({ kind, mode }, operand) =>
        mode === 'source' && !anyWord.has(kind) ? [{ operand, kind, register: operands[operand].value }] : [],
      ),
    );
  }

  go(most: number): void {
    let index = 0;
    for (let step = 0; step < most; step += 1) {
      if (index < 0 || index >= this.steps.length) {
        this.ended = true;
        return;
      }
      this.passes[index] += 1;
      const judged = this.judged[index];
      for (let at = 0; at < judged.length; at += 1) this.judge(index, judged[at]);
      const next = this.steps[index]();
      if (this.firstRealTime === undefined) this.countBefore(index, next);
      index = next;
    }
  }

  private countBefore(index: number, next: number): void {
    const { instruction, form } = this.instructions[index];
    this.stepsBefore += form.steps;
    if (instruction.class === 'realTime') this.firstRealTime = index;
    else if (instruction.class === 'jump' && instruction.mnemonic !== 'jmp' && next !== index + 1) {
      this.stepsBefore += JUMP_TAKEN_STEPS;
    }
  }

  /**
   * The clock of the real-time core starts with the first real-time instruction, as documented. q1simulator starts it with the program, so that a
   * longer preamble is an underflow there. Who is right is not known for an instrument with several modules: hence a warning.
   */
  preamble(headStartSteps: number): Finding[] {
    if (this.firstRealTime === undefined || this.stepsBefore <= headStartSteps) return [];
    const first = this.instructions[this.firstRealTime];
    const [spentNs, mostNs] = [this.stepsBefore * STEP_NS, headStartSteps * STEP_NS];
    const message = `the classic core needs ${spentNs} ns up to this first real-time instruction. Here the clock starts with it; q1simulator starts the clock with the program, and finds an underflow beyond ${mostNs} ns. To be safe, begin with wait_sync and a wait, and do the rest after them`;
    return [at(first, 'warning', 'PREAMBLE', message)];
  }

  findings(): Finding[] {
    const wrong = [...this.wrong.values()].map((one) => this.findingOf(one));
    const loops = [...this.loopsFromZero].map((index) => {
      const register = this.instructions[index].operands[0].value;
      const message = `R${register} is 0 here: loop subtracts 1 before it compares, so it repeats 2^32 times. Start with 1 or more`;
      return at(this.instructions[index], 'warning', 'LOOP_ZERO', message, 0);
    });
    return [...wrong, ...loops];
  }

  private findingOf({ instruction, operand, value, pass, count }: Wrong): Finding {
    const one = this.instructions[instruction];
    const { kind } = one.form.operands[operand];
    const { noun, least, most } = operandKinds[kind];
    const when = pass > 1 ? `, in pass ${pass} over this line` : '';
    const often = count > 1 ? `, the first of ${this.ended ? '' : 'at least '}${count} times` : '';
    const played = playedInstead(kind, value);
    const message =
      `R${one.operands[operand].value} is ${valueText(value)} here${when}${often}, which is not ${noun}: expected ${least} to ${most}` +
      (played === undefined ? '' : `; ${played}`);
    return at(one, 'warning', kind === 'duration' ? 'DURATION' : 'VALUE', message, operand);
  }

  private judge(instruction: number, { operand, kind, register }: Judged): void {
    const value = this.values[register];
    if (fitsOperand(kind, value, this.isPattern[register] === 1)) return;
    const key = `${instruction} ${operand}`;
    const known = this.wrong.get(key);
    if (known !== undefined) known.count += 1;
    else this.wrong.set(key, { instruction, operand, value, pass: this.passes[instruction], count: 1 });
  }

  private stepOf(one: AssembledInstruction, index: number): Step {
    const { class: group, mnemonic } = one.instruction;
    if (mnemonic === 'stop' || mnemonic === 'illegal') return () => -1;
    if (group === 'jump') return this.jumpOf(one, index);
    return group === 'arithmetic' ? this.calculationOf(one, index) : () => index + 1;
  }

  private jumpOf({ instruction, form, operands }: AssembledInstruction, index: number): Step {
    const { values } = this;
    const { mnemonic } = instruction;
    const { value: where } = operands[operands.length - 1];
    const target = form.operands[operands.length - 1].mode === 'source' ? () => values[where] : () => where;
    const register = operands[0].value;
    if (mnemonic === 'jmp') return target;
    if (mnemonic === 'loop') {
      return () => {
        if (values[register] === 0) this.loopsFromZero.add(index);
        this.compare(instruction.set, values[register], 1);
        values[register] -= 1;
        return values[register] !== 0 ? target() : index + 1;
      };
    }
    if (operands.length === 1) {
      const jumps = jumpsBy[mnemonic];
      return () => (jumps(this.flags) ? target() : index + 1);
    }
    const limit = operands[1].value >>> 0;
    return () => {
      this.compare(instruction.set, values[register], limit);
      return (mnemonic === 'jge') === values[register] >= limit ? target() : index + 1;
    };
  }

  /** In the second set the flags are set by comparisons of the first set too. */
  private compare(set: InstructionSet | undefined, a: number, b: number): void {
    if (set === 2) this.flags = compare.flags(a, b, compare.result(a, b));
  }

  private calculationOf({ instruction, form, operands }: AssembledInstruction, index: number): Step {
    const { values, isPattern } = this;
    const { mnemonic } = instruction;
    const operation = operationOf(instruction);
    if (operation === undefined) throw new Error(`${mnemonic}: alu.ts does not say what it calculates`);
    const { result, high, flags } = operation;
    const written = form.operands.flatMap(({ mode }, at) => (mode === 'destination' ? [operands[at].value] : []));
    const inputs = operands.filter((_, at) => form.operands[at].mode !== 'destination');
    const [first, second] = [inputs[0].value, inputs[1]?.value ?? 0];
    const firstRead = form.operands[0].mode === 'source';
    const secondRead = inputs.length > 1 && form.operands[1].mode === 'source';
    const makesPattern = bitwise.has(mnemonic) ? 1 : 0;
    const [destination, highDestination] = written;
    return () => {
      const pattern = (firstRead ? isPattern[first] : 0) | (secondRead ? isPattern[second] : 0) | makesPattern;
      const a = firstRead ? values[first] : first >>> 0;
      const b = secondRead ? values[second] : second >>> 0;
      const value = result(a, b);
      if (flags !== undefined) this.flags = flags(a, b, value);
      if (destination !== undefined) {
        values[destination] = value;
        isPattern[destination] = pattern;
      }
      if (highDestination !== undefined && high !== undefined) {
        values[highDestination] = high(a, b);
        isPattern[highDestination] = pattern;
      }
      return index + 1;
    };
  }
}

/** Operations whose result is a pattern of bits. */
const bitwise = new Set(['not', 'and', 'or', 'xor', 'asl', 'asr', 'lsl', 'lsr']);
