// Source maps: made with every guest, found by its code, and never used for another module.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compileGuest, repositoryRoot, sourceMapOf, sourceMapOfGuest } from '../guest.ts';
import { withFunctionNamesOnly } from '../name-section.ts';
import { compileFirmware } from '../sequencer.ts';
import { withoutSection } from '../wasm-sections.ts';
import { ownPlaces, placesIn } from './find-map.ts';

const folder = mkdtempSync(join(tmpdir(), 'coldrig-map-'));
afterAll(() => rmSync(folder, { recursive: true }));
const put = (name: string, contents: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
};
const entry = 'bootloader/image/security-counter.entry.ts';

describe('the source map of a guest', () => {
  it('costs the module no byte', async () => {
    const module = await compileGuest(entry);
    const asc = (await import('assemblyscript/asc')).default;
    expect(
      WebAssembly.Module.customSections(new WebAssembly.Module(module as BufferSource), 'sourceMappingURL'),
    ).toEqual([]);
    const outcome = async (...extra: string[]) => {
      const source = 'export function f(a: i32): i32 { return a < 3 ? a * 7 : a / 5; }\n';
      let binary = new Uint8Array(0);
      await asc.main(
        ['guest.ts', '--config', 'asconfig.json', '--target', 'guest', ...extra, '--outFile', 'guest.wasm'],
        {
          readFile: (name) =>
            name === 'guest.ts' ? source : name === 'asconfig.json' ? '{"targets":{"guest":{}}}' : null,
          writeFile: (name, contents) => {
            if (!name.endsWith('.map')) binary = contents as Uint8Array<ArrayBuffer>;
          },
          listFiles: () => [],
        },
      );
      return binary;
    };
    const [plain, mapped] = [await outcome(), await outcome('--sourceMap')];
    expect(mapped.length).toBeGreaterThan(plain.length);
    expect(Buffer.compare(withoutSection(mapped, 'sourceMappingURL'), plain)).toBe(0);
  });

  it('is found by the code alone, also of a firmware with the other modules inside', async () => {
    const map = await sourceMapOfGuest('firmware/main.ts');
    const payload = await compileFirmware('firmware/main.ts');
    expect(sourceMapOf(payload)).toBe(map);
    expect(await ownPlaces(payload)).toBeDefined();
    const changed = Uint8Array.from(payload);
    changed[9] ^= 1;
    expect(await ownPlaces(changed)).toBeUndefined();
  });
});

describe('the source map of a module of one’s own', () => {
  const map = (sources: string[]) => JSON.stringify({ version: 3, sources, names: [], mappings: 'UAEA,KCAA,KCAA' });

  it('is found beside the module with the same code, and its sources in the folder it was compiled in', async () => {
    const module = await compileGuest(entry);
    const own = put('own.ts', '\n');
    put('firmware.wasm', module);
    put('firmware.wasm.map', map(['own.ts', '~lib/memory.ts', '~lib/coldrig/firmware/library/smp.ts']));
    const places = placesIn([join(folder, 'nowhere'), folder], withFunctionNamesOnly(module));
    expect(places?.at(10)).toMatchObject({ file: own, line: 3 });
    expect(places?.at(15)).toMatchObject({ file: '~lib/memory.ts' });
    expect(places?.at(20)).toMatchObject({ file: join(repositoryRoot, 'firmware/library/smp.ts') });
    expect(places?.at(12)).toBeUndefined();
  });

  it('is not used for another module', async () => {
    const other = Uint8Array.from(await compileGuest(entry));
    other[9] ^= 1;
    expect(placesIn([folder], other)).toBeUndefined();
  });

  it.each([
    ['no JSON', 'here', /firmware\.wasm\.map is not JSON/],
    [
      'of another version',
      '{"version": 2, "sources": [], "mappings": ""}',
      /firmware\.wasm\.map is no source map: expected/,
    ],
    ['without mappings', '{"version": 3, "sources": []}', /expected .*asc --sourceMap/],
    ['nothing', 'null', /expected/],
  ])('is refused when it is %s', async (_, text, words) => {
    put('firmware.wasm.map', text);
    const module = await compileGuest(entry);
    expect(() => placesIn([folder], module)).toThrow(words);
  });
});
