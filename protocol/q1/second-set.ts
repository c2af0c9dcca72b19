// What only the second instruction set has: comparison and multiplication, a number as first operand, flags, and jumps by them.
//
//   flag   set by an instruction when its 32-bit result                              jumps
//   ZF     is zero                                                                   jz jnz
//   NF     has its highest bit set                                                   js jns
//   CF     of add: carried; of sub, cmp: a < b without signs; of shifts: the last bit shifted out    jb jae
//   OF     of add, sub, cmp: is not the sum or difference of the signed numbers; of left shifts: has another sign     jo jno
//
// A multiplication of 32 bits sets ZF and NF by the whole product of 64 bits. What has no carry or overflow clears CF and OF. move, nop, jumps,
// parameters and real-time instructions leave the flags alone; they are clear when a sequencer is armed.
//
// Sources: operands and flags are those of q1simulator 1.3.4 (q1parser.py, q1core.py) and of QAT (dialect/q1/ir/ops.py), which agree where both
// say something; the jumps are QAT's words. Only q1simulator gives times. Where it contradicts itself, hil/test/pulse/differences.test.ts says so.
// The instructions of the first set that are called deprecated here are in both sources; they also set the flags in q1simulator.

import {
  alone,
  counter,
  destination,
  flagged,
  form,
  type Instruction,
  immediate,
  jumpByFlags,
  jumpIf,
  realTime,
  source,
  weighedAcquisition,
} from './rows.ts';

const comparison = [source('word', 'x'), immediate('word', 'a')];
const highDestination = { ...destination, field: 'c' as const };
const one = [destination];

/** An instruction of the first set that the second set keeps: as a comparison, or a subtraction, and a jump by its flags. */
function kept(row: Instruction, instead: string): Instruction {
  return {
    ...row,
    costSource: 'estimated',
    set: 2,
    deprecated: instead,
    operation: row.forms[0].name.replace(/_I$/, ''),
  };
}

const control: Instruction[] = [
  {
    ...alone(162, 'stop', 'Stops as stop does, and gives the operand as exit code'),
    ...{ set: 2, costSource: 'estimated', operation: 'STOP_CODE' },
    forms: [
      form(162, 'STOP_CODE_I', [immediate('signedWord', 'a')], 1),
      form(163, 'STOP_CODE_R', [source('word', 'a')], 1),
    ],
  },
];

const jumps: Instruction[] = [
  jumpByFlags(128, 'jz', 'Jumps if equal or zero: ZF'),
  jumpByFlags(130, 'jnz', 'Jumps if not equal or not zero: not ZF'),
  jumpByFlags(132, 'jo', 'Jumps at a signed overflow: OF'),
  jumpByFlags(134, 'jno', 'Jumps without a signed overflow: not OF'),
  jumpByFlags(136, 'js', 'Jumps if negative: NF'),
  jumpByFlags(138, 'jns', 'Jumps if not negative: not NF'),
  jumpByFlags(140, 'jg', 'Jumps if greater, signed: not ZF, and NF equals OF'),
  jumpByFlags(142, 'jge', 'Jumps if greater or equal, signed: NF equals OF'),
  jumpByFlags(144, 'jl', 'Jumps if less, signed: NF differs from OF'),
  jumpByFlags(146, 'jle', 'Jumps if less or equal, signed: ZF, or NF differs from OF'),
  jumpByFlags(148, 'ja', 'Jumps if above, unsigned: neither ZF nor CF'),
  jumpByFlags(150, 'jae', 'Jumps if above or equal, unsigned: not CF'),
  jumpByFlags(152, 'jb', 'Jumps if below, unsigned: CF'),
  jumpByFlags(154, 'jbe', 'Jumps if below or equal, unsigned: ZF or CF'),
  kept(
    jumpIf(156, 'jge', 'KEPT_JGE', comparison, 3, 'Jumps if register >= number, both unsigned; sets the flags as cmp'),
    'write cmp and jae',
  ),
  kept(
    jumpIf(158, 'jlt', 'KEPT_JLT', comparison, 3, 'Jumps if register < number, both unsigned; sets the flags as cmp'),
    'write cmp and jb',
  ),
  kept(
    jumpIf(
      160,
      'loop',
      'KEPT_LOOP',
      [counter],
      4,
      'Takes one off the register and jumps unless it became zero; sets the flags as sub',
    ),
    'write sub and jnz',
  ),
];

