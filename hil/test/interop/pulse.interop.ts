import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { coldrig } from '../../../cli/testing.ts';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { interopFolder, pathTool, pythonTool } from './install.ts';
import { skipWithReason } from './story.ts';

const tool = await pythonTool('wave-readers');
if (tool.path === undefined) skipWithReason('vcdvcd, pyvcd, numpy and perfetto', tool);

interface Read {
  vcd: Record<string, [time: number, value: string][]>;
  tokens: Record<string, number>;
  npy: { shape: number[]; dtype: string; sums: number[]; changes: number[] };
  perfetto: {
    tracks: Record<string, [name: string, parent: number, unit: string]>;
    slices: [track: number, name: string, begin: number, end: number, facts: Record<string, string | number>][];
    counters: Record<string, [time: number, value: number][]>;
  };
}

/** A ramp of 40 ns twice, markers around it, an acquisition in the second. */
const program = [
  ...['wait_sync 4', 'move 2,R0', 'loop: set_mrk 5', 'set_awg_gain 16384,-16384', 'play 0,1,60', 'set_mrk 0'],
  ...['set_freq 400000000', 'acquire 0,R1,140 # reads out', 'add R1,1,R1', 'loop R0,@loop', 'stop'],
];
const ramp = Array.from({ length: 40 }, (_, index) => index / 40);
const sequence = {
  program,
  waveforms: { ramp: { data: ramp, index: 0 }, flat: { data: Array(40).fill(0.5), index: 1 } },
  weights: {},
  acquisitions: { readout: { num_bins: 2, index: 0 } },
};

describe.skipIf(tool.path === undefined)('what coldrig pulse run writes, read by others', () => {
  let read: Read;
  let samples: [number, number];

  beforeAll(async () => {
    const folder = join(interopFolder, 'pulse');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'drive.json'), JSON.stringify(sequence));
    const files = ['drive.vcd', 'drive.npy', 'drive.pftrace'];
    const outputs = ['--vcd', '--samples', '--perfetto'].flatMap((option, index) => [option, files[index]]);
    const call = ['pulse', 'run', 'drive.json', '--integration-length', '100', ...outputs, '--json'];
    const outcome = await coldrig(call, { cwd: folder });
    expect(outcome.code, outcome.stdout).toBe(0);
    samples = (outcome.json.sequencers as { samples: [number, number] }[])[0].samples;
    const script = join(repositoryRoot, 'hil/test/interop/clients/pulse.py');
    const text = execFileSync(tool.path as string, [script, ...files.map((file) => join(folder, file))]);
    read = JSON.parse(text.toString());
  });

  const trackNamed = (name: string) => {
    const found = Object.entries(read.perfetto.tracks).find(([, [track]]) => track === name);
    return Number(found?.[0]);
  };
  const slicesOf = (name: string) => read.perfetto.slices.filter(([track]) => track === trackNamed(name));

  test('vcdvcd sees markers, windows and amplitudes where they are', () => {
    const { vcd } = read;
    expect(vcd['drive.marker1']).toEqual([
      [0, '0'],
      [0, '1'],
      [60, '0'],
      [200, '1'],
      [260, '0'],
    ]);
    expect(vcd['drive.marker2']).toEqual([[0, '0']]);
    expect(vcd['drive.acquiring']).toEqual([
      [0, '0'],
      [60, '1'],
      [160, '0'],
      [260, '1'],
      [360, '0'],
    ]);
    expect(vcd['drive.bin'].map(([time, bits]) => [time, Number.parseInt(bits, 2)])).toEqual([
      [0, 0],
      [260, 1],
    ]);
    // Half of full scale: the ramp's last sample is 39/40, floor(16384 * 31948 / 32768) in 1/32768.
    expect(vcd['drive.path0'].find(([time]) => time === 39)?.[1]).toBe(String(15974 / 32768));
    expect(vcd['drive.path1'].slice(0, 3)).toEqual([
      [0, '0'],
      [0, '-0.25'],
      [40, '0'],
    ]);
    expect(vcd['drive.frequency'].at(-1)?.[1]).toBe('100000000');
  });

  test('pyvcd reads the whole file', () => {
    expect(read.tokens).toMatchObject({ SCOPE: 1, VAR: 15, UPSCOPE: 1, ENDDEFINITIONS: 1, TIMESCALE: 1 });
  });

  test('numpy loads the samples as int16', () => {
    const { npy } = read;
    expect(npy).toMatchObject({ shape: [2, samples[0]], dtype: '<i2' });
    const half = ramp.reduce((sum, value) => sum + ((16384 * Math.trunc(value * 32768)) >> 15), 0);
    expect(npy.sums).toEqual([half * 2, -8192 * 40 * 2]);
  });

  test('Perfetto’s own messages say the same: instructions with line and slack, waveforms by name, windows by bin', () => {
    const instructions = slicesOf('real time').filter(([, name]) => name === 'acquire');
    expect(instructions.map(([, , begin, end]) => [begin, end])).toEqual([
      [60, 200],
      [260, 400],
    ]);
    expect(instructions[0][4]).toMatchObject({ line: 8, text: 'acquire 0,R1,140 # reads out' });
    expect(instructions[0][4]['slack ns']).toBeGreaterThan(0);
    expect(slicesOf('path 0').map(([, ...slice]) => slice.slice(0, 3))).toEqual([
      ['ramp', 0, 40],
      ['ramp', 200, 240],
    ]);
    expect(slicesOf('path 1').map(([, name]) => name)).toEqual(['flat', 'flat']);
    expect(slicesOf('acquisitions').map(([, ...slice]) => slice.slice(0, 3))).toEqual([
      ['readout [0]', 60, 160],
      ['readout [1]', 260, 360],
    ]);
    expect(slicesOf('marker 3').map(([, , begin, end]) => [begin, end])).toEqual([
      [0, 60],
      [200, 260],
    ]);
    expect(read.perfetto.tracks[trackNamed('slack')][2]).toBe('ns');
    expect(read.perfetto.counters[trackNamed('frequency')]?.at(-1)?.[1]).toBe(100_000_000);
  });
});

