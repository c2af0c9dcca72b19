// `coldrig build` on small firmware: a plain one without the library, and some that the core would refuse, each with its line and what to do.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceUnderTest } from '../../hil/rig/device.ts';
import { signed } from '../../hil/rig/images.ts';
import { second } from '../../hil/rig/time.ts';
import { repositoryRoot } from '../../host/tools/guest.ts';
import { coldrig } from '../testing.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-build-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function built(text: string, ...words: string[]) {
  writeFileSync(join(folder, 'main.ts'), text);
  return coldrig(['build', 'main.ts', ...words], { cwd: folder });
}

const handlers = 'export function reset(): void {}\nexport function interrupt(lines: u32): void {';

/** The firmware without the library, as docs/your-firmware.md shows it. */
function plainFirmware(): string {
  const page = readFileSync(join(repositoryRoot, 'docs/your-firmware.md'), 'utf8');
  const found = /```ts\n(\/\/ Firmware without the library[\s\S]*?)```/.exec(page);
  return (found as RegExpExecArray)[1];
}

describe('coldrig build', () => {
  it('compiles plain firmware, which runs and feeds its watchdog; every call of it has a bound', async () => {
    const { json } = await built(plainFirmware(), '--json');
    expect(json).toMatchObject({ file: join('build', 'firmware.wasm'), memoryBytes: 131_072, functions: 3 });
    expect(json.worstCase).toEqual([
      { name: 'reset', kind: 'handler', cycles: expect.any(Number), unbounded: null },
      { name: 'interrupt', kind: 'handler', cycles: expect.any(Number), unbounded: null },
    ]);
    const payload = readFileSync(join(folder, 'build', 'firmware.wasm'));
    const device = await DeviceUnderTest.running({ slots: { A: signed('1.0.0', { payload }) } });
    device.run(5 * second);
    expect(device.board.state).toBe('firmware');
    expect(device.events('BOOT_START')).toHaveLength(1);
  });

  it('says where a number with a point is, and what to write instead', async () => {
    const { code, stderr } = await built(`let half: u32 = 0;\n${handlers}\n  if (<f64>lines * 0.5 > 3.0) half++;\n}\n`);
    expect(code).toBe(1);
    expect(stderr.replace(/\s+/g, ' ')).toMatch(
      /^error: main\.ts:4:\d+: the core refuses this \(float\) in main\/interrupt: .*write u32/,
    );
  });

  it('says where recursion is', async () => {
    const { json } = await built(
      `${handlers} turns(lines); }\nfunction turns(n: u32): u32 {\n  return n == 0 ? 1 : n * turns(n - 1);\n}\n`,
      '--json',
    );
    expect(json).toMatchObject({
      ok: false,
      error: { code: 'CORE_REFUSED', reason: 'recursion', file: 'main.ts', line: 4 },
    });
  });

  it('explains a heap and a missing handler in words of AssemblyScript', async () => {
    const heap = await built(`${handlers} new Array<i32>(4).push(1); }\n`);
    expect(heap.stderr.replace(/\s+/g, ' ')).toMatch(/the core refuses this .*memory\.data\(\)/);
    const missing = await built('export function reset(): void {}\n');
    expect(missing.stderr.replace(/\s+/g, ' ')).toMatch(
      /no exported function interrupt.*export reset\(\) and interrupt\(lines: u32\)/,
    );
  });

  it('shows what the compiler says, with file, line and column', async () => {
    const { code, stderr } = await built(`${handlers}\n  let a: u32 = ;\n}\n`);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^error: main\.ts does not compile\nERROR TS1109.*[\s\S]*main\.ts\(3,16\)/),
    ]);
  });

  it('refuses an entry that is not there, and a part that there is not', async () => {
    const { code, stderr } = await coldrig(['build', 'other.ts'], { cwd: folder });
    expect([code, stderr.replace(/\s+/g, ' ')]).toEqual([
      1,
      expect.stringMatching(/no other\.ts in .*coldrig new DIR/),
    ]);
    expect((await built(`${handlers}}\n`, '--with', 'lasers')).code).toBe(2);
  });
});
