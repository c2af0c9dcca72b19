// Negative numbers where the first set expects a word of 32 bits: `move -5,R0`, `jge R0,-1,@l`.
//
// Documents disagree: QAT and qibolab accept -2^31 to 2^32 - 1, as the second instruction set does; q1simulator's table of the first set, and
// qililab (pull request 1113), take no sign. The instrument's assembler decides: that of qblox-instruments 1.0.0, for the first set, refuses such a
// number. So it is an error for an instrument of the first set. The sequencers of the cryogenic chip take its two's complement, with a
// warning. Gains, offsets and frequencies are signed everywhere.

import type { Finding } from '../findings.ts';
import { at, type LintRule } from './rule.ts';

export const negativeNumbers: LintRule = ({ program: { instructions, set }, profile }) =>
  (set === 1 ? instructions : []).flatMap((one) =>
    one.form.operands.flatMap(({ kind, mode }, operand): Finding[] => {
      const { value } = one.operands[operand];
      if (kind !== 'word' || mode !== 'immediate' || value >= 0) return [];
      const unsigned = value >>> 0;
      const compares = one.instruction.class === 'jump' ? ', and compared without a sign' : '';
      const message = `${value} is taken as ${unsigned}, its two's complement${compares}; an instrument of the first set refuses a negative number here: write ${unsigned}`;
      const severity = profile.instructionSets.includes(2) ? 'warning' : 'error';
      return [at(one, severity, 'NEGATIVE', message, operand)];
    }),
  );
