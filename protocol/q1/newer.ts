// Mnemonics of newer firmware and other modules. They are known, so that a message can say what they are, and not supported.
// Source: QAT's dialect/q1/ir/ops.py and the instrument's documentation of 2026.

const byGroup: Record<string, string> = {
  'the 2026 extension with comparison flags': 'cmp test jz jnz jo jno js jns jg jl jle ja jae jb jbe',
  'the 2026 extension of the arithmetic': 'lsl lsr mulu16 muls16 mulu32l mulu32h muls32l muls32h mulu32 muls32',
  'the 2026 feedback network':
    'fb_pop_data fb_pull_data fb_com_data fb_com_cfg fb_com_extra fb_acq_tb_id fb_acq_tb_cfg fb_acq_tb_valid ' +
    'fb_acq_tb_extra fb_acq_tb_mock fb_acq_iq_id fb_acq_iq_shift',
  'the time-tagging module':
    'set_scope_en set_time_ref set_digital play_pulse acquire_timetags acquire_digital upd_thres',
  'early firmware, long withdrawn': 'latch_en sw_req',
};

/** Mnemonic to the thing it belongs to, as words of a message. */
export const newerMnemonics: ReadonlyMap<string, string> = new Map(
  Object.entries(byGroup).flatMap(([group, names]) => names.split(' ').map((name) => [name, group] as const)),
);