const calculations: Instruction[] = [
  {
    ...alone(164, 'not', 'destination = bitwise complement of the source; sets ZF, NF', 'arithmetic'),
    ...{ set: 2, costSource: 'estimated', operation: 'FLAGGED_NOT' },
    forms: [
      form(164, 'FLAGGED_NOT_I', [immediate('word', 'a'), destination], 3),
      form(165, 'FLAGGED_NOT_R', [source('word', 'a'), destination], 3),
    ],
  },
  flagged(166, 'add', ['word', 'word'], one, 2, 'destination = a + b, modulo 2^32; sets ZF, NF, CF, OF'),
  flagged(169, 'sub', ['word', 'word'], one, 2, 'destination = a - b, modulo 2^32; sets ZF, NF, CF, OF'),
  flagged(172, 'cmp', ['word', 'word'], [], 2, 'Sets ZF, NF, CF, OF as sub does, and writes no register'),
  flagged(175, 'and', ['word', 'word'], one, 2, 'destination = a and b, bitwise; sets ZF, NF'),
  flagged(178, 'test', ['word', 'word'], [], 2, 'Sets ZF, NF as and does, and writes no register'),
  flagged(181, 'or', ['word', 'word'], one, 2, 'destination = a or b, bitwise; sets ZF, NF'),
  flagged(184, 'xor', ['word', 'word'], one, 2, 'destination = a exclusive-or b, bitwise; sets ZF, NF'),
  flagged(187, 'asl', ['word', 'shift'], one, 2, 'destination = a shifted left by b; sets ZF, NF, CF, OF'),
  flagged(
    190,
    'asr',
    ['word', 'shift'],
    one,
    2,
    'destination = a shifted right by b, its sign coming in; sets ZF, NF, CF',
  ),
  flagged(193, 'lsl', ['word', 'shift'], one, 2, 'The same as asl'),
  flagged(
    196,
    'lsr',
    ['word', 'shift'],
    one,
    2,
    'destination = a shifted right by b, zeros coming in; sets ZF, NF, CF',
  ),
  flagged(
    199,
    'mulu16',
    ['half', 'half'],
    one,
    2,
    'destination = product of the low halves of a and b, unsigned; sets ZF, NF',
  ),
  flagged(
    202,
    'muls16',
    ['signedHalf', 'signedHalf'],
    one,
    2,
    'destination = product of the low halves of a and b, signed; sets ZF, NF',
  ),
  flagged(
    205,
    'mulu32l',
    ['unsignedWord', 'unsignedWord'],
    one,
    4,
    'destination = low word of the unsigned product; sets ZF, NF',
  ),
  flagged(
    208,
    'mulu32h',
    ['unsignedWord', 'unsignedWord'],
    one,
    4,
    'destination = high word of the unsigned product; sets ZF, NF',
  ),
  flagged(
    211,
    'muls32l',
    ['signedWord', 'signedWord'],
    one,
    4,
    'destination = low word of the signed product; sets ZF, NF',
  ),
  flagged(
    214,
    'muls32h',
    ['signedWord', 'signedWord'],
    one,
    4,
    'destination = high word of the signed product; sets ZF, NF',
  ),
  flagged(
    217,
    'mulu32',
    ['unsignedWord', 'unsignedWord'],
    [destination, highDestination],
    5,
    'first destination = low word of the unsigned product, second destination = its high word; sets ZF, NF',
  ),
  flagged(
    220,
    'muls32',
    ['signedWord', 'signedWord'],
    [destination, highDestination],
    5,
    'first destination = low word of the signed product, second destination = its high word; sets ZF, NF',
  ),
];

const realTimes: Instruction[] = [
  {
    ...realTime(
      'upd_param',
      true,
      [form(83, 'UPD_PARAM_R', [source('duration', 'a')], 1)],
      'The duration out of a register',
    ),
    set: 2,
  },
  { ...weighedAcquisition(84, 'acquire_weighted'), set: 2 },
];

export const secondSet: Instruction[] = [...control, ...jumps, ...calculations, ...realTimes];
