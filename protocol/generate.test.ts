import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { peripherals } from './chip/chip.ts';
import { checkPeripheral, type Peripheral } from './chip/svd.ts';
import { constantTables, generatedFiles } from './generate/files.ts';
import { svdFile } from './generate/svd-file.ts';
import { eventKinds } from './telemetry/events.ts';

describe('generated files', () => {
  for (const [name, text] of Object.entries(generatedFiles())) {
    test(`protocol/${name} is what the descriptions make (else: make generate)`, () => {
      expect(readFileSync(join(import.meta.dirname, name), 'utf8')).toBe(text);
    });
  }
});

describe('constant tables', () => {
  test('every prefix names one table', () => {
    const prefixes = constantTables.map((table) => table.prefix);
    expect(new Set(prefixes).size).toBe(prefixes.length);
  });

  test('every event has a number of its own', () => {
    const names = new Map<number, string>();
    for (const [name, [kind]] of Object.entries(eventKinds.values)) {
      expect(
        names.get(kind),
        `${name} has number ${kind}, which another event has; take the next free one`,
      ).toBeUndefined();
      names.set(kind, name);
    }
  });

  test('every value is an unsigned 32-bit integer', () => {
    for (const table of constantTables) {
      for (const [name, [value]] of Object.entries(table.values)) {
        expect(value, `${table.prefix}_${name}`).toBe(value >>> 0);
      }
    }
  });
});

describe('a register description', () => {
  const withRegisters = (registers: Peripheral['registers']): Peripheral => ({
    name: 'P',
    base: 0,
    doc: 'd',
    registers,
  });
  const word = { reset: 0, access: 'read-write', doc: 'd' } as const;

  test('of every peripheral is free of contradictions', () => {
    for (const peripheral of peripherals) expect(() => checkPeripheral(peripheral)).not.toThrow();
  });

  test('of a read-only register with a flag that is cleared is read-write in chip.svd, and its other fields read-only', () => {
    const busy = { name: 'BUSY', bits: [0, 0], doc: 'd' } as const;
    const done = {
      name: 'DONE',
      bits: [1, 1],
      access: 'read-write',
      modifiedWriteValues: 'oneToClear',
      doc: 'd',
    } as const;
    const status = {
      ...word,
      name: 'STATUS',
      offset: 0,
      access: 'read-only',
      fields: [busy, done],
    } as Peripheral['registers'][0];
    const [, ...said] = [...svdFile([withRegisters([status])]).matchAll(/<name>(\w+)<|<access>(\S+)</g)].map(
      ([, name, access]) => name ?? access,
    );
    expect(said.slice(said.indexOf('STATUS'))).toEqual(['STATUS', 'read-write', 'BUSY', 'read-only', 'DONE']);
  });

  test('of two peripherals never shares a base address or an interrupt line', () => {
    const bases = peripherals.map((p) => p.base);
    const lines = peripherals.flatMap((p) => (p.interrupt ? [p.interrupt.line] : []));
    expect(new Set(bases).size).toBe(bases.length);
    expect(new Set(lines).size).toBe(lines.length);
  });

  test('with two registers at one offset is refused by name', () => {
    const clash = withRegisters([
      { ...word, name: 'ONE', offset: 0, count: 2 },
      { ...word, name: 'TWO', offset: 4 },
    ]);
    expect(() => checkPeripheral(clash)).toThrow('P.TWO and P.ONE share offset 0x4');
  });

  test('with overlapping fields is refused by name', () => {
    const fields = [
      { name: 'LOW', bits: [3, 0] as [number, number], doc: 'd' },
      { name: 'MIDDLE', bits: [5, 3] as [number, number], doc: 'd' },
    ];
    expect(() => checkPeripheral(withRegisters([{ ...word, name: 'R', offset: 0, fields }]))).toThrow(
      'P.R.MIDDLE overlaps',
    );
  });

  test('whose reset value sets a reserved bit is refused', () => {
    const fields = [{ name: 'LOW', bits: [0, 0] as [number, number], doc: 'd' }];
    expect(() => checkPeripheral(withRegisters([{ ...word, name: 'R', offset: 0, reset: 2, fields }]))).toThrow(
      'reserved bits',
    );
  });
});
