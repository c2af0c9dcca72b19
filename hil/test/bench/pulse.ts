// Pulse programs, beside the open simulator q1simulator: the same programs in the same run, observed and drawn as it draws them.
//
//   q1-instructions   million classic instructions a second and core, of a program that only calculates
//   q1-corpus         programs of the shared corpus a second: loaded, run, every record read, both paths drawn (at most 2 ms of them)
//   q1-real-time      seconds of the instrument a second of ours, over the whole corpus
//   q1-flat-memory    MiB the process grows by while a program of a billion instructions runs, its records read

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Samples } from '../../../host/board/sequencer/outputs.ts';
import { SequencerModule } from '../../../host/board/sequencer/sequencer-module.ts';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { type AssembledSequence, assembleSequence } from '../../../host/tools/q1/index.ts';
import { corpusFolder, corpusPrograms } from '../../../host/tools/q1/testing.ts';
import { sequencerModule } from '../../../host/tools/sequencer.ts';
import { runOn, waveformsOf } from '../../rig/pulse/run.ts';
import { pythonTool } from '../interop/install.ts';
import { type BenchRow, median } from './row.ts';

const rounds = 5;
const goalInstructions = 20;
const goalTimesFaster = 100;
const goalGrowthMiB = 32;
/** What each program of the corpus was given when its expected results were made. */
const cycles = 300_000;
const drawnNs = 2_000_000;
const mebi = 2 ** 20;
const calculatingRounds = 5_000_000;
/** The simulator runs about as many instructions in a second. */
const simulatedRounds = 20_000;
const billion = 1_000_000_000;

const calculating = (count: number) =>
  `move ${count},R0\nwait_sync 100\nagain: add R1,3,R1\nnop\nxor R1,R2,R2\nnop\nsub R2,7,R3\nloop R0,@again\nstop`;

/** Four instructions a round, one of them in real time: records all the way. */
const endless = 'wait_sync 1000\nmove 4000000000,R0\nagain: add R1,1,R1\nnop\nupd_param 60\nloop R0,@again\nstop';

export async function benchPulse(): Promise<BenchRow[]> {
  const module = await sequencerModule();
  const simulator = await pythonTool('q1simulator');
  return [
    await benchInstructions(module, simulator.path, simulator.missing),
    ...(await benchCorpus(module, simulator.path, simulator.missing)),
    benchMemory(module),
  ];
}

async function benchInstructions(module: Uint8Array, python?: string, missing?: string): Promise<BenchRow> {
  const sequence = assembleSequence(calculating(calculatingRounds), 'calculating');
  const ours: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const sequencer = new SequencerModule(module);
    const start = performance.now();
    const [result] = runOn(sequencer, [sequence], { observe: false }).sequencers;
    ours.push(result.instructionsExecuted / (performance.now() - start) / 1000);
  }
  let theirs = 0;
  if (python !== undefined) {
    const program = calculating(simulatedRounds);
    const executed = 6 * simulatedRounds + 3;
    const [{ seconds }] = await simulated(python, [JSON.stringify({ ...empty, program })], executed + 1);
    theirs = executed / seconds / 1e6;
  }
  const peer = missing === undefined ? 'q1simulator 1.3.4' : `none: ${missing}`;
  const value = median(ours);
  return { id: 'q1-instructions', value, unit: 'M/s', goal: goalInstructions, peer, peerValue: theirs };
}

const empty = { waveforms: {}, weights: {}, acquisitions: {} };

