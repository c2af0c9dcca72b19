// The tracefile: lines and functions by source file, and what is added up.

import { describe, expect, it } from 'vitest';
import { mergeCoverage } from './coverage.ts';
import { lcovOf } from './lcov.ts';
import type { SourceBlock } from './source-blocks.ts';

const block = (functionName: string, ...places: [file: string, line: number][]): SourceBlock => ({
  functionName,
  places: places.map(([file, line]) => ({ file, line })),
  isAssertion: false,
});

describe('a tracefile', () => {
  const blocks = [
    block('firmware/a/run', ['firmware/a.ts', 10], ['firmware/b.ts', 3]),
    block('firmware/a/run', ['firmware/a.ts', 10], ['firmware/a.ts', 11]),
    block('firmware/b/small', ['firmware/b.ts', 3], ['~lib/util/memory.ts', 5]),
    block('firmware/b/never', ['firmware/b.ts', 8]),
  ];

  it('has one record a file, with functions where they stand and lines as often as their most frequent block', () => {
    expect(lcovOf([{ blocks, counts: [4, 2, 5, 0] }]).split('\n')).toEqual([
      ...['TN:', 'SF:firmware/a.ts', 'FN:10,firmware/a/run', 'FNDA:4,firmware/a/run', 'FNF:1', 'FNH:1'],
      ...['DA:10,4', 'DA:11,2', 'LF:2', 'LH:2', 'end_of_record'],
      ...['TN:', 'SF:firmware/b.ts', 'FN:3,firmware/b/small', 'FN:8,firmware/b/never'],
      ...['FNDA:5,firmware/b/small', 'FNDA:0,firmware/b/never', 'FNF:2', 'FNH:1'],
      // 4 in the function that it was put into, 5 by itself.
      ...['DA:3,9', 'DA:8,0', 'LF:2', 'LH:1', 'end_of_record', ''],
    ]);
  });

  it('adds up modules by file, and names files as the reader knows them', () => {
    const module = { blocks: blocks.slice(0, 2), counts: [1, 0] };
    const text = lcovOf([module, module], (file) => (file === 'firmware/a.ts' ? '/home/a.ts' : undefined));
    expect(text.match(/^SF:.*/gm)).toEqual(['SF:/home/a.ts']);
    expect(text).toContain('FNDA:2,firmware/a/run\n');
    expect(text).toContain('DA:10,2\nDA:11,0\n');
  });

  describe('of a function with a small one of the same file in it', () => {
    const source = [
      'function small(): u32 {',
      '  return 1;',
      '}',
      '',
      'function large(): u32 {',
      '  return small();',
      '}',
    ];
    const inlined = [block('firmware/c/large', ['firmware/c.ts', 2], ['firmware/c.ts', 6])];
    const linesOf = (text?: string) =>
      lcovOf([{ blocks: inlined, counts: [1] }], undefined, () => text).match(/^(FN|DA):.*/gm);

    it('begins where the function is defined', () => {
      expect(linesOf(source.join('\n'))).toEqual(['FN:5,firmware/c/large', 'DA:2,1', 'DA:6,1']);
    });

    it('begins at the first line that became code, where the source is not there or has no such function', () => {
      expect(linesOf()?.[0]).toBe('FN:2,firmware/c/large');
      expect(linesOf('function other(): void {}')?.[0]).toBe('FN:2,firmware/c/large');
    });

    it('begins with its own code, for a closure', () => {
      const text = 'function a(): void {}\nfunction run(): u32 {\n  const x = 1;\n  return each((n) => a());\n}';
      const closure = [block('firmware/c/run~anonymous|0', ['firmware/c.ts', 1], ['firmware/c.ts', 4])];
      const lcov = lcovOf([{ blocks: closure, counts: [1] }], undefined, () => text);
      expect(lcov).toContain('FN:4,firmware/c/run~anonymous|0\n');
    });

    it('is in its own file, even when all of its code comes from others', () => {
      const text = 'function hull(): void {\n  a();\n}';
      const hull = [block('firmware/d/hull', ['firmware/a.ts', 10]), block('firmware/d/more', ['firmware/d.ts', 8])];
      const lcov = lcovOf([{ blocks: hull, counts: [1, 1] }], undefined, (file) =>
        file === 'firmware/d.ts' ? text : undefined,
      );
      expect(lcov).toMatch(/^SF:firmware\/d\.ts\nFN:1,firmware\/d\/hull$/m);
    });
  });

  it('has nothing for a module without a source map', () => {
    expect(lcovOf([{ blocks: [block('function[3]')], counts: [7] }])).toBe('');
  });
});

describe('coverage of several runs', () => {
  const part = (hash: string, ...counts: number[]) => ({ role: 'firmware' as const, hash, module: '', counts });

  it('is the sum by module, in any order', () => {
    const parts = [[part('b', 1, 0)], [part('a', 5), part('b', 2, 3)]];
    expect(mergeCoverage(parts)).toEqual([part('a', 5), part('b', 3, 3)]);
    expect(mergeCoverage([...parts].reverse())).toEqual(mergeCoverage(parts));
    expect(parts[0][0].counts).toEqual([1, 0]);
  });

  it('is refused when the same module has another number of blocks', () => {
    expect(() => mergeCoverage([[part('a', 1)], [part('a', 1, 2)]])).toThrow(
      /module a has 1 blocks .* and 2 .*same version/,
    );
  });
});
