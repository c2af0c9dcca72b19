// Readout: windows of 1 us at 1 GS/s, clipped, counted, demodulated, integrated and put into the statistics by the firmware's own code.
//
//   readout-shot    ns a window of one tone; the peer is numpy doing the same per call: clip, count, peak, product with a prepared table, turn
//   readout-tones   ns a tone, in a window of eight; numpy multiplies a prepared matrix of eight tones
//   readout-1000    ms for 1,000 acquisitions in all, by six sequencers on a board, samples of an ideal converter included
//
// What limits it: the products. A tone takes two multiplications of 64 bits a sample (I and Q share one), and wasm has no wider one without SIMD, which an image
// may not use. Clipping and counting take about as long as one tone and are done once for all tones of a line.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ReadoutModule } from '../../../host/board/readout/readout-module.ts';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { readoutModule } from '../../../host/tools/sequencer.ts';
import { READOUT } from '../../../protocol/generated/registers.ts';
import { PulseDevice } from '../../rig/pulse/pulse-device.ts';
import { pythonTool } from '../interop/install.ts';
import { sequence } from '../pulse/programs.ts';
import { type BenchRow, median } from './row.ts';

const rounds = 7;
const windowNs = 1000;
const windowsOfRound = 20_000;
const goalTimesFaster = 20;
const tones = 8;
const shots = 1000;
const goalShotsMs = 1000;

export async function benchReadout(): Promise<BenchRow[]> {
  const module = new ReadoutModule(await readoutModule());
  const python = await pythonTool('q1simulator');
  const ours: [one: number[], eight: number[]] = [[], []];
  const theirs: [one: number[], eight: number[]] = [[], []];
  // In turn, so that a machine which slows down slows both.
  for (let round = 0; round < rounds; round++) {
    ours[0].push(windowsTake(module, 0));
    ours[1].push(windowsTake(module, 2 ** tones - 1) / tones);
    if (python.missing !== undefined) continue;
    const [one, eight] = await numpyTakes(python.path);
    theirs[0].push(one);
    theirs[1].push(eight / tones);
  }
  const peer = python.missing === undefined ? 'numpy 2.2.6, one thread' : `none: ${python.missing}`;
  const row = (id: string, own: number[], other: number[], goal: number): BenchRow => ({
    ...{ id, value: median(own), unit: 'ns', goal, peer },
    peerValue: other.length === 0 ? 0 : median(other),
  });
  return [
    row('readout-shot', ours[0], theirs[0], theirs[0].length === 0 ? 0 : median(theirs[0]) / goalTimesFaster),
    row('readout-tones', ours[1], theirs[1], 0),
    await benchShots(),
  ];
}

/** Samples of two tones, which do not clip. */
const samples = Int32Array.from({ length: 2 * windowNs }, (_, at) =>
  Math.round(700 * Math.sin(at * 0.37) + 300 * Math.cos(at * 1.7)),
);

/** Nanoseconds a window takes, copying its samples included. */
function windowsTake(module: ReadoutModule, together: number): number {
  for (let tone = 0; tone < tones; tone++) module.configure(tone, 'FREQUENCY', 160_000_000 + tone * 120_000_000);
  module.configure(0, 'TOGETHER', together);
  const fill = (into: Int32Array) => into.set(samples);
  const start = performance.now();
  for (let window = 0; window < windowsOfRound; window++) {
    module.open(0, window * 1000, windowNs, window & 1);
    module.feed(0, windowNs, fill);
  }
  return ((performance.now() - start) / windowsOfRound) * 1e6;
}

async function numpyTakes(python: string): Promise<[one: number, eight: number]> {
  const script = join(repositoryRoot, 'hil/test/bench/readout_peer.py');
  const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
  const { stdout } = await promisify(execFile)(python, [script, JSON.stringify([...samples])], { env });
  const { one, eight } = JSON.parse(stdout) as { one: number; eight: number };
  return [one, eight];
}

/** Six sequencers acquire, one window of 1 us every 20 us each, until there are a thousand. */
async function benchShots(): Promise<BenchRow> {
  const device = await PulseDevice.running();
  device.board.machine.poke(READOUT, 'CONTROL', 1);
  const counts = [167, 167, 167, 167, 166, 166];
  const programs = counts.map((count, core) =>
    sequence(
      `shots-${core}`,
      `move ${count},R0\nwait_sync 100\nset_awg_offs 8000,0\nshot: reset_ph\nacquire 0,0,1000\nupd_param 19000\nloop R0,@shot\nstop`,
      [
        ['INPUT', 1 + core],
        ['INTEGRATION_LENGTH', windowNs],
      ],
    ),
  );
  await device.load(programs);
  await device.start(programs);
  const start = device.board.fork();
  const taken: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const board = start.fork();
    const before = performance.now();
    board.runFor(10_000_000);
    taken.push(performance.now() - before);
    const measured = counts.reduce((sum, _, core) => sum + board.sequencers.module.bins(core, 0, 0, 1)[0].count, 0);
    if (measured !== shots) throw new Error(`${measured} acquisitions are in their bins, of ${shots}`);
  }
  const peer = 'nobody; 10 ms of the board';
  return { id: 'readout-1000', value: median(taken), unit: 'ms', goal: goalShotsMs, peer, peerValue: 0 };
}
