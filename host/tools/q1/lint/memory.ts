// Limits of the profile: instructions, waveforms, weights, acquisitions, bins. What does not fit is refused at upload, so these are errors.

import type { Finding } from '../findings.ts';
import type { Samples } from '../sequence-file.ts';
import { about, at, type LintRule, type Subject } from './rule.ts';

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
  if (total > profile.bins) {
    const message = `${total} bins in all acquisitions: ${profileName} holds ${profile.bins}`;
    findings.push(about('error', 'BIN_MEMORY', message, 'acquisitions'));
  }
  return findings;
}

function acquisitionPath({ program, profile, profileName }: Subject): Finding[] {
  if (profile.acquisitions > 0) return [];
  const first = program.instructions.find(({ instruction }) => instruction.mnemonic.startsWith('acquire'));
  if (first === undefined) return [];
  return [at(first, 'error', 'NO_ACQUISITION', `${profileName} has no acquisition path: choose a readout profile`)];
}
