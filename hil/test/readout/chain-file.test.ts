// A readout file that says something wrong is refused with file, line, what was found and what was expected.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseReadout } from '../../../host/plant/readout/chain-file.ts';
import { openReadout, readoutPresets, usualReadout } from '../../../host/tools/readout/open-readout.ts';

const text = readFileSync(new URL('../../../host/plant/readout/presets/uts.yaml', import.meta.url), 'utf8');

describe('a readout file', () => {
  it.each([
    ['lo_GHz: 6\n', 'lo_GHz: fast\n', /^my.yaml:\d+: lines\[0\].lo_GHz is 'fast'; expected a number$/],
    ['    lo_GHz: 6\n', '', /^my.yaml:\d+: lines\[0\] lacks lo_GHz$/],
    ['delay_ns: 63', 'delay_us: 63', /lines\[0\].delay_us is not known; expected name, lo_GHz/],
    ['count: 8', 'count: 9', /count is 9; expected 1 to 8/],
    ['spacing_MHz: 40', 'spacing_MHz: 100', /put R7 at 550 MHz from lo_GHz; the converter sees less than 500 MHz/],
    ['spacing_MHz: 40, ', '', /has a count but no spacing_MHz/],
    ['noise_K: 0.6', 'noise_K: 0.1', /noise_K is 0.1; an amplifier adds at least hf\/2k, 0.144 K at 6 GHz/],
    [
      '      - { part: connector, at: 4K }\n',
      '',
      /lines\[0\].path has 0 connectors; expected one, whose loss the fridge/,
    ],
    [
      'part: loss, dB: 1, at: MXC',
      'part: loss, gain_dB: 1, at: MXC',
      /gain_dB does not belong to a loss; it has at, dB/,
    ],
    ['part: loss, dB: 1, at: MXC', 'part: loss, dB: 1, at: base', /at is 'base'; expected RT, 50K, 4K/],
    ['part: twpa', 'part: paramp', /part is 'paramp'; expected loss, connector, amplifier or twpa/],
    ['readout: uts', 'fridge: uts', /fridge is not known; expected readout/],
  ] as const)('%s -> %s is refused', (from, to, message) => {
    expect(text).toContain(from);
    expect(() => parseReadout(text.replace(from, to), 'my.yaml')).toThrow(message);
  });

  it('is refused when it is something else, or empty', () => {
    expect(() => parseReadout('', 'my.yaml')).toThrow(/^my.yaml:1: empty; expected a readout chain, which begins with/);
    expect(() => parseReadout('hello', 'my.yaml')).toThrow(/^my.yaml:1: the file is 'hello'; expected a mapping/);
  });

  it('may have one line, resonators of its own and steady drifts', () => {
    const chain = parseReadout(text.replace('gain_dB: 0.03', 'gain_dB: { per_hour: -2 }'), 'my.yaml');
    expect(chain.lines[0].gainDrift).toEqual({ deviation: 0, perHour: -2 });
    expect(chain.lines[0].resonators.map(({ name }) => name)).toEqual(['R0', 'R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'R7']);
  });
});

it.each(readoutPresets)('the preset %s can be read and names itself', (name) => {
  expect(openReadout(name).name).toBe(name);
});

it('every fridge has a usual chain', () => {
  expect(usualReadout({ name: 'xld', dilution: {} })).toBe('xld');
  expect(usualReadout({ name: 'my own', dilution: {} })).toBe('uts');
  expect(usualReadout({ name: 'my own', dilution: undefined })).toBe('stand');
});
