import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coldrig } from '../testing.ts';
import { searchUntilStopped } from './search.ts';

let folder = '';
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-mux-'));
  const unit = (deadlines: number[]) =>
    `multiplexer: unit\nlines: 1\nslot_ns: 1000\ndefaults: { write_ns: 1000 }\ncells:\n${deadlines.map((slots, i) => `  - { name: c${i}, deadline_ns: ${1000 * slots} }\n`).join('')}`;
  writeFileSync(at('fits.yaml'), unit([2, 4, 12]));
  writeFileSync(at('none.yaml'), unit([2, 3, 50]));
  writeFileSync(at('wrong.yaml'), 'multiplexer: x\nlines: many\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('coldrig mux plan', () => {
  it('writes a table that coldrig mux verify accepts, binary and JSON, and a drawing', async () => {
    for (const table of ['t.bin', 't.json']) {
      const { code, json } = await coldrig([
        '--json',
        'mux',
        'plan',
        'cells-96',
        '--out',
        at(table),
        '--plot',
        at('t.svg'),
      ]);
      expect(code).toBe(0);
      expect(json).toMatchObject({ accepted: true, lines: 2, method: 'harmonic', switches: 8, ending: 'finished' });
      expect(json.cells).toHaveLength(96);
      expect((json.cells as object[])[0]).toEqual({
        name: 'P0',
        line: 0,
        deadlineNs: 5_555_555,
        largestGapNs: 5_400_000,
      });
      expect(json.dutyStolen).toBeLessThan(0.04);
      const verdict = await coldrig(['--json', 'mux', 'verify', at(table), '--problem', 'cells-96']);
      expect(verdict.json).toMatchObject({ ok: true, accepted: true, violations: [] });
    }
    expect(readFileSync(at('t.svg'), 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  });

  it('refuses what does not fit, with the cells, by how much, and what would be enough', async () => {
    const { code, json } = await coldrig(['--json', 'mux', 'plan', at('none.yaml'), '--out', at('no.bin')]);
    expect(code).toBe(1);
    expect(json).toMatchObject({ ok: false, accepted: false, leastChange: { lines: 2 } });
    expect((json.reasons as { excessNs: number }[]).every(({ excessNs }) => excessNs > 0)).toBe(true);
    expect(existsSync(at('no.bin'))).toBe(false);
    const { stdout } = await coldrig(['mux', 'plan', at('none.yaml')]);
    expect(stdout).toMatch(
      /refused; no table was found[\s\S]*c\d is [\d.]+ us late[\s\S]*each of these alone fits: .*2 lines instead of 1/,
    );
  });

  it('says where a file is wrong', async () => {
    expect((await coldrig(['mux', 'plan', at('wrong.yaml')])).stderr).toContain(
      "wrong.yaml:2: lines is 'many'; expected a number",
    );
    expect((await coldrig(['mux', 'plan', 'nothing'])).stderr).toContain('give a YAML file, or cells-96');
  });
});

describe('coldrig mux run', () => {
  it('has the firmware execute the plan: every deadline met, voltages within their tolerance, less than 4 % of the time', async () => {
    const { code, json } = await coldrig(['--json', 'mux', 'run', 'cells-96', '--for', '1']);
    expect(code).toBe(0);
    expect(json).toMatchObject({ ok: true, late: 0, switchErrors: 0 });
    const cells = json.cells as { deadlineNs: number; largestGapNs: number; errorMicrovolts: number }[];
    expect(cells).toHaveLength(96);
    for (const { deadlineNs, largestGapNs, errorMicrovolts } of cells) {
      expect(largestGapNs).toBeLessThanOrEqual(deadlineNs);
      expect(largestGapNs).toBeGreaterThan(0);
      expect(Math.abs(errorMicrovolts)).toBeLessThan(101);
    }
    expect(json.dutyStolen).toBeLessThan(0.04);
    expect(json.switches).toBeGreaterThanOrEqual(json.switchesLeast as number);
  });

  it('says whether the rate of wrong switches meets its target, by the exact interval, as soon as there are enough of them', async () => {
    const short = await coldrig(['mux', 'run', 'cells-96', '--for', '0.1']);
    expect(short.stdout).toMatch(
      /switch errors +0; 0\.0 to 0\.0\d+ a switch \(95 %\), target 1e-6: too few switches to tell/,
    );
    const enough = /--for (\d+) are enough/.exec(short.stdout)?.[1] as string;
    const { code, json } = await coldrig(['--json', 'mux', 'run', 'cells-96', '--for', enough]);
    expect(code).toBe(0);
    expect(json).toMatchObject({ late: 0, switchErrors: 0, errorTarget: 1e-6, meetsTarget: true, dutyNs: 30e9 });
    const [switches, { upper }] = [json.switches as number, json.errorRate as { upper: number }];
    // Without an error the exact limit is that where so many good switches have a probability of 2.5 %.
    expect(upper / (1 - 0.025 ** (1 / switches))).toBeCloseTo(1, 6);
    expect(json.services).toBeGreaterThan(40e6);
  });

  it('takes no more than the whole time, however short it is', async () => {
    for (const time of ['1e-6', '1us']) {
      const { json } = await coldrig(['--json', 'mux', 'run', 'cells-96', '--for', time]);
      expect(json).toMatchObject({ virtualNs: 1000, dutyNs: 1000 });
      expect(json.dutyStolen).toBeLessThanOrEqual(1);
    }
  });

  it.each([
    [['--windows', '0.0'], '--windows names markers of the programs that play beside it'],
    [['--for', '1e30'], 'expected seconds above 0, at most 9,007,199'],
  ])('refuses %j', async (more, message) => {
    const { code, stderr } = await coldrig(['mux', 'run', 'cells-96', ...more]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it('beside a pulse program: windows are kept, no service begins in one, and no pulse relied on a cell in vain', async () => {
    writeFileSync(
      at('pulses.q1asm'),
      '      move 3000,R0\nshot: set_mrk 1\n      upd_param 10000\n      set_mrk 0\n      upd_param 50000\n      loop R0,@shot\n      stop\n',
    );
    const { code, json } = await coldrig([
      ...['--json', 'mux', 'run', 'cells-96', '--for', '0.1'],
      ...['--pulse', at('pulses.q1asm'), '--windows', '0.0'],
    ]);
    expect(code).toBe(0);
    expect(json).toMatchObject({ late: 0, pulses: { runs: 1, forced: 0, edgesLost: 0, flagged: [] } });
    const { windows, waited } = json.pulses as { windows: number; waited: number };
    expect(windows).toBeGreaterThan(1600);
    expect(waited).toBeGreaterThan(0);
    const { stdout } = await coldrig(['mux', 'run', 'cells-96', '--for', '0.01', '--pulse', at('pulses.q1asm')]);
    expect(stdout).toMatch(
      /pulse windows +\d+, in 1 run of the programs; \d+ services waited, no service began in one/,
    );
    expect((await coldrig(['mux', 'run', 'cells-96', '--windows', '6.0'])).stderr).toContain("'6.0' is no marker");
  });

  it.each(['readout-tdm', 'readout-fdm'])(
    '%s: samples every row in time, by the same table and firmware',
    async (preset) => {
      const { code, json } = await coldrig(['--json', 'mux', 'run', preset, '--for', '0.002']);
      expect(code).toBe(0);
      expect(json).toMatchObject({ ok: true, late: 0 });
      const rows = json.cells as { deadlineNs: number; largestGapNs: number }[];
      expect(rows).toHaveLength(preset === 'readout-tdm' ? 136 : 12);
      for (const { deadlineNs, largestGapNs } of rows) expect(largestGapNs).toBeLessThanOrEqual(deadlineNs);
      expect(json.dutyStolen).toBeGreaterThan(0.7);
    },
  );

  it('says why there is no table', async () => {
    const { code, stderr } = await coldrig(['mux', 'run', at('none.yaml')]);
    expect(code).toBe(1);
    expect(stderr).toContain('refused');
  });
});

describe('coldrig mux verify', () => {
  it('names the first thing that is wrong', async () => {
    await coldrig(['mux', 'plan', at('fits.yaml'), '--out', at('fits.json')]);
    const table = JSON.parse(readFileSync(at('fits.json'), 'utf8'));
    table.cells[2].largestGapSlots -= 1;
    writeFileSync(at('canary.json'), JSON.stringify(table));
    const { code, stdout } = await coldrig(['mux', 'verify', at('canary.json')]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/c2, line 0, slot \d+: its certificate says \d+ slots; its largest gap is \d+ \(1 us\)/);
    expect((await coldrig(['mux', 'verify', at('fits.yaml')])).stderr).toContain('it is no table');
  });
});

describe('a search', () => {
  function* endless(): Generator<undefined, never> {
    for (;;) yield undefined;
  }

  it('ends at Ctrl-C and when the clock says so', async () => {
    const search = searchUntilStopped(endless(), 1e6);
    setTimeout(() => process.emit('SIGINT'));
    expect((await search).ending).toBe('interrupted');
    expect((await searchUntilStopped(endless(), 0)).ending).toBe('out of time');
  });
});
