// `coldrig/pulse`: pulse programs. Assemble and check them, run them on the firmware's own sequencers without a chip or on a whole device, and write
// what was played as a waveform file.
//
// What must stay true: everything here is documented at its definition and keeps its meaning from version to version.

export { perfettoTrace } from '../../../host/tools/pulse/perfetto.ts';
export { svgPlot } from '../../../host/tools/pulse/plot-svg.ts';
export type { BinnedAcquisition, Paths, PulseRun, SequencerRun } from '../../../host/tools/pulse/run.ts';
export { csvFile, npyFile, type SampleTable, sampleTable } from '../../../host/tools/pulse/samples.ts';
export type { Window } from '../../../host/tools/pulse/scope.ts';
export { vcdFile } from '../../../host/tools/pulse/vcd.ts';
export {
  type AssembledSequence,
  assembleSequence,
  disassemble,
  type Finding,
  findingsOfWalk,
  findingText,
  lintTogether,
  Q1Error,
} from '../../../host/tools/q1/index.ts';
export { presentRun } from './present.ts';
export { PulseDevice } from './pulse-device.ts';
export {
  type PulseOptions,
  type PulseProgram,
  PulseRefused,
  type PulseResult,
  runPulse,
  type SequencerResult,
  type Setting,
} from './run.ts';
