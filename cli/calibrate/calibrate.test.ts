import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RECORD_FORMAT, type RunRecord, recordName, recordText } from '../../host/tools/calibration/record.ts';
import { coldrig } from '../testing.ts';
import { DiskFolder } from './folder.ts';

let folder = '';
const at = (name: string) => join(folder, name);
const record = (number: number, results: Record<string, number>): RunRecord => ({
  ...{
    format: RECORD_FORMAT,
    number,
    session: 1,
    node: 'resonator-0',
    kind: 'check',
    verdict: 'in_spec',
    reason: 'as it should be',
  },
  ...{ inputs: { shots: 20 }, data: { x: [1, 2] }, results, device: 'd', image: 'i', inForce: 'none' },
  ...{ start: { boot: 1, ns: 2e9 }, end: { boot: 1, ns: 3e9 } },
});

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-calibrate-'));
  const disk = new DiskFolder(at('some'));
  for (const each of [record(1, { offHertz: 10 }), record(2, { offHertz: 25 })])
    disk.write(recordName(each), recordText(each));
  new DiskFolder(at('broken')).write('000001-gain-0-check.json', '{"format": "col');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('coldrig calibrate', () => {
  it('shows the records of a folder', async () => {
    const { code, stdout } = await coldrig(['calibrate', '--history', '--records', at('some')]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/1 {2}resonator-0 {4}check {5}in spec {5}as it should be \(boot 1, 2 s\)/);
    const { json } = await coldrig(['--json', 'calibrate', 'gain', '--history', '--records', at('some')]);
    expect(json).toMatchObject({ ok: true, records: [] });
  });

  it('compares two records', async () => {
    const { json } = await coldrig(['--json', 'calibrate', '--compare', '1', '2', '--records', at('some')]);
    expect(json).toMatchObject({ facts: [], inputs: [], results: [{ name: 'offHertz', a: 10, b: 25 }] });
    const { stdout } = await coldrig(['calibrate', '--compare', '1', '1', '--records', at('some')]);
    expect(stdout).toContain('nothing differs');
  });

  it.each([
    [['--compare', '1', '9'], 1, 'holds no record 9; it has 1 to 2'],
    [['--for', '5'], 2, '--every and --for are for watching; add --watch'],
    [['--watch', '--every', '1e6'], 2, 'expected seconds above 0, at most 86,400'],
    [['--compare', '1'], 2, '--compare takes two records, not 1'],
    [['gains'], 2, "there is no calibration 'gains'; there are offset-0, mixer-0"],
    [['--chain', 'hemt-only', '--channels', '8'], 2, 'hemt-only has no channel 8'],
    [
      ['--target', 'udp://127.0.0.1:9', '--fault', 'adc-saturation at readout-return 9dB'],
      2,
      '--fault is for the emulated board',
    ],
  ])('says what is wrong with %j', async (call, code, message) => {
    const outcome = await coldrig(['calibrate', '--records', at('some'), ...call]);
    expect(outcome.stderr).toContain(message);
    expect(outcome.code).toBe(code);
  });

  it('refuses a folder with a file that is no record, names it, and writes nothing', async () => {
    const { code, stderr } = await coldrig(['calibrate', '--records', at('broken')]);
    expect(code).toBe(1);
    expect(stderr).toContain('000001-gain-0-check.json is no calibration record');
    expect(readdirSync(at('broken'))).toEqual(['000001-gain-0-check.json']);
  });

  it('never replaces a record', () => {
    writeFileSync(at('x'), '');
    const again = () => new DiskFolder(at('some')).write(recordName(record(1, {})), 'other');
    expect(again).toThrow('exists already: another calibration writes into this folder');
  });
});
