import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coldrig } from '../testing.ts';

const preset = readFileSync(new URL('../../host/tools/compare/presets/near-qubit.yaml', import.meta.url), 'utf8');
let folder = '';
const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-compare-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Outcome {
  architecture: string;
  compression: string;
  channels: number;
  heatWatts: Record<string, number>;
  parts: { what: string; watts: Record<string, number> }[];
  snrDecibels: number | null;
  overloaded: string[];
}

describe('coldrig compare', () => {
  it('prints five architectures at three sizes, and what compression saves and costs', async () => {
    const { code, stdout } = await coldrig(['compare']);
    expect(code).toBe(0);
    for (const size of ['8 channels', '64 channels', '1,024 channels']) expect(stdout).toContain(`\n${size}\n`);
    for (const name of ['front-end', 'near-qubit', 'full-cryo', 'modular-rack', 'hybrid'])
      expect(stdout.match(new RegExp(`^ {2}${name} `, 'gm'))?.length).toBeGreaterThanOrEqual(3);
    expect(stdout).toMatch(/^ {2}near-qubit demodulated +46.9 times +120 mW +12.8 mW$/m);
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  it('says of a fridge that is heated to the end of its model that it has no rest', async () => {
    const { code, stdout } = await coldrig(['compare', 'front-end', '--channels', '900,910']);
    expect(code).toBe(0);
    expect(stdout.match(/^ {2}front-end analogue .* no rest +- /gm)).toHaveLength(2);
  });

  it('gives the same as JSON: parts add up to the heat of each stage', async () => {
    const { code, json } = await coldrig(['--json', 'compare', 'hybrid', 'full-cryo', '--channels', '16']);
    expect(code).toBe(0);
    expect(json).toMatchObject({ ok: true, windowNs: 1000, shotsPerSecond: 100_000 });
    const outcomes = json.outcomes as Outcome[];
    expect(outcomes.map(({ architecture, compression }) => [architecture, compression])).toEqual([
      ['hybrid', 'raw'],
      ['full-cryo', 'raw'],
      ['full-cryo', 'demodulated'],
      ['full-cryo', 'thresholded'],
    ]);
    for (const { heatWatts, parts, snrDecibels, overloaded } of outcomes) {
      for (const [stage, watts] of Object.entries(heatWatts))
        expect(parts.reduce((sum, part) => sum + part.watts[stage], 0)).toBeCloseTo(watts, 12);
      expect(snrDecibels).toBeGreaterThan(15);
      expect(overloaded).toEqual([]);
    }
  });

  it('takes an architecture of one’s own, and says what is wrong with one', async () => {
    const own = write('own.yaml', preset.replace('architecture: near-qubit', 'architecture: mine'));
    expect((await coldrig(['compare', own, '--channels', '8'])).stdout).toMatch(/^ {2}mine raw/m);
    for (const [from, to, message] of [
      ['drive: RT', 'drive: moon', /own.yaml:\d+: board.drive is 'moon'; expected 4K or RT/],
      ['RS: 8, ', '', /own.yaml:\d+: channels_per_line lacks RS: how many channels share one such line/],
      ['line: LINK', 'line: FIBRE', /link.line is 'FIBRE', which is none of the lines/],
      ['fridge: xld', 'fridge: stand', /the fridge stand has no mixing chamber/],
    ] as const) {
      const { code, stderr } = await coldrig(['compare', write('own.yaml', preset.replace(from, to))]);
      expect(code).toBe(1);
      expect(stderr).toMatch(message);
    }
  });

  it.each([
    [['--channels', '0'], /expected numbers of channels from 1 to 100000/],
    [['--rate', '1000000', '--window', '2000'], /more than a second in a second/],
  ])('%j is a mistake of the command line', async (options, message) => {
    const { code, stderr } = await coldrig(['compare', ...options]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('a name that is neither a preset nor a file', async () => {
    const { code, stderr } = await coldrig(['compare', 'cloud']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/the architecture cloud cannot be read: .*; give a YAML file, or front-end, near-qubit/);
  });
});
