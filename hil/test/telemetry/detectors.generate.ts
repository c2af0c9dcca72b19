// Writes docs/drift-detectors.md: the detector that watches the stream beside those of river (ADWIN, Page-Hinkley), on the noise of our own readout chain.
// Run: npx tsx hil/test/telemetry/detectors.generate.ts [RUNS OF EACH NOISE]     (river is installed into .interop)
//
// A run is one channel, 100 looks to learn from and 600 more, ten seconds apart (hil/test/calibration/drift-runs.ts). All detectors see the same numbers.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { watchedSeries } from '../../../host/telemetry/anomaly/stream-watch.ts';
import { limitsFor, WEEK_NS } from '../../../host/tools/calibration/drift/detector.ts';
import { trainNoise, Whitener } from '../../../host/tools/calibration/drift/whiten.ts';
import { detectorOf } from '../../../host/tools/calibration/watch.ts';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { looks, noiseNames, noises, SAMPLE_NS, TRAINING, WATCHED } from '../calibration/drift-runs.ts';
import { pythonTool } from '../interop/install.ts';

const runs = Number(process.argv[2] ?? 60);
/** From this look after the learning on, in the runs with a change. */
const CHANGE_AT = 300;
const figure = 'distanceCodes';
const changes = [
  { about: 'nothing', factor: 1 },
  { about: '3 % lower', factor: 0.97 },
  { about: '10 % lower', factor: 0.9 },
] as const;
const weeks = (runs * WATCHED * SAMPLE_NS) / WEEK_NS;
const limits = limitsFor(SAMPLE_NS, 102 * WEEK_NS);
const tolerance = watchedSeries.coldrig_readout_snr_decibels;
if (typeof tolerance !== 'object') throw new Error('detectors: the stream watch has no tolerance for the SNR');

type Alarms = readonly number[];
/** Looks after the learning at which a detector says that something has changed. */
type Seen = Record<string, Alarms>;

const python = await pythonTool('river');
if (python.path === undefined) throw new Error(`detectors: ${python.missing}`);

/** Ours is learnt anew after an alarm; here it is not, so it raises one at most. */
function ours(values: readonly number[], change?: { beyond: number }): Alarms {
  const detector = detectorOf({ change }, values.slice(0, TRAINING), limits);
  const at = values.slice(TRAINING).findIndex((value) => detector?.take(value) !== undefined);
  return at < 0 ? [] : [at];
}

/** The series as it is, its differences, and whitened: standardised by what 100 looks have taught. */
function preparations(values: readonly number[]): Record<string, number[]> {
  const standard = (series: readonly number[]) => {
    const learnt = series.slice(0, TRAINING);
    const mean = learnt.reduce((sum, value) => sum + value, 0) / learnt.length;
    const deviation = Math.sqrt(learnt.reduce((sum, value) => sum + (value - mean) ** 2, 0) / learnt.length);
    return series.map((value) => (value - mean) / deviation);
  };
  const whitener = new Whitener(trainNoise(values.slice(0, TRAINING)));
  return {
    raw: standard(values),
    differenced: standard(values.map((value, at) => value - values[Math.max(0, at - 1)])),
    whitened: values.map((value) => whitener.take(value)),
  };
}

const script = join(repositoryRoot, 'hil/test/interop/clients/river_detectors.py');

/** What river says of each series. */
function rivers(serieses: readonly (readonly number[])[]): Seen[] {
  const input = serieses.map((series) => `${JSON.stringify({ series })}\n`).join('');
  const { stdout, status, stderr } = spawnSync(python.path as string, [script], {
    ...{ input, encoding: 'utf8', maxBuffer: 1 << 28 },
  });
  if (status !== 0) throw new Error(`detectors: river failed: ${stderr}`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Seen);
}

