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

const tool = await pythonTool('qcodes');
if (tool.path === undefined) skipWithReason('qcodes', tool);
const script = fileURLToPath(new URL('clients/lake_shore.py', import.meta.url));

interface Told {
  temperatures: Record<string, number>;
  cold: Record<string, number>;
  log: Record<string, number>;
  [more: string]: unknown;
}

/** The script's waiting costs real seconds; the fridge's minutes pass meanwhile. */
const speed = 60;

describe.skipIf(tool.path === undefined)('QCoDeS’ own drivers on an emulated fridge', () => {
  const logs = mkdtempSync(join(tmpdir(), 'coldrig-bluefors-'));
  const ignored: string[] = [];
  let lab: LabLinks;
  let told: Told;

  beforeAll(async () => {
    const cryostat = new Cryostat(openFridge('uts'), { seed: 1 });
    const onIgnored = (instrument: string, line: string) => ignored.push(`${instrument}: ${line}`);
    lab = new LabLinks(cryostat, { model336: 0, model372: 0, logs, speed, onIgnored });
    await lab.open();
    const ports = lab.links.map(({ address }) => address.split(':').at(-1) as string);
    const said = await runClient(tool.path as string, [script, ...ports, logs]);
    told = JSON.parse(said.split('\n').findLast((line) => line.startsWith('{')) ?? '{}');
  });

  afterAll(async () => {
    await lab?.close();
    rmSync(logs, { recursive: true, force: true });
  });

  test('read what the plates are at, and know the sensors', () => {
    expect(told.temperatures.A).toBeCloseTo(41.4, 0);
    expect(told.temperatures.B).toBeCloseTo(3.07, 1);
    expect(told).toMatchObject({ status: 'OK', type: 'diode', curve: [21, 'DT-670', 'V/K'], name: 'the warm shield' });
    expect(told['336']).toMatchObject({ vendor: 'LSCI', model: '336' });
    expect(told['372']).toMatchObject({ vendor: 'LSCI', model: '372' });
  });

  test('set a heater and hold 4K at 3.5 K in a closed loop of the 336', () => {
    expect(told.setpoint).toBe(3.5);
    expect(told.held).toBeCloseTo(3.5, 1);
    // A third of the medium range's current: about 250 mW, as the measured fridge takes for 0.43 K.
    expect(told.output).toBeGreaterThan(25);
    expect(told.output).toBeLessThan(40);
    expect(told.pid).toEqual([50, 200, 0, 'closed_loop']);
  });

  test('hold the mixing chamber at 30 mK with the 372’s sample heater', () => {
    expect(Math.abs((told.mixing as number) - 0.03)).toBeLessThan(0.001);
    expect(told.cold.ch06).toBeLessThan(0.01);
    expect(told.cold.ch05).toBeCloseTo(0.96, 1);
    expect(told).toMatchObject({ open: [0, 'R. OVER'], enabled: [true, false] });
  });

  test('read the Bluefors log folder', () => {
    expect(told.log['50K']).toBeCloseTo(41.4, 0);
    expect(told.log.still).toBeCloseTo(0.97, 1);
    expect(told.log.mixing).toBeGreaterThan(0.002);
    expect(told.log['pumping line']).toBeCloseTo(0.022, 2);
  });

  test('sent nothing the instruments had to ignore', () => {
    expect(ignored).toEqual([]);
  });
});
