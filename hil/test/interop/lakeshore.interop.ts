// The makers' own Python driver on the emulated Lake Shore instruments, over TCP and over a serial line: it asks for the event register
// behind every command, on the same line, so an instrument without it cannot be read at all.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LabLinks } from '../../../host/links/lab-links.ts';
import { Cryostat } from '../../../host/plant/cryostat/cryostat.ts';
import { openFridge } from '../../../host/tools/open-fridge.ts';
import { pythonTool } from './install.ts';
import { runClient } from './run-client.ts';
import { skipWithReason } from './story.ts';

const tool = await pythonTool('lakeshore');
if (tool.path === undefined) skipWithReason('lakeshore', tool);
const script = fileURLToPath(new URL('clients/lake_shore_vendor.py', import.meta.url));

type Told = Record<string, Record<string, unknown>>;

describe.skipIf(tool.path === undefined)('the makers’ own driver on an emulated fridge', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coldrig-lakeshore-'));
  const ignored: string[] = [];
  let lab: LabLinks;
  let told: Told;

  beforeAll(async () => {
    const cryostat = new Cryostat(openFridge('uts'), { seed: 1 });
    const terminals = ['336', '372'].map((model) => join(folder, model));
    lab = new LabLinks(cryostat, {
      ...{ model336: 0, model372: 0, pty336: terminals[0], pty372: terminals[1], speed: 1 },
      onIgnored: (instrument: string, line: string) => ignored.push(`${instrument}: ${line}`),
    });
    await lab.open();
    const ports = lab.links.flatMap(({ address }) =>
      /:\d+$/.test(address) ? [address.split(':').at(-1) as string] : [],
    );
    const said = await runClient(tool.path as string, [script, ...ports, ...terminals]);
    told = JSON.parse(said.split('\n').findLast((line) => line.startsWith('{')) ?? '{}');
  });

  afterAll(async () => {
    await lab?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(['336', '336 serial'])('reads and sets a %s', (name) => {
    const { kelvin, all, celsius, ...rest } = told[name];
    const [shield, plate] = kelvin as number[];
    expect(shield).toBeCloseTo(41.4, 0);
    expect(plate).toBeCloseTo(3.07, 1);
    expect((all as number[]).length).toBe(4);
    expect(celsius).toBeCloseTo(41.4 - 273.15, 0);
    expect(rest).toMatchObject({
      ...{ model: 'MODEL336', name: 'shield', header: 'DT-670', type: 1, heater: 1, setpoint: -200, range: 0 },
      ...{ 'self test': false, relay: 'A', lock: false, lan: false },
      pid: { gain: 40, integral: 20, derivative: 0 },
      refused: 'Command Error: Invalid Command or Query',
    });
  });

  test.each(['372', '372 serial'])('reads and sets a %s', (name) => {
    const { kelvin, ohms, power, off, ...rest } = told[name];
    const [shield, plate, cold, still, mixing] = kelvin as number[];
    expect(shield).toBeCloseTo(41.4, 0);
    expect(plate).toBeCloseTo(3.07, 1);
    expect(cold).toBeGreaterThan(0.05);
    expect(still).toBeCloseTo(0.96, 1);
    expect(mixing).toBeGreaterThan(0.002);
    expect(ohms).toBeGreaterThan(10_000);
    expect(power).toBeGreaterThan(0);
    expect(rest).toMatchObject({
      ...{ model: 'MODEL372', scanner: true, input: true, output: 4, setpoint: 0.03, frequency: 1, sample: 120 },
      ...{ 'warm-up': 0.45, header: 4 },
    });
    expect(off).toEqual([0, expect.stringContaining("'temperature_under': True")]);
  });

  test('sends nothing the instruments do not know, but what it was told to', () => {
    expect(ignored.filter((line) => !line.includes('NOTHING?'))).toEqual([]);
  });
});
