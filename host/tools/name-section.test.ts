// What is left of the names of a guest: those of its functions, and the code as it was.

import { describe, expect, test } from 'vitest';
import { compileGuest } from './guest.ts';
import { withFunctionNamesOnly } from './name-section.ts';

const sectionOf = (module: WebAssembly.Module) => Buffer.from(WebAssembly.Module.customSections(module, 'name')[0]);

describe('a module with the names of its functions only', () => {
  test('has the same code and the same function names, and is smaller', async () => {
    const bytes = await compileGuest('firmware/main.ts');
    const cut = withFunctionNamesOnly(bytes);
    expect(cut.length).toBeLessThan(bytes.length - 4000);
    const [before, after] = [bytes, cut].map((each) => new WebAssembly.Module(each as BufferSource));
    expect(WebAssembly.Module.exports(after)).toEqual(WebAssembly.Module.exports(before));
    expect(sectionOf(before).subarray(0, sectionOf(after).length)).toEqual(sectionOf(after));
    expect(sectionOf(after).toString('latin1')).toContain('firmware/main/interrupt');
    expect(withFunctionNamesOnly(cut)).toEqual(cut);
  });

  test('without names is as it was', () => {
    const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    expect(withFunctionNamesOnly(empty)).toEqual(empty);
  });
});
