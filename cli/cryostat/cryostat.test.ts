import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../host/links/fake-line.ts';
import { coldrig } from '../testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'coldrig-cryostat-'));
const preset = (name: string) =>
  readFileSync(new URL(`../../host/plant/cryostat/presets/${name}.yaml`, import.meta.url), 'utf8');

interface Solved {
  stages: Record<string, { temperatureKelvin: number; loadWatts: number; capacityWatts: number }>;
  flowMolPerSecond: number;
}
const solve = async (...more: string[]) =>
  (await coldrig(['cryostat', 'solve', ...more, '--json'])).json as unknown as Solved;

describe('coldrig cryostat solve', () => {
  test('gives temperature, load and capacity of each stage, and the flow', async () => {
    const { stages, flowMolPerSecond } = await solve('uts', '--heat', 'Still=30mW', '--heat', 'MXC=20uW');
    expect(Object.keys(stages)).toEqual(['50K', '4K', 'Still', 'CP', 'MXC']);
    expect(stages.MXC.temperatureKelvin).toBeCloseTo(0.01953, 3);
    expect(stages.MXC.loadWatts).toBeCloseTo(20e-6, 6);
    for (const { capacityWatts } of Object.values(stages)) expect(capacityWatts).toBeGreaterThan(0);
    expect(flowMolPerSecond).toBeCloseTo(0.942e-3, 4);
  });

  test('4K=100mW raises 4K by 0.18 to 0.20 K and cools MXC a little', async () => {
    const before = await solve('uts', '--heat', 'MXC=30uW');
    const after = await solve('uts', '--heat', 'MXC=30uW', '--heat', '4K=100mW');
    const rise = after.stages['4K'].temperatureKelvin - before.stages['4K'].temperatureKelvin;
    expect(rise).toBeGreaterThan(0.18);
    expect(rise).toBeLessThan(0.2);
    expect(after.stages.MXC.temperatureKelvin).toBeLessThan(before.stages.MXC.temperatureKelvin);
  });

  test('prints load per stage and cable as a table', async () => {
    const { stdout, code } = await coldrig(['cryostat', 'solve', 'xld']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/heat from +50K +4K +Still +CP +MXC/);
    expect(stdout).toMatch(/control C00 × 25 +5\d\d mW +4\d\.\d mW/);
    expect(stdout).toMatch(/radiation/);
  });

  test('takes a file, and names its line when it is wrong', async () => {
    const good = join(folder, 'good.yaml');
    writeFileSync(good, preset('stand').replace('fridge: stand', 'fridge: mine'));
    expect((await solve(good)).stages['4K'].temperatureKelvin).toBeLessThan(3);
    const bad = join(folder, 'bad.yaml');
    writeFileSync(bad, preset('stand').replace('limit_K: 4.2', 'limit_K: cold'));
    const { code, stderr } = await coldrig(['cryostat', 'solve', bad]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/bad\.yaml:\d+: stages\.4K\.limit_K is 'cold'; expected a number/);
  });

  const refusals: [string[], number, RegExp][] = [
    [['uts', '--heat', 'MXC=1W'], 1, /uts does not come to rest with Still 0.01 W, MXC 1 W: MXC would pass 500 K/],
    [['uts', '--heat', '4K=100'], 2, /expected a stage .* as in 4K=100mW/],
    [['uts', '--heat', 'MXC=-5uW'], 2, /MXC=-5uW would cool the MXC stage; a heater only heats: give 0W/],
    [['stand', '--heat', 'MXC=1uW'], 2, /stand has no such stage; it has 50K, 4K/],
    [
      ['nowhere.yaml'],
      1,
      /nowhere\.yaml cannot be read: there is no such file or folder; give a YAML file, or one of uts, xld, stand/,
    ],
  ];
  for (const [words, exitCode, message] of refusals) {
    test(`refuses ${words.join(' ')}`, async () => {
      const { code, stderr } = await coldrig(['cryostat', 'solve', ...words]);
      expect(code).toBe(exitCode);
      expect(stderr).toMatch(message);
    });
  }
});

describe('coldrig cryostat cooldown', () => {
  test('is at base within a day, and draws it', async () => {
    const plot = join(folder, 'cooldown.svg');
    const { json } = await coldrig(['cryostat', 'cooldown', 'uts', '--plot', plot, '--json']);
    expect(json.hoursToBase).toBeLessThan(24);
    expect(readFileSync(plot, 'utf8')).toMatch(/^<svg [\s\S]*at base/);
    const { stdout } = await coldrig(['cryostat', 'cooldown', 'stand', '--hours', '12']);
    expect(stdout).toMatch(/stand: at base after \d+\.\d h/);
  });

  test.each(['1', '12'])('is not at base after %s h, though little changes in so short a time', async (hours) => {
    const { stdout } = await coldrig(['cryostat', 'cooldown', 'uts', '--hours', hours]);
    expect(stdout).toMatch(/uts: not at base by the end/);
  });
});

describe('a fridge file whose coolers are too weak for its loads', () => {
  test('is told so by every command; only a cooldown shows how far it comes', async () => {
    const weak = join(folder, 'weak.yaml');
    const loaded = preset('stand').replaceAll(/unattributed_W: [\d.]+/g, 'unattributed_W: 100');
    writeFileSync(weak, loaded.replace('first_scale: 1, second_scale: 1', 'first_scale: 0.1, second_scale: 0.1'));
    for (const call of [
      ['cryostat', 'solve', weak],
      ['cryostat', 'serve', weak],
      ['run', '--fridge', weak, '--udp', '0'],
    ]) {
      const { code, stderr } = await coldrig(call);
      expect(stderr).toBe(
        'error: stand does not come to rest as its file describes it: 4K would pass 500 K; its loads are more than its coolers carry away\n',
      );
      expect(code).toBe(1);
    }
    const { stdout } = await coldrig(['cryostat', 'cooldown', weak, '--hours', '2']);
    expect(stdout).toMatch(/stand: not at base by the end/);
  });
});

describe('coldrig cryostat serve', () => {
  test('brings the lab up, says where, and ends in order', async () => {
    const logs = join(folder, 'logs');
    const ports = ['--lake-shore-336', '0', '--lake-shore-372', '0', '--bluefors-http', '0'];
    const words = ['cryostat', 'serve', 'stand', ...ports, '--bluefors-logs', logs, '--for', '0.5', '--json'];
    const { stdout, code } = await coldrig(words);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(events[0]).toMatchObject({ event: 'ready', fridge: 'stand', speed: 1, logs });
    expect(events[0].links.map((link: string) => link.split(':')[0])).toEqual([
      'lake-shore-336',
      'lake-shore-372',
      'http',
    ]);
    expect(events.at(-1).event).toBe('end');
    expect(events.at(-1).timeNs).toBeGreaterThan(0);
  });

  test('ends with an error, and leaves no port open, when the lab itself fails', async () => {
    const [there, logs, file] = ['log-folder', 'lost-logs', 'no-folder'].map((name) => join(folder, name));
    mkdirSync(there);
    symlinkSync(there, logs);
    writeFileSync(file, '');
    const ports = ['--lake-shore-336', '0', '--lake-shore-372', '0', '--bluefors-http', '0'];
    const call = coldrig(['cryostat', 'serve', 'stand', ...ports, '--bluefors-logs', logs, '--speed', '1000']);
    await eventually('a folder of logs', () => readdirSync(there).length > 0);
    // In one step, so that the lab finds the folder or the file and nothing in between.
    renameSync(file, logs);
    const { stderr, code } = await call;
    expect(code).toBe(1);
    expect(stderr).toContain('a part of the path is a file');
  });
});
