// What newer firmware and other modules have and these sequencers do not: mnemonics, and forms of mnemonics that exist here with other
// operands. They are known, so that a message can name what they belong to.
//
// Sources: q1simulator 1.3.4 (q1parser.py), QAT's dialect/q1/ir/ops.py, the instrument's documentation of 2026. What must stay true: nothing
// here is in instructions.ts. The 2026 extension is the second instruction set: a module has the first or the second, and its profile says which.

const comparison = 'the 2026 extension with comparison flags';
const arithmetic = 'the 2026 extension of the arithmetic';

const byGroup: Record<string, string> = {
  [comparison]: 'cmp test jz jnz jo jno js jns jg jl jle ja jae jb jbe',
  [arithmetic]: 'lsl lsr mulu16 muls16 mulu32l mulu32h muls32l muls32h mulu32 muls32',
  'the 2026 feedback network':
    'fb_pop_data fb_pull_data fb_com_data fb_com_cfg fb_com_extra fb_acq_tb_id fb_acq_tb_cfg fb_acq_tb_valid ' +
    'fb_acq_tb_extra fb_acq_tb_mock fb_acq_tb_mock_en fb_acq_iq_id fb_acq_iq_shift fb_llp_tags_id fb_llp_ttls_id ' +
    'fb_tdc_tags_id fb_tdc_tdelta',
  'the time-tagging module':
    'set_scope_en set_time_ref set_digital play_pulse acquire_timetags acquire_digital upd_thres',
  'early firmware, long withdrawn': 'latch_en sw_req',
};

/** Mnemonic to the thing it belongs to, as words of a message. */
export const newerMnemonics: ReadonlyMap<string, string> = new Map(
  Object.entries(byGroup).flatMap(([group, names]) => names.split(' ').map((name) => [name, group] as const)),
);

/** How an operand is written; an address counts as a number. */
export type Written = 'number' | 'register';

/** Operands a mnemonic of these sequencers takes elsewhere. */
export interface NewerForm {
  mnemonics: string[];
  forms: Written[][];
  /** What is other than here, as words of a message. */
  what: string;
  group: string;
}

const newerForms: NewerForm[] = [
  {
    mnemonics: ['add', 'sub', 'and', 'or', 'xor', 'asl', 'asr'],
    forms: [
      ['number', 'register', 'register'],
      ['number', 'number', 'register'],
    ],
    what: 'a number as its first operand',
    group: arithmetic,
  },
  { mnemonics: ['stop', 'jge'], forms: [['number'], ['register']], what: 'one operand', group: 'the 2026 extension' },
  { mnemonics: ['upd_param'], forms: [['register']], what: 'a register', group: 'the 2026 extension' },
];

/** The newer form these operands fit. */
export function newerForm(mnemonic: string, operands: Written[]): NewerForm | undefined {
  return newerForms.find(
    ({ mnemonics, forms }) => mnemonics.includes(mnemonic) && forms.some((form) => form.join() === operands.join()),
  );
}
