// Reads a sequence as compilers write it: JSON {program, waveforms, weights, acquisitions}, or the program alone. In JSON the program is one
// string or a list of lines. All errors are collected, each with its JSON path.

import { SequenceLayout } from '../../../protocol/q1/sequence.ts';
import { type Finding, Q1Error, type Source } from './findings.ts';
import { jsonFault } from './json-place.ts';
import { quoted } from './operand.ts';

export interface Samples {
  name: string;
  index: number;
  /** The value times 32768, without its fraction. */
  samples: Int32Array;
}

export interface Acquisition {
  name: string;
  index: number;
  bins: number;
}

export interface SequenceParts {
  source: Source;
  waveforms: Samples[];
  weights: Samples[];
  acquisitions: Acquisition[];
}

/** The largest number of bins that fits into its word. */
const BINS_MOST = 2 ** 31 - 1;

/** The parts that could be read, and the errors of the others. The program itself is not checked here. */
export interface ReadSequence {
  parts: SequenceParts;
  findings: Finding[];
}

/** A text that begins with a brace is taken as JSON. `name` is only for messages. Throws a Q1Error when it is not valid JSON. */
export function readSequence(text: string, name: string): ReadSequence {
  const json = text.trimStart().startsWith('{');
  if (!json) {
    const source = { name, embedded: false, lines: splitLines(text) };
    return { parts: { source, waveforms: [], weights: [], acquisitions: [] }, findings: [] };
  }
  return new SequenceReader(name).read(parseJson(text, name));
}

function parseJson(text: string, name: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch (problem) {
    if (!(problem instanceof SyntaxError)) throw problem;
    const source = { name, embedded: false, lines: splitLines(text) };
    const { offset, expected } = jsonFault(text) ?? { offset: 0, expected: 'JSON' };
    const before = text.slice(0, offset).split('\n');
    const place = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, length: 1 };
    const found = offset === text.length ? 'the file ends here' : `found ${quoted(text[offset])}`;
    const message = `not valid JSON: ${found}, expected ${expected}`;
    throw new Q1Error(source, [{ severity: 'error', rule: 'JSON', ...place, message }]);
  }
}

function splitLines(text: string): string[] {
  return text.split(/\r?\n/);
}

class SequenceReader {
  private readonly findings: Finding[] = [];
  private readonly source: Source;

  constructor(name: string) {
    this.source = { name, embedded: true, lines: [] };
  }

  read(sequence: Record<string, unknown>): ReadSequence {
    this.source.lines = this.program(sequence.program);
    const parts = {
      source: this.source,
      waveforms: this.sampleTable(sequence.waveforms, 'waveforms'),
      weights: this.sampleTable(sequence.weights, 'weights'),
      acquisitions: this.acquisitionTable(sequence.acquisitions),
    };
    return { parts, findings: this.findings };
  }

  private program(value: unknown): string[] {
    if (typeof value === 'string') return splitLines(value);
    if (Array.isArray(value) && value.every((line) => typeof line === 'string')) return value.flatMap(splitLines);
    return this.wrong([], 'program', value, 'a string or a list of lines');
  }

  private sampleTable(value: unknown, table: string): Samples[] {
    return this.entries(value, table).map(([name, entry]) => {
      const path = `${table}.${name}`;
      const data = Array.isArray(entry.data)
        ? entry.data
        : this.wrong<unknown[]>([0], `${path}.data`, entry.data, 'a list of numbers from -1 to 1');
      if (data.length === 0) this.wrong(0, `${path}.data`, data, 'at least one sample');
      return { name, index: this.index(entry.index, path), samples: this.samples(data, `${path}.data`) };
    });
  }

  private samples(data: unknown[], path: string): Int32Array {
    return Int32Array.from(data, (value, index) => {
      const good = typeof value === 'number' && value >= -1 && value <= 1;
      const sample = good ? value : this.wrong(0, `${path}[${index}]`, value, 'a number from -1 to 1');
      return Math.trunc(sample * SequenceLayout.FULL_SCALE);
    });
  }

  private acquisitionTable(value: unknown): Acquisition[] {
    return this.entries(value, 'acquisitions').map(([name, entry]) => {
      const path = `acquisitions.${name}`;
      const bins = entry.num_bins;
      const whole = typeof bins === 'number' && Number.isInteger(bins) && bins >= 1 && bins <= BINS_MOST;
      if (!whole) this.wrong(0, `${path}.num_bins`, bins, 'a whole number of bins, 1 or more');
      return { name, index: this.index(entry.index, path), bins: whole ? bins : 1 };
    });
  }

  /** The objects of a table by name; a missing table is empty. No two objects may have the same index. */
  private entries(value: unknown, table: string): [string, Record<string, unknown>][] {
    if (value === undefined || value === null) return [];
    if (!isObject(value)) return this.wrong([], table, value, 'an object of named entries');
    const seen = new Map<unknown, string>();
    const kept: [string, Record<string, unknown>][] = [];
    for (const [name, entry] of Object.entries(value)) {
      if (!isObject(entry)) {
        this.wrong(0, `${table}.${name}`, entry, 'an object');
        continue;
      }
      const other = seen.get(entry.index);
      if (other !== undefined) this.wrong(0, `${table}.${name}.index`, entry.index, `an index ${other} does not have`);
      seen.set(entry.index, name);
      kept.push([name, entry]);
    }
    return kept;
  }

  private index(value: unknown, path: string): number {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
    return this.wrong(0, `${path}.index`, value, 'a whole number, 0 or more');
  }

  private wrong<Instead>(instead: Instead, path: string, found: unknown, expected: string): Instead {
    const text = found === undefined ? 'missing' : quoted(JSON.stringify(found) ?? String(found)).slice(1, -1);
    const message = `${found === undefined ? 'missing' : `found ${text.replaceAll('\\"', '"')}`}: expected ${expected}`;
    const place = { line: 0, column: 0, length: 0 };
    this.findings.push({ severity: 'error', rule: 'SEQUENCE', ...place, path, message });
    return instead;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