async function benchCorpus(module: Uint8Array, python?: string, missing?: string): Promise<BenchRow[]> {
  const programs = corpusPrograms();
  if (programs.length === 0) {
    const peer = `none: the shared corpus is not at ${corpusFolder.replace(repositoryRoot, '.')}`;
    return [{ id: 'q1-corpus', value: 0, unit: 'programs/s', goal: 0, peer, peerValue: 0 }];
  }
  const sequences = programs.map(({ name, text }) => assembleSequence(text, name));
  const bench = { sequencer: new SequencerModule(module), paths: blankPaths() };
  const seconds: number[] = [];
  let virtualSeconds = 0;
  for (const sequence of [...sequences, ...sequences]) runAndDraw(bench, sequence);
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    virtualSeconds = sequences.reduce((sum, sequence) => sum + runAndDraw(bench, sequence), 0) / 1e9;
    seconds.push((performance.now() - start) / 1000);
  }
  const ours = median(seconds);
  let theirs = 0;
  if (python !== undefined) {
    const answers = await simulated(
      python,
      programs.map(({ text }) => text),
      cycles,
    );
    theirs = programs.length / answers.reduce((sum, answer) => sum + answer.seconds, 0);
  }
  const peer = missing === undefined ? 'q1simulator 1.3.4' : `none: ${missing}`;
  return [
    {
      ...{ id: 'q1-corpus', value: programs.length / ours, unit: 'programs/s' },
      ...{ goal: goalTimesFaster * theirs, peer, peerValue: theirs },
    },
    {
      ...{ id: 'q1-real-time', value: virtualSeconds / ours, unit: 's/s', goal: 1 },
      ...{ peer: 'the instrument itself', peerValue: 1 },
    },
  ];
}

/** One chip that is loaded with one program after another, and the arrays their outputs are drawn into. */
interface CorpusBench {
  sequencer: SequencerModule;
  paths: Samples;
}

function blankPaths(): Samples {
  return { path0: new Int16Array(drawnNs), path1: new Int16Array(drawnNs) };
}

/** Virtual nanoseconds it took. */
function runAndDraw({ sequencer, paths }: CorpusBench, sequence: AssembledSequence): number {
  const settings: [['INTEGRATION_LENGTH', number]] = [['INTEGRATION_LENGTH', 100]];
  const [result] = runOn(sequencer, [{ ...sequence, settings }], { budget: cycles }).sequencers;
  const { seen, originNs, endNs } = result;
  const toNs = Math.min(endNs, originNs + drawnNs);
  seen?.outputs.render(originNs, toNs, waveformsOf(sequence.parts.waveforms), false, paths);
  return endNs - originNs;
}

function benchMemory(module: Uint8Array): BenchRow {
  const sequencer = new SequencerModule(module);
  const sequence = assembleSequence(endless, 'endless');
  runOn(sequencer, [sequence], { budget: billion / 100 });
  const before = process.memoryUsage().rss;
  const start = performance.now();
  const [result] = runOn(sequencer, [sequence], { budget: billion }).sequencers;
  const minutes = (performance.now() - start) / 60_000;
  if (result.instructionsExecuted !== billion)
    throw new Error(`${result.instructionsExecuted} instructions were executed`);
  const peer = `nobody; it took ${minutes.toFixed(1)} minutes`;
  const value = Math.max(0, process.memoryUsage().rss - before) / mebi;
  return { id: 'q1-flat-memory', value, unit: 'MiB', goal: goalGrowthMiB, peer, peerValue: 0 };
}

interface Simulated {
  seconds: number;
  end_ns: number;
}

/** Runs sequences in the simulator, one after another in one process. */
async function simulated(python: string, texts: string[], most: number): Promise<Simulated[]> {
  const folder = mkdtempSync(join(tmpdir(), 'coldrig-pulse-'));
  try {
    const programs = texts.map((text, index) => {
      const path = join(folder, `${index}.json`);
      writeFileSync(path, text);
      return path;
    });
    const script = join(repositoryRoot, 'hil/test/interop/clients/run_q1simulator.py');
    const answer = await outputOf(python, script, JSON.stringify({ programs, cycles: most }));
    return answer
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function outputOf(program: string, script: string, input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [script], { stdio: ['pipe', 'pipe', 'pipe'] });
    const said: Buffer[] = [];
    const complained: Buffer[] = [];
    child.stdout.on('data', (chunk) => said.push(chunk));
    child.stderr.on('data', (chunk) => complained.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(said).toString());
      else reject(new Error(`${script} ended with ${code}:\n${Buffer.concat(complained)}`));
    });
    child.stdin.end(input);
  });
}
