import { describe, expect, test } from 'vitest';
import { assertionTable, functionsSayWhatMustHold, staticBuffersFollowConstants } from './guest-rules.ts';
import { assertionFloors } from './ratchets.ts';
import { repositoryFiles, type SourceFile } from './sources.ts';

const files = repositoryFiles();

describe('the guests', () => {
  test('size every static buffer by the constant it follows from', () => {
    const findings = staticBuffersFollowConstants(files);
    expect(findings, `\n  ${findings.join('\n  ')}\n`).toEqual([]);
  });

  test('say what must hold, and no less than they did', () => {
    console.log(assertionTable(assertionFloors, files));
    const findings = functionsSayWhatMustHold(assertionFloors)(files);
    expect(findings, `\n  ${findings.join('\n  ')}\n`).toEqual([]);
  });
});

describe('the rules for guests find what they are for', () => {
  const file = (path: string, text: string): SourceFile => ({ path, text, lines: text.split('\n') });
  const buffers = (text: string) => staticBuffersFollowConstants([file('firmware/a.ts', text)]).join('\n');

  test('a buffer with a bare size', () => {
    expect(buffers('const a = memory.data(24, 4);')).toMatch(/firmware\/a.ts:1 sizes a buffer by the bare number 24/);
    expect(buffers('const a = memory.data(<i32>(6 * 4));')).toMatch(/bare number/);
  });

  test('no fault in a buffer that follows a constant, or in a table', () => {
    expect(buffers('const a = memory.data(<i32>(KINDS * 4), 4); const b = memory.data<u32>([1, 2]);')).toBe('');
  });

  const asserting = (text: string) =>
    functionsSayWhatMustHold({ firmware: 1 })([file('firmware/a.ts', text)]).join('\n');

  test('a folder that says less than it did', () => {
    expect(asserting('function a(): void {}')).toMatch(/0 assertions in 1 functions, 0 each, below its 1/);
  });

  test('a folder that says more and may not fall back', () => {
    expect(asserting("function a(): void { assert(b, 'c'); assert(d, 'e'); }")).toMatch(/well above its 1\. Raise/);
    expect(asserting("function a(): void { assert(b, 'c'); }")).toBe('');
  });
});
