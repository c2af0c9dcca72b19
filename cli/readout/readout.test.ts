import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coldrig } from '../testing.ts';
import { channelsTogether } from './measure.ts';

let folder = '';
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-readout-'));
  writeFileSync(at('wrong.yaml'), 'readout: x\nabout: y\nnominal_K: cold\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

const few = ['readout', '--channels', '3,9', '--shots', '200', '--length', '400'];

interface Channel {
  channel: number;
  measured: { snrDecibels: number; interval: { lower: number; upper: number } };
  formula: { snrDecibels: number; assignmentError: number };
}

describe('coldrig readout', () => {
  it('measures channels on a board beside the closed formulas, and draws them', async () => {
    const { code, json } = await coldrig(['--json', ...few, '--plot', at('r.svg')]);
    expect(code).toBe(0);
    expect(json).toMatchObject({ ok: true, fridge: 'uts', chain: 'uts', shots: 200, lengthNs: 400, plot: at('r.svg') });
    const channels = json.channels as Channel[];
    expect(channels.map(({ channel }) => channel)).toEqual([3, 9]);
    for (const { measured, formula } of channels) {
      expect(Math.abs(measured.snrDecibels - formula.snrDecibels)).toBeLessThan(2);
      expect(formula.assignmentError).toBeLessThan(measured.interval.upper * 2);
    }
    const [line] = json.lines as { effectiveBits: { mean: number; formula: number; records: number[] } }[];
    expect(Math.abs(line.effectiveBits.mean - line.effectiveBits.formula)).toBeLessThan(0.05);
    expect(line.effectiveBits.records).toHaveLength(32);
    expect(readFileSync(at('r.svg'), 'utf8')).toMatch(/^<svg [\s\S]*3 R3, -30.0 MHz[\s\S]*9 R1[\s\S]*<\/svg>\n$/);
  });

  it('prints a table, the same for the same seed; a fault in the readout costs SNR', async () => {
    const { code, stdout } = await coldrig(few);
    expect(code).toBe(0);
    expect(stdout).toContain('chain uts in fridge uts: 2 channels, 200 shots of each state, windows of 400 ns');
    expect(stdout).toMatch(/line 1 RR01: noise 0.79\d K/);
    expect((await coldrig(few)).stdout).toBe(stdout);
    const ill = await coldrig(['--json', ...few, '--fault', 'signal-drop at readout-send 10dB']);
    for (const { measured } of ill.json.channels as Channel[]) expect(measured.snrDecibels).toBeLessThan(10);
    const clipped = await coldrig([...few, '--fault', 'adc-saturation at readout-return 20dB']);
    expect(clipped.code).toBe(1);
    expect(clipped.stdout).toContain('shots and formula differ: 3, 9; the converter clips');
  });

  it.each([
    [['--channels', '16'], /--channels.* expected channels from 0 to 15/],
    [['--chain', 'hemt-only', '--channels', '8'], /--channels 8: hemt-only has no such channel; it has 0 to 7/],
    [['--length', '1001'], /--length.* expected nanoseconds, 100 to 16384, a multiple of 4/],
    [['--fault', 'bad luck'], /--fault/],
    [
      ['--target', 'udp://127.0.0.1:9', '--fault', 'adc-saturation at readout-return 9dB'],
      /--fault is for the emulated board/,
    ],
  ])('%j is a mistake of the command line', async (options, message) => {
    const { code, stderr } = await coldrig(['readout', ...options]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('measures fewer channels at a time when all shots together have more than all bins', () => {
    expect([2000, 49_152, 49_153, 65_536].map(channelsTogether)).toEqual([6, 6, 5, 4]);
  });

  it('says what is wrong with a chain, and where', async () => {
    const wrong = await coldrig(['readout', '--chain', at('wrong.yaml')]);
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toMatch(/wrong.yaml:\d+: /);
    const missing = await coldrig(['readout', '--chain', at('none.yaml'), '--plot', at('no.svg')]);
    expect(missing.stderr).toMatch(
      /none.yaml cannot be read: .*; give a YAML file, or one of uts, xld, stand, hemt-only, rack-twpa, front-end/,
    );
    expect(existsSync(at('no.svg'))).toBe(false);
  });
});
