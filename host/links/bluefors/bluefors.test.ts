import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { Cryostat, SensorFault } from '../../plant/cryostat/cryostat.ts';
import { CryostatView } from '../../plant/cryostat/view.ts';
import { openFridge } from '../../tools/open-fridge.ts';
import { Lab } from '../lab.ts';
import { Model372 } from '../lake-shore/model-372.ts';
import { parseCommand } from '../lake-shore/scpi.ts';
import { BlueforsHttpApi } from './http-api.ts';
import { BlueforsLogFolder } from './log-folder.ts';
import { BlueforsSystem } from './system.ts';

const minute = 60_000_000_000;
/** Two and a half minutes before midnight, local time. */
const startMs = new Date(2026, 10, 25, 23, 57, 30).getTime();

function fridge() {
  const cryostat = new Cryostat(openFridge('uts'), { drift: false });
  const view = new CryostatView(cryostat);
  const bridge = new Model372(view);
  const system = new BlueforsSystem(view, bridge);
  const root = mkdtempSync(join(tmpdir(), 'coldrig-logs-'));
  const folder = new BlueforsLogFolder({ root, system, startMs });
  const lab = new Lab(cryostat, { instruments: [bridge], speed: 1, onSample: () => folder.log() });
  folder.log();
  return { cryostat, system, lab, root, bridge };
}

describe('the log folder', () => {
  test('has a line a minute in files of the day, temperatures in kelvin, gauges in one line', () => {
    const { lab, root, cryostat } = fridge();
    lab.advanceTo(2 * minute);
    const day = join(root, '26-11-25');
    expect(readdirSync(root)).toEqual(['26-11-25']);
    const lines = readFileSync(join(day, 'CH6 T 26-11-25.log'), 'utf8').split('\n');
    expect(lines.map((line) => line.slice(0, 19))).toEqual([
      ...[' 25-11-26,23:57:30,', ' 25-11-26,23:58:30,', ' 25-11-26,23:59:30,', ''],
    ]);
    expect(lines[2].split(',')[2]).toMatch(/^\d\.\d{6}e-03$/);
    expect(Number(lines[2].split(',')[2])).toBeCloseTo(cryostat.temperatureKelvin('MXC'), 3);
    const gauges = readFileSync(join(day, 'maxigauge 26-11-25.log'), 'utf8').split('\n')[0];
    expect(gauges).toMatch(/^25-11-26,23:57:30,CH1,P1 +,1,2\.00e-06,0,1,CH2,.*CH6,.*,$/);
    // Date, time, six gauges of six words, and the comma at the end.
    expect(gauges.split(',').length).toBe(2 + 6 * 6 + 1);
    const files = ['CH1 R', 'CH5 P', 'Flowmeter', 'Channels'].map((name) => `${name} 26-11-25.log`);
    expect(readdirSync(day)).toEqual(expect.arrayContaining([...files, 'Status_26-11-25.log', 'heaters_26-11-25.log']));
  });

  test('has a line of its own after one that was cut', () => {
    const { lab, root } = fridge();
    const file = join(root, '26-11-25', 'CH6 T 26-11-25.log');
    writeFileSync(file, ' 25-11-26,23:5');
    lab.advanceTo(minute);
    expect(readFileSync(file, 'utf8')).toMatch(/^ 25-11-26,23:5\n 25-11-26,23:58:30,\S+\n$/);
  });

  test('begins a new folder with the first line after midnight, not before', () => {
    const { lab, root } = fridge();
    lab.advanceTo(2.9 * minute);
    expect(readdirSync(root)).toEqual(['26-11-25']);
    lab.advanceTo(3 * minute);
    expect(readdirSync(root).sort()).toEqual(['26-11-25', '26-11-26']);
  });
});

