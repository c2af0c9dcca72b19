// One generator, one seed: inputs that are chosen by chance are the same in every run, and one variable tries others everywhere.

import { isCode, type SourceFile } from './sources.ts';

const generator = 'host/board/random.ts';
const setup = 'hil/test/property-seed.ts';
/** A guest cannot import the host; this one spins, and what it counts does not matter. */
const spinning = 'firmware/defects/busy-loops.ts';
/** Keys, salts and names that must not be guessed, or must not meet: no run of the machine depends on them. */
const unrepeatable = [
  'host/tools/image/keys.ts',
  'host/links/whole-file.ts',
  'host/fleet/attestation/verifier.ts',
  'host/fleet/enrol/certificates.ts',
  'cli/calibrate/device.ts',
  'host/fleet/serve.ts',
  'cli/commands/fleet.ts',
  'cli/fleet/agent-place.ts',
  'cli/fleet/person.ts',
  'hil/test/kubernetes/control-plane.ts',
];

const forbidden: [pattern: RegExp, what: string, instead: string][] = [
  [
    /\bMath\.random\b|\brandom(Bytes|UUID|Int|FillSync)\b/,
    'is another one in every run',
    `take Random of ${generator}`,
  ],
  [
    /\b([a-z]\w*) \^= \1 (<<|>>)|0x6d2b_?79f5|1_?664_?525|1_?103_?515_?245/i,
    'makes a generator of its own',
    `take Random of ${generator}`,
  ],
  [
    /\bnumRuns\b.*\bseed:\s*[\d_]|\bseed:\s*[\d_].*\bnumRuns\b/,
    'has a seed of its own',
    'leave it out: the suite has one',
  ],
  [
    /\bprocess\.env\.\w*(SEED|EFFORT|RUNS)/,
    'reads a seed or an effort',
    `${setup} does, and host/board/testing/cases.ts has it`,
  ],
];

export function oneSourceOfChance(files: SourceFile[]): string[] {
  return files
    .filter(({ path }) => isCode(path) && ![generator, setup, spinning, ...unrepeatable].includes(path))
    .flatMap(({ path, lines }) =>
      lines.flatMap((line, index) =>
        forbidden
          .filter(([pattern]) => pattern.test(line.replace(/(^|\s)\/\/.*/, '')))
          .map(([, what, instead]) => `${path}:${index + 1} ${what}. Instead: ${instead}.`),
      ),
    );
}
