// Sequencer profiles: what a kind of hardware holds and how far its real-time core may run behind. Data only; a number that nobody has
// published says so.
//
// Sources: instruction, waveform, acquisition and bin limits of the Qblox modules are those of their scheduler
// (backends/qblox/constants.py) and their documentation; index widths QAT's q1_sequence/ir/imm_desc.py. Bins: 2^17 a sequencer as documented; all
// sequencers of a module share 3 * (2^17 + 2^16), which the vendor told qibolab's authors (pull request 857). The depth of the real-time queue, the
// head start and what wait_sync hides are estimates of q1simulator (q1core.py; 1.3.4 has a queue of 32, 1.0.5 had 16): the vendor states none of them. Of the cryogenic
// chip (arXiv:2604.16216) only the shared instruction memory and the 4 ns step are published; the rest is taken from the readout module, so that
// programs fit both. Which instruction set a Qblox module has depends on its firmware: q1simulator takes the second with qblox-instruments 1.2.0 and
// later. The sequencers of the cryogenic chip are ours, and execute both.

import type { InstructionSet } from './instructions.ts';

export interface Profile {
  /** In the header of an assembled sequence. */
  number: number;
  doc: string;
  /** Those its sequencers execute; a sequence is of one of them. */
  instructionSets: readonly InstructionSet[];
  sequencers: number;
  /** Instructions a sequencer holds, or all of them together where the memory is shared. */
  instructions: number;
  sharedInstructions: boolean;
  waveforms: number;
  /** Samples of all waveforms of a sequencer. */
  waveformSamples: number;
  weights: number;
  weightSamples: number;
  /** Zero: no acquisition path. */
  acquisitions: number;
  /** Bins of all acquisitions of a sequencer. */
  sequencerBins: number;
  /** Bins of all acquisitions of all sequencers of a module. */
  bins: number;
  /** Entries between the classic and the real-time core. */
  realTimeQueue: number;
  /** What the classic core is ahead at the start, in steps. */
  headStartSteps: number;
  /** What a wait_sync hides of the classic core's time, in steps. */
  syncCreditSteps: number;
  /** What a later wait_sync takes when all sequencers are there, in steps. */
  syncAgainSteps: number;
  /** Acquisitions that may wait to be binned. */
  acquisitionQueue: number;
  /** Time one acquisition takes to be binned, with one sequencer acquiring. */
  acquisitionIntervalNs: number;
}

const qrm: Profile = {
  number: 1,
  doc: 'Readout module: two output and two input paths',
  instructionSets: [1],
  sequencers: 6,
  instructions: 12288,
  sharedInstructions: false,
  waveforms: 1024,
  waveformSamples: 16384,
  weights: 32,
  weightSamples: 16384,
  acquisitions: 32,
  sequencerBins: 131_072,
  bins: 589_824,
  realTimeQueue: 32,
  headStartSteps: 10,
  syncCreditSteps: 50,
  syncAgainSteps: 50,
  acquisitionQueue: 7,
  acquisitionIntervalNs: 300,
};

const qcm: Profile = {
  ...qrm,
  number: 0,
  doc: 'Control module: two output paths a sequencer, no acquisition',
  instructions: 16384,
  ...{ weights: 0, weightSamples: 0, acquisitions: 0, sequencerBins: 0, bins: 0 },
};

export const profiles = {
  'qblox-qcm': qcm,
  'qblox-qrm': qrm,
  'cryo-hrl': {
    ...qrm,
    number: 2,
    doc: 'Cryogenic controller: 6144 instructions shared by all sequencers',
    instructionSets: [1, 2],
    instructions: 6144,
    sharedInstructions: true,
  },
  'qblox-qcm-2': { ...qcm, number: 3, doc: `${qcm.doc}; second instruction set`, instructionSets: [2] },
  'qblox-qrm-2': { ...qrm, number: 4, doc: `${qrm.doc}; second instruction set`, instructionSets: [2] },
} satisfies Record<string, Profile>;

export type ProfileName = keyof typeof profiles;