/** By noise and by what changes, a run each. */
const results: Record<string, Record<string, Seen[]>> = {};
for (const noise of noiseNames) {
  const plain: number[][] = [];
  for (let seed = 1; seed <= runs; seed++) {
    const source = looks(noise, seed);
    const values: number[] = [];
    while (values.length < TRAINING + WATCHED) values.push((await source.next()).value[figure]);
    plain.push(values);
    process.stderr.write(`\r\x1b[K${noise}: ${seed} of ${runs}`);
  }
  results[noise] = {};
  for (const { about, factor } of changes) {
    const changed = plain.map((values) =>
      values.map((value, at) => (at < TRAINING + CHANGE_AT ? value : value * factor)),
    );
    const prepared = changed.map(preparations);
    const names = Object.keys(prepared[0]);
    const answers = rivers(prepared.flatMap((each) => Object.values(each)));
    results[noise][about] = changed.map((values, run) => {
      const seen: Seen = {
        'coldrig, every change': ours(values),
        'coldrig, as it watches': ours(values, tolerance),
      };
      for (const [at, name] of names.entries())
        for (const [detector, places] of Object.entries(answers[run * names.length + at]))
          seen[`${detector}, ${name}`] = places.map((place) => place - TRAINING).filter((place) => place >= 0);
      return seen;
    });
  }
}
process.stderr.write('\r\x1b[K');

const detectors = Object.keys(results[noiseNames[0]].nothing[0]);
const tableOf = ([head, ...rows]: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const falseAlarms = (noise: string, detector: string) =>
  results[noise].nothing.reduce((sum, seen) => sum + seen[detector].length, 0);
function found(noise: string, about: string, detector: string): string {
  const delays = results[noise][about]
    .filter((seen) => !seen[detector].some((at) => at < CHANGE_AT))
    .map((seen) => seen[detector].find((at) => at >= CHANGE_AT))
    .map((at) => (at === undefined ? Number.POSITIVE_INFINITY : at - CHANGE_AT + 1))
    .sort((one, other) => one - other);
  if (delays.length === 0) return 'no run without a false alarm before';
  const median = delays[Math.floor((delays.length - 1) / 2)];
  const share = Math.round((100 * delays.filter(Number.isFinite).length) / delays.length);
  return `${Number.isFinite(median) ? median : '–'} (${share} % of ${delays.length})`;
}

const page = `# Detectors of changes, beside each other

<!-- Generated by hil/test/telemetry/detectors.generate.ts; do not edit. -->

The detector that watches the stream of telemetry, and two of river 0.26.1 with its usual settings (ADWIN, delta 0.002; Page-Hinkley, threshold 50), on the same series: the distance of
both states of a readout channel, as the chain of the preset makes it ([drift.md](drift.md) has the noises). ${runs} seeded runs of each noise, 100 looks to learn from, then ${WATCHED}, ten seconds
apart: ${weeks.toFixed(2)} weeks of each noise. River sees the series standardised by what the 100 looks have taught: as it is, its differences, or whitened by our filter.

## False alarms

In all runs, while nothing changes:

${tableOf([['detector', ...noiseNames], ...detectors.map((detector) => [detector, ...noiseNames.map((noise) => `${falseAlarms(noise, detector)}`)])])}

Ours raises one alarm a run at most, because it then learns anew; those of river go on.

## What is found

The level is lower from look ${CHANGE_AT} on. Median of the looks until the alarm, and in how many of the runs that had no false alarm before:

${changes
  .slice(1)
  .map(
    ({ about }) =>
      `### ${about}\n\n${tableOf([['detector', ...noiseNames], ...detectors.map((detector) => [detector, ...noiseNames.map((noise) => found(noise, about, detector))])])}`,
  )
  .join('\n\n')}

The noises: ${noiseNames.map((noise) => `**${noise}**, ${noises[noise].about}`).join('; ')}.
`;
writeFileSync(join(repositoryRoot, 'docs', 'drift-detectors.md'), page);
console.log('wrote docs/drift-detectors.md');