const [toFst, fromFst, toLxt2] = ['vcd2fst', 'fst2vcd', 'vcd2lxt2'].map((name) => pathTool(name));
const noGtkwave = [toFst, fromFst, toLxt2].find(({ missing }) => missing !== undefined);
if (noGtkwave !== undefined) skipWithReason("GTKWave's converters (Debian: gtkwave)", noGtkwave);

describe.skipIf(noGtkwave !== undefined)("a VCD in GTKWave's converters", () => {
  const folder = join(interopFolder, 'pulse');
  const convert = (tool: { path?: string }, ...files: string[]) =>
    execFileSync(tool.path as string, files, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });

  async function dump(programs: Record<string, string[]>, vcd: string): Promise<void> {
    mkdirSync(folder, { recursive: true });
    for (const [name, lines] of Object.entries(programs))
      writeFileSync(join(folder, name), JSON.stringify({ ...sequence, program: lines }));
    const outcome = await coldrig(['pulse', 'run', ...Object.keys(programs), '--vcd', vcd, '--json'], { cwd: folder });
    expect(outcome.code, outcome.stdout).toBe(0);
  }

  /** By signal: its value after each time at which it is another one. */
  function changesOf(text: string): Record<string, [time: number, value: string][]> {
    const names: Record<string, string> = {};
    const changes: Record<string, [number, string][]> = {};
    let [scope, time] = ['', 0];
    for (const line of text.split('\n')) {
      const words = line.split(' ');
      const [, value, id] = /^(?:[br](\S+) |(?=[01]))([01]?.*)$/.exec(line) ?? [];
      if (words[0] === '$scope') scope = words[2];
      else if (words[0] === '$var') names[words[3]] = `${scope}.${words[4]}`;
      else if (line.startsWith('#')) time = Number(line.slice(1));
      else if (id !== undefined && !line.startsWith('$')) {
        const [name, now] =
          value === undefined ? [names[id.slice(1)], id[0]] : [names[id], value.replace(/^0+(?=[01])/, '')];
        changes[name] ??= [];
        const own = changes[name];
        if (own.at(-1)?.[0] === time) own.pop();
        if (own.at(-1)?.[1] !== now) own.push([time, now]);
      }
    }
    return changes;
  }

  test('keeps every signal of sequencers whose names a VCD cannot hold, there and back', async () => {
    await dump({ 'ä b.json': program, 'ö b.json': [...program.slice(0, -1), 'wait 100', 'stop'] }, 'names.vcd');
    convert(toFst, 'names.vcd', 'names.fst');
    convert(fromFst, '-f', 'names.fst', '-o', 'names.back.vcd');
    const [ours, theirs] = ['names.vcd', 'names.back.vcd'].map((file) =>
      changesOf(readFileSync(join(folder, file), 'utf8')),
    );
    expect(Object.keys(ours).length).toBe(30);
    expect(theirs).toEqual(ours);
  });

  test('is taken when the run took no time', async () => {
    await dump({ 'nothing.json': ['wait_sync 4', 'stop'] }, 'nothing.vcd');
    expect(convert(toLxt2, 'nothing.vcd', 'nothing.lxt2')).toContain('[1] end time');
  });
});
