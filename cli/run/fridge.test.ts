// A run in a fridge: what a person sees in any width, what a machine reads, what is drawn, and that it can be repeated.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceUnderTest } from '../../hil/rig/device.ts';
import { second } from '../../hil/rig/time.ts';
import { BoardView } from '../../host/board/view.ts';
import { repositoryRoot } from '../../host/tools/guest.ts';
import { coldrig } from '../testing.ts';
import { RunFridge } from './fridge.ts';
import { viewLines } from './fridge-view.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-fridge-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const inFolder = (name: string) => join(folder, name);

describe('the view', () => {
  it.each([40, 60, 80, 110])('fits %i columns, before, during and after a fault', async (width) => {
    const fridge = new RunFridge('uts', ['thermal-rise at 4K 200mW after 1s'], 1);
    const device = await DeviceUnderTest.running({ surroundings: () => fridge.wired });
    const view = new BoardView(device.board);
    const style = { colour: false, width };
    const views = [viewLines(view, fridge, style)];
    fridge.disturb(device.board);
    for (let turn = 0; turn < 4; turn++) {
      device.board.runFor(2 * second);
      views.push(viewLines(view, fridge, style));
    }
    expect(views.flat().filter((line) => line.length > width)).toEqual([]);
    // Small powers are told in their own unit, as `cryostat solve` tells them.
    expect(views[0].join('\n')).toMatch(/MXC +[\d.]+ mK +[\d.]+ nW of [\d.]+ µW/);
    expect(views[0].join('\n')).toContain('no heartbeat yet');
    expect(views[1].join('\n')).toMatch(/4K +3\.\d+ K +[\d.]+ mW of [\d.]+ m?W/);
    expect(views[4].join('\n')).toMatch(/dac off[\s\S]*tripped:[\s\S]*PLATE_4K_RISE/);
  });
});

describe('coldrig run --fridge', () => {
  const fault = 'thermal-rise at 4K 200mW after 3s';
  const short = ['--udp', '0', '--speed', 'max', '--for', '10'];

  it('tells what happened, draws it, and repeats it to the last bit', async () => {
    const plot = inFolder('rise.svg');
    const record = inFolder('run.jsonl');
    const { code, stdout } = await coldrig([
      'run',
      '--json',
      ...short,
      '--fridge',
      'uts',
      '--fault',
      fault,
      '--plot',
      plot,
      '--record',
      record,
    ]);
    expect(code).toBe(0);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.find(({ event }) => event === 'interlock-tripped')).toMatchObject({ interlock: 'PLATE_4K_RISE' });
    expect(events.at(-1)).toMatchObject({
      event: 'end',
      temperatures: { '4K': expect.any(Number), MXC: expect.any(Number) },
    });
    const drawing = readFileSync(plot, 'utf8');
    for (const text of [
      '<svg',
      '4K (K)',
      'thermometer 2',
      'heat from faults (mW)',
      'on 4K',
      'thermal-rise at 4K 200mW',
      'PLATE_4K_RISE',
      '</svg>',
    ])
      expect(drawing).toContain(text);
    const again = await coldrig(['replay', record, '--json']);
    expect(again.json).toMatchObject({ same: true, logHash: events.at(-1).logHash });
  });

  it('is repeated with the fridge that it had, also when its file is another one now, or gone, or in another folder', async () => {
    const preset = readFileSync(join(repositoryRoot, 'host/plant/cryostat/presets/uts.yaml'), 'utf8');
    const [own, later] = [12, 9].map((mass) => preset.replace('copper_kg: 10,', `copper_kg: ${mass},`));
    writeFileSync(inFolder('my.yaml'), own);
    const { stdout } = await coldrig(['run', ...short, '--json', '--fridge', 'my.yaml', '--record', 'own.jsonl'], {
      cwd: folder,
    });
    const { logHash } = JSON.parse(stdout.trim().split('\n').at(-1) as string);
    const again = () => coldrig(['replay', inFolder('own.jsonl'), '--json']);
    writeFileSync(inFolder('my.yaml'), later);
    expect((await again()).json).toMatchObject({ same: true, logHash });
    rmSync(inFolder('my.yaml'));
    expect((await again()).json).toMatchObject({ same: true, logHash });
  });

  it('refuses what it cannot mean', async () => {
    const refusal = async (...more: string[]) => {
      const { code, stderr } = await coldrig(['run', ...short, ...more]);
      return `${code}: ${stderr}`;
    };
    expect(await refusal('--fault', fault)).toContain('2: error: --fault needs a cryostat: add --fridge uts');
    expect(await refusal('--fridge', 'nowhere')).toContain('presets are uts, xld, stand');
    expect(await refusal('--fridge', 'uts', '--fault', 'thermal-rise at 4Q 1W')).toContain("it cannot be at '4Q'");
    expect(await refusal('--fridge', 'uts', '--fault', 'thermal-rise at 4K -200mW')).toContain(
      "2: error: fault 'thermal-rise at 4K -200mW': '-200mW' is below 0, and it can only be above",
    );
  });
});
