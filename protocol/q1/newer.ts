// Instructions of other modules and of early firmware. These sequencers do not have them. They are known, so that a message can say what they
// belong to.
//
// Sources: q1simulator 1.3.4 (q1parser.py), QAT's dialect/q1/ir/ops.py, the instrument's documentation of 2026,
// the mnemonics of its assembler in qblox-instruments 1.4.1. What must stay true: nothing
// here is in instructions.ts.

const byGroup: Record<string, string> = {
  'the feedback network between modules (LINQ)':
    'fb_pop_data fb_pull_data fb_cmd fb_com_data fb_com_cfg fb_com_extra fb_acq_tb_id fb_acq_tb_cfg fb_acq_tb_valid ' +
    'fb_acq_tb_extra fb_acq_tb_mock fb_acq_tb_mock_en fb_acq_iq_id fb_acq_iq_shift fb_llp_tags_id fb_llp_ttls_id ' +
    'fb_tdc_tags_id fb_tdc_tdelta fb_tdc_tdelta_id',
  'the time-tagging module':
    'set_scope_en set_time_ref set_digital play_pulse acquire_timetags acquire_digital upd_thres',
  'net-zero pulses, of newer firmware': 'play_netzero reset_netzero',
  'the software of a module': 'sw_req',
  'early firmware, long withdrawn': 'latch_en',
};

/** Mnemonic to the thing it belongs to, as words of a message. */
export const newerMnemonics: ReadonlyMap<string, string> = new Map(
  Object.entries(byGroup).flatMap(([group, names]) => names.split(' ').map((name) => [name, group] as const)),
);
