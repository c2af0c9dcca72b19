import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeJson, type TelemetryRecord } from '../../host/tools/telemetry/envelope.ts';
import { recordOfWire } from '../../host/tools/telemetry/wire.ts';
import { coldrig, RunningBoard } from '../testing.ts';
import { parsePosition, recordText } from './words.ts';

describe('a record in words', () => {
  const reception = { device: 'ab', cryostat: 'north', receiveTimeNs: 0n };
  const text = (...wire: number[]) => recordText(recordOfWire(wire, 1, reception));

  test.each([
    [[1, 2, 12, 3, 5_000_000, 0, 48, 0, 4_300_000], /^12\/3 .* event {6}interlock PLATE_50K_HOT trips: 4\.300 K$/],
    [[1, 2, 12, 3, 5_000_000, 0, 51, 63, 15], /rails/],
    [[1, 2, 12, 3, 5_000_000, 0, 999, 1, 2], /event 999: 1, 2$/],
    [[2, 2, 12, 4, 0, 0, 1, 0, 0, 3, 0x01020003, 0, 1, 2, 3, 4, 5, 6, 7, 8], /firmware 1\.2\.3 from slot A.*lost/],
    [[4, 0, 12, 6, 0, 0, 9, 0x8000_0000, 1, 7, 9, 2, 1], /channel 9: SNR not known, 7 dB in front, 3 samples clipped$/],
    [[5, 2, 12, 20, 0, 0, 5, 12, 7, 12, 13], /5 records dropped because there was no room, from 12\/7 to 12\/13$/],
    [[77, 2, 12, 20, 0, 0, 5], /kind-77 {4}\{"words":\[5\]\}$/],
  ])('%j', (wire, expected) => {
    expect(text(...wire)).toMatch(expected);
  });

  test('is found again by its number', () => {
    expect(parsePosition('12/345')).toEqual({ boot: 12, sequence: 345 });
    for (const wrong of ['12', '12/', '/1', '1/-1', '4294967296/0', '1/2/3'])
      expect(() => parsePosition(wrong), wrong).toThrow('such as 12/345');
  });
});

describe('telemetry read', () => {
  let board: RunningBoard;
  let target: string;
  beforeAll(async () => {
    board = await RunningBoard.start(['--udp', '0', '--speed', '20']);
    target = board.link('udp');
  });
  afterAll(() => board?.end('SIGKILL'));

  const read = async (...words: string[]): Promise<TelemetryRecord[]> => {
    const { code, stdout, stderr } = await coldrig(['--json', 'telemetry', 'read', '--target', target, ...words]);
    expect([code, stderr]).toEqual([0, '']);
    return stdout.split('\n').filter(Boolean).map(decodeJson);
  };

  test('prints what the device keeps, in order, and changes nothing unless told', async () => {
    const first = await read('--cryostat', 'north');
    expect(first.map(({ sequence }) => sequence)).toEqual(first.map((_, index) => index));
    expect(first[0]).toMatchObject({ boot: 1, cryostat: 'north', kind: 'event' });
    const again = await read();
    const bodies = (records: TelemetryRecord[]) => records.map(({ body }) => body);
    expect(bodies(again).slice(0, first.length)).toEqual(bodies(first));
    const behind = await read('--after', '1/3');
    expect(behind[0]).toMatchObject({ boot: 1, sequence: 4 });
    const acknowledged = await read('--acknowledge');
    expect(acknowledged[0]).toMatchObject({ boot: 1, sequence: 0 });
    expect((await read())[0]?.sequence ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(acknowledged.length);
  });

  test('names a position that is of another device', async () => {
    const words = ['telemetry', 'read', '--target', target, '--after', '99/0', '--acknowledge'];
    const { code, stderr } = await coldrig(words);
    expect(code).toBe(1);
    expect(stderr.replace(/\s+/g, ' ')).toContain('it has made no record 99/0');
  });
});
