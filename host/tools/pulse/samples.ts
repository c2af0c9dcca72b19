// Writes output samples as files for other programs: NumPy's .npy, and CSV.

import { littleEndian } from './expected.ts';
import type { Paths, PulseRun } from './run.ts';
import { timeBaseOf } from './time-base.ts';

/** NumPy's format version 1.0 (numpy.lib.format): the data begin at a multiple of this. */
const NPY_ALIGNMENT = 64;

/** Samples of all sequencers in one window, on the clock of the run. Before the start of a sequencer they are zero. */
export interface SampleTable {
  fromNs: number;
  length: number;
  columns: { name: string; samples: Int16Array }[];
}

export function sampleTable(run: PulseRun, fromNs: number, toNs: number): SampleTable {
  const base = timeBaseOf(run);
  const length = Math.max(0, toNs - fromNs);
  const columns = run.sequencers.flatMap((sequencer) => {
    const shiftNs = base.shiftNs(sequencer);
    const paths = sequencer.paths(Math.max(0, fromNs - shiftNs), Math.max(0, toNs - shiftNs));
    const prefix = run.sequencers.length === 1 ? '' : `${sequencer.name} `;
    return [placed(paths, 'path0', shiftNs), placed(paths, 'path1', shiftNs)].map((samples, path) => ({
      name: `${prefix}path${path}`,
      samples,
    }));
  });
  return { fromNs, length, columns };

  function placed(paths: Paths, path: 'path0' | 'path1', shiftNs: number): Int16Array {
    const samples = new Int16Array(length);
    const offset = paths.fromNs + shiftNs - fromNs;
    samples.set(paths[path].subarray(0, Math.max(0, length - offset)), Math.max(0, offset));
    return samples;
  }
}

/** int16 of shape (2, samples) for one sequencer, (sequencers, 2, samples) for several. */
export function npyFile({ length, columns }: SampleTable): Uint8Array {
  const sequencers = columns.length / 2;
  const shape = sequencers === 1 ? `(2, ${length})` : `(${sequencers}, 2, ${length})`;
  const dictionary = `{'descr': '<i2', 'fortran_order': False, 'shape': ${shape}, }`;
  const prefix = 10;
  const padded = Math.ceil((prefix + dictionary.length + 1) / NPY_ALIGNMENT) * NPY_ALIGNMENT - prefix;
  const header = `${dictionary.padEnd(padded - 1)}\n`;
  const bytes = new Uint8Array(prefix + padded + columns.length * length * 2);
  bytes.set([0x93, ...Buffer.from('NUMPY'), 1, 0, padded & 0xff, padded >> 8]);
  bytes.set(Buffer.from(header, 'latin1'), prefix);
  for (const [index, { samples }] of columns.entries()) {
    bytes.set(littleEndian(samples), prefix + padded + index * length * 2);
  }
  return bytes;
}

/** One line per nanosecond: time_ns, then the paths as 16-bit numbers. */
export function csvFile({ fromNs, length, columns }: SampleTable): string {
  const lines = [['time_ns', ...columns.map(({ name }) => quoted(name))].join(',')];
  for (let index = 0; index < length; index += 1) {
    let line = String(fromNs + index);
    for (const { samples } of columns) line += `,${samples[index]}`;
    lines.push(line);
  }
  return `${lines.join('\n')}\n`;
}

function quoted(name: string): string {
  return /[",\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}
