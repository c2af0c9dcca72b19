// Limits of the profile: instructions, waveforms, weights, acquisitions, bins. The upload of a larger sequence is refused, so these are errors.
// Some limits hold for one sequencer, others for all programs that run together on a module.

import { type ProfileName, profiles } from '../../../../protocol/q1/profiles.ts';
import type { Program } from '../assemble.ts';
import type { Finding } from '../findings.ts';
import type { Samples, SequenceParts } from '../sequence-file.ts';
import { about, at, type LintRule, type Subject } from './rule.ts';

/** A program with its tables, and the kind of module it is for. */
export interface ForProfile {
  program: Program;
  parts: SequenceParts;
  profile: ProfileName;
}

export const memoryLimits: LintRule = (subject) => [
  ...programMemory(subject),
  ...sampleMemory(
    subject,
    'waveforms',
    subject.parts.waveforms,
    subject.profile.waveforms,
    subject.profile.waveformSamples,
  ),
  ...sampleMemory(subject, 'weights', subject.parts.weights, subject.profile.weights, subject.profile.weightSamples),
  ...binMemory(subject),
  ...acquisitionPath(subject),
];

function programMemory({ program: { instructions }, profile, profileName }: Subject): Finding[] {
  const first = instructions[profile.instructions];
  if (first === undefined) return [];
  const message = `${instructions.length} instructions, of which this is the first that does not fit: ${profileName} holds ${profile.instructions}`;
  return [at(first, 'error', 'PROGRAM_MEMORY', message)];
}

function sampleMemory(
  { profileName }: Subject,
  table: string,
  entries: Samples[],
  rows: number,
  most: number,
): Finding[] {
  const noun = table === 'waveforms' ? 'waveform' : 'weight';
  const findings = entries
    .filter(({ index }) => index >= rows)
    .map(({ name, index }) => {
      const expected = rows === 0 ? `${profileName} has no ${table}` : `${profileName} has indices 0 to ${rows - 1}`;
      return about('error', 'INDEX', `${noun} index ${index}: ${expected}`, `${table}.${name}.index`);
    });
  const total = entries.reduce((sum, { samples }) => sum + samples.length, 0);
  if (total > most && rows > 0) {
    const longest = entries.reduce((best, entry) => (entry.samples.length > best.samples.length ? entry : best));
    const which = `the longest is ${longest.name} with ${longest.samples.length}`;
    findings.push(
      about(
        'error',
        'SAMPLE_MEMORY',
        `${total} samples in all ${table}: ${profileName} holds ${most} (${which})`,
        table,
      ),
    );
  }
  return findings;
}

function binMemory({ parts: { acquisitions }, profile, profileName }: Subject): Finding[] {
  if (profile.acquisitions === 0) {
    return acquisitions.map(({ name }) =>
      about('error', 'NO_ACQUISITION', `${profileName} has no acquisition path`, `acquisitions.${name}`),
    );
  }
  const findings = acquisitions
    .filter(({ index }) => index >= profile.acquisitions)
    .map(({ name, index }) => {
      const message = `acquisition index ${index}: ${profileName} has indices 0 to ${profile.acquisitions - 1}`;
      return about('error', 'INDEX', message, `acquisitions.${name}.index`);
    });
  const total = acquisitions.reduce((sum, { bins }) => sum + bins, 0);
  if (total > profile.sequencerBins) {
    const message = `${total} bins in all acquisitions: a sequencer of ${profileName} holds ${profile.sequencerBins}`;
    findings.push(about('error', 'BIN_MEMORY', message, 'acquisitions'));
  }
  return findings;
}

/**
 * Programs that run together are on one module. Programs without a given profile may be for different kinds of module (drive and readout). The
 * limits of a module count only the programs of its kind.
 */
export function moduleLimits(sequences: ForProfile[]): Finding[] {
  const kinds = [...new Set(sequences.map(({ profile }) => profile))];
  return kinds.flatMap((profile) =>
    limitsOfModule(
      profile,
      sequences.filter((one) => one.profile === profile),
    ),
  );
}

function limitsOfModule(profileName: ProfileName, sequences: ForProfile[]): Finding[] {
  const { sharedInstructions, instructions, bins } = profiles[profileName];
  const findings: Finding[] = [];
  const total = (of: (one: ForProfile) => number) => sequences.reduce((sum, one) => sum + of(one), 0);
  const allInstructions = total(({ program }) => program.instructions.length);
  if (sharedInstructions && allInstructions > instructions) {
    const message = `${allInstructions} instructions in all programs together: ${profileName} holds ${instructions} for all its sequencers`;
    findings.push(about('error', 'PROGRAM_MEMORY', message));
  }
  const allBins = total(({ parts }) => parts.acquisitions.reduce((sum, one) => sum + one.bins, 0));
  // A kind of module without acquisition has already refused each of its programs.
  if (bins > 0 && allBins > bins) {
    const message = `${allBins} bins in all programs together: a module of ${profileName} holds ${bins} for all its sequencers; use fewer, or put some of the programs on another module`;
    findings.push(about('error', 'BIN_MEMORY', message));
  }
  return findings;
}

function acquisitionPath({ program, profile, profileName }: Subject): Finding[] {
  if (profile.acquisitions > 0) return [];
  const first = program.instructions.find(({ instruction }) => instruction.mnemonic.startsWith('acquire'));
  if (first === undefined) return [];
  return [at(first, 'error', 'NO_ACQUISITION', `${profileName} has no acquisition path: choose a readout profile`)];
}
