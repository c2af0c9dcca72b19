import { describe, expect, test } from 'vitest';
import { CalibrationGraph } from './graph.ts';
import { recordText } from './record.ts';
import { CalibrationRecords, calibrate } from './session.ts';
import { FakeDevice, MemoryFolder, node } from './testing.ts';

const chain = [node('offset'), node('gain', ['offset']), node('threshold', ['gain'])];

describe('records', () => {
  async function recorded() {
    const folder = new MemoryFolder();
    await calibrate(new CalibrationGraph(chain), 'threshold', new CalibrationRecords(folder), new FakeDevice(chain));
    return folder;
  }

  test('are read back as they were written', async () => {
    const folder = await recorded();
    for (const record of new CalibrationRecords(folder).records)
      expect(folder.read(`00000${record.number}-${record.node}-check.json`)).toBe(recordText(record));
  });

  test('that cannot be read are an error with the name of the file, and nothing is written over them', async () => {
    const folder = await recorded();
    folder.files.set('000002-gain-check.json', '{"format": "coldrig-cal');
    expect(() => new CalibrationRecords(folder)).toThrow('000002-gain-check.json is no calibration record');
    folder.files.set('000002-gain-check.json', folder.read('000001-offset-check.json'));
    expect(() => new CalibrationRecords(folder)).toThrow('holds record 1: it was renamed');
  });

  test('of another device or image do not count', async () => {
    const folder = await recorded();
    const device = Object.assign(new FakeDevice(chain), { identity: { device: 'd1', image: 'i0' } });
    await calibrate(new CalibrationGraph(chain), 'threshold', new CalibrationRecords(folder), device);
    expect(device.runs).toHaveLength(3);
  });

  test('do not count when the device has other corrections in force than after the last run', async () => {
    const folder = await recorded();
    const device = Object.assign(new FakeDevice(chain), { corrections: 'those of somebody else' });
    const records = new CalibrationRecords(folder);
    const graph = new CalibrationGraph(chain);
    await calibrate(graph, 'threshold', records, device);
    expect(device.runs).toEqual(['check offset', 'check gain', 'check threshold']);
    await calibrate(graph, 'threshold', records, device);
    expect(device.runs).toHaveLength(3);
  });

  test('of an interrupted session count after a reset of the device only as history', async () => {
    const folder = new MemoryFolder();
    const device = Object.assign(new FakeDevice(chain), { failsAt: 3 });
    const graph = new CalibrationGraph(chain);
    await calibrate(graph, 'threshold', new CalibrationRecords(folder), device).catch(() => undefined);
    device.time = { boot: 2, ns: 5 };
    device.failsAt = 0;
    await calibrate(graph, 'threshold', new CalibrationRecords(folder), device);
    expect(device.runs.slice(2)).toEqual(['check offset', 'check gain', 'check threshold']);
  });
});