describe('the HTTP interface', () => {
  const servers: BlueforsHttpApi[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  async function serve() {
    const parts = fridge();
    const server = await BlueforsHttpApi.open({ system: parts.system, port: 0, startMs });
    servers.push(server);
    const get = async (path: string) => {
      const response = await fetch(`${server.address}${path}`);
      return {
        status: response.status,
        body: (await response.json()) as { data: Record<string, Node>; error?: string },
      };
    };
    return { ...parts, get };
  }
  interface Node {
    content: Record<
      'latest_value' | 'latest_valid_value',
      { value: string; status: string; outdated: boolean; date: number }
    >;
  }

  test('gives a temperature under both names clients use', async () => {
    const { get, cryostat } = await serve();
    for (const name of ['mapper.bf.temperatures.tmixing', 'mapper.bf.tmixing']) {
      const { body } = await get(`/values/${name.replaceAll('.', '/')}/?key=some-key`);
      const { latest_value: latest } = body.data[name].content;
      expect(Number(latest.value)).toBeCloseTo(cryostat.temperatureKelvin('MXC'), 3);
      expect(latest).toMatchObject({ status: 'SYNCHRONIZED', outdated: false, date: startMs });
    }
  });

  test('gives a branch at once, and everything at /values/', async () => {
    const { get } = await serve();
    const branch = (await get('/values/mapper.bf.temperatures/?recursion=-1&style=flat')).body.data;
    expect(Object.keys(branch)).toEqual(
      expect.arrayContaining(['t50k', 't4k', 'tstill', 'tmixing'].map((key) => `mapper.bf.temperatures.${key}`)),
    );
    const all = (await get('/values/')).body.data;
    for (const name of ['mapper.bf.flow', 'mapper.bf.pressures.p2', 'mapper.bflegacy.double.cpatempwi']) {
      expect(Number(all[name].content.latest_value.value), name).toBeGreaterThan(0);
    }
  });

  test('has in each value what clients read of it, under its whole name', async () => {
    const { get } = await serve();
    const { data } = (await get('/values/mapper.bf.flow/')).body;
    expect(data).toEqual({
      'mapper.bf.flow': {
        name: 'mapper.bf.flow',
        type: 'Value.Number.Float',
        content: {
          latest_value: expect.objectContaining({ status: 'SYNCHRONIZED', outdated: false, exception: '' }),
          latest_valid_value: expect.objectContaining({ status: 'SYNCHRONIZED', outdated: false, exception: '' }),
        },
      },
    });
  });

  test('has valves, pumps and the pulse tube where the control system maps them', async () => {
    const { get } = await serve();
    for (const name of [
      'mapper.bf.valves.v1',
      'mapper.bf.pumps.turbo1',
      'mapper.bf.pumps.compressor',
      'mapper.bf.pulsetube',
    ])
      expect(
        (await get(`/values/${name.replaceAll('.', '/')}?key=k`)).body.data?.[name]?.content.latest_value.value,
        name,
      ).toBe('1');
  });

  test('says INVALID for a sensor that says nothing, and keeps what it said last', async () => {
    const { get, cryostat, lab } = await serve();
    cryostat.setSensorFault(4, SensorFault.ZERO_KELVIN);
    lab.advanceTo(minute);
    const { content } = (await get('/values/mapper/bf/temperatures/tmixing')).body.data[
      'mapper.bf.temperatures.tmixing'
    ];
    expect(content.latest_value).toMatchObject({ value: '0', status: 'INVALID' });
    expect(content.latest_valid_value).toMatchObject({ outdated: true });
    expect(Number(content.latest_valid_value.value)).toBeGreaterThan(0.002);
  });

  test('says that a channel which is off is outdated, and since when; the log has no line of it', async () => {
    const { get, lab, bridge, root } = await serve();
    lab.advanceTo(minute);
    const temperature = async () =>
      (await get('/values/mapper/bf/temperatures/')).body.data['mapper.bf.temperatures.tmixing'].content;
    const linesOf = (name: string) =>
      readFileSync(join(root, '26-11-25', `${name} 26-11-25.log`), 'utf8').split('\n').length;
    const before = await temperature();
    expect(before.latest_value).toMatchObject({ status: 'SYNCHRONIZED', outdated: false });
    const lines = linesOf('CH6 T');
    bridge.execute(parseCommand('INSET 6,0,2,3,26,1'));
    lab.advanceTo(2.4 * minute);
    const after = await temperature();
    expect(after.latest_value).toMatchObject({ value: '0', status: 'INVALID', outdated: true });
    expect(after.latest_valid_value).toMatchObject({ value: before.latest_valid_value.value, outdated: true });
    // The date of the last measurement, and not of the query.
    expect(after.latest_value.date).toBeLessThanOrEqual(startMs + minute / 1e6);
    expect(after.latest_valid_value.date).toBe(before.latest_valid_value.date);
    const enabled = (await get('/values/mapper/bf/temperatures/')).body.data['mapper.bf.temperatures.tmixing_enabled'];
    expect(enabled.content.latest_value.value).toBe('0');
    expect(linesOf('CH6 T')).toBe(lines);
    expect(linesOf('CH5 T')).toBe(lines + 1);
  });

  test('answers what it does not have with 404 and where to look, and does not write', async () => {
    const { get } = await serve();
    const missing = await get('/values/mapper/bf/temperatures/tfse');
    expect(missing.status).toBe(404);
    expect(missing.body.error).toBe('no value at mapper.bf.temperatures.tfse; /values/ lists all');
    expect((await get('/nothing')).status).toBe(404);
    expect((await get('/system/')).status).toBe(200);
    const written = await fetch(`${servers[0].address}/values/`, { method: 'POST', body: '{}' });
    expect(written.status).toBe(405);
    expect(written.headers.get('allow')).toBe('GET, HEAD');
    const looked = await fetch(`${servers[0].address}/values/`, { method: 'HEAD' });
    expect([looked.status, await looked.text()]).toEqual([200, '']);
  });
});
