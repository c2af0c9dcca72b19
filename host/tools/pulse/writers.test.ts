import { describe, expect, it, test } from 'vitest';
import { Message } from '../trace/protobuf.ts';
import { csvFile, npyFile, sampleTable } from './samples.ts';
import { columnsOf, ruler, scaleFor } from './scope.ts';
import { acquire, commit, type HandMade, pulseRun, sequencerRun, stopped, synced } from './testing.ts';
import { vcdFile } from './vcd.ts';

const one = () =>
  sequencerRun(
    'wait_sync 4\nset_mrk 1\nupd_param 20\nacquire 0,3,40\nstop',
    [
      ...synced(40, 0, 60),
      commit(100, 2, 20, { marker: 1 }, 30),
      acquire(120, 3, 0, 3, 100),
      commit(120, 3, 40),
      stopped(160),
    ],
    (timeNs, path) => (path === 0 && timeNs >= 10 && timeNs < 12 ? 16384 : 0),
  );
/** Starts four nanoseconds after the first. */
const other = () =>
  sequencerRun(
    'wait_sync 8\nupd_param 20\nstop',
    [...synced(40, 0, 64), commit(104, 1, 20), stopped(124)],
    (timeNs) => timeNs + 1,
    'late one',
  );

describe('samples as CSV', () => {
  it('have one line per nanosecond', () => {
    const lines = csvFile(sampleTable(pulseRun(one()), 9, 13)).split('\n');
    expect(lines).toEqual(['time_ns,path0,path1', '9,0,0', '10,16384,0', '11,16384,0', '12,0,0', '']);
  });

  it('put all sequencers on one clock', () => {
    const lines = csvFile(sampleTable(pulseRun(one(), other()), 3, 6)).split('\n');
    expect(lines).toEqual([
      'time_ns,q1 path0,q1 path1,late one path0,late one path1',
      '3,0,0,0,0',
      '4,0,0,1,1',
      '5,0,0,2,2',
      '',
    ]);
  });
});

test('samples as .npy have a header of a multiple of 64 bytes, then the paths one after the other', () => {
  const bytes = npyFile(sampleTable(pulseRun(one()), 9, 13));
  const text = Buffer.from(bytes).toString('latin1');
  expect(text.slice(0, 8)).toBe('\x93NUMPY\x01\x00');
  expect(text).toContain("{'descr': '<i2', 'fortran_order': False, 'shape': (2, 4), }");
  expect(bytes.length % 64).toBe(16);
  expect([...new Int16Array(bytes.slice(-16).buffer)]).toEqual([0, 16384, 16384, 0, 0, 0, 0, 0]);
});

test('a VCD has changes only, in order, and ends where the run does', () => {
  const lines = vcdFile(pulseRun(one()), 60).split('\n');
  const declared = new Map(
    lines.filter((line) => line.startsWith('$var')).map((line) => [line.split(' ')[4], line.split(' ')[3]]),
  );
  const changes = lines.slice(lines.indexOf('$enddefinitions $end') + 1).join(' ');
  expect(changes).toContain(`#10 r0.5 ${declared.get('path0')} #12 r0 ${declared.get('path0')} #20`);
  expect(changes).toMatch(
    new RegExp(`#0 .*1${escaped(declared.get('marker1'))}.*#20 .*0${escaped(declared.get('marker1'))}`),
  );
  expect(changes).toContain(`b11 ${declared.get('bin')}`);
  expect(changes).toContain(`#120 0${declared.get('acquiring')}`);
  const times = lines.filter((line) => line.startsWith('#')).map((line) => Number(line.slice(1)));
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(new Set(times).size).toBe(times.length);
});

test('a VCD shows an underflow from the instruction that came too late to the end, and how late it was', () => {
  const late: HandMade = { kind: 'UNDERFLOW', timeNs: 120, instruction: 3, slackNs: -40 };
  const run = pulseRun(
    sequencerRun('wait_sync 4\nset_mrk 1\nupd_param 20\nupd_param 40\nstop', [
      ...[...synced(40, 0, 60), commit(100, 2, 20), late, stopped(120)],
    ]),
  );
  const text = vcdFile(run, 20);
  const [, id] = /\$var wire 1 (\S+) underflow \$end/.exec(text) ?? [];
  const [, slack] = /\$var integer 32 (\S+) slack \$end/.exec(text) ?? [];
  const [before, after] = text.split('#20\n');
  expect(before).toContain(`\n0${id}\n`);
  expect(after.split('\n')).toContain(`1${id}`);
  expect(after.split('\n')).toContain(`b${(-40 >>> 0).toString(2)} ${slack}`);
});

test('a VCD has a scope of its own for each sequencer, whatever they are called', () => {
  const named = (name: string) => ({ ...one(), name });
  const text = vcdFile(pulseRun(...['a b', 'a_b', 'ä', 'ö', 'a_b_2', 'a b#2'].map(named)), 60);
  const scopes = [...text.matchAll(/^\$scope module (\S+) \$end$/gm)].map(([, name]) => name);
  expect(scopes).toEqual(['a_b', 'a_b_2', '_', '__2', 'a_b_2_2', 'a_b_2_3']);
});

test('a VCD of a run that takes no time ends after it begins', () => {
  const run = pulseRun(sequencerRun('wait_sync 4\nstop', [...synced(40, 0, 60), stopped(100)]));
  expect(vcdFile(run, 0).trim().split('\n').at(-1)).toBe('#1');
});

const escaped = (text = '') => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

describe('protocol buffers', () => {
  // The examples of the encoding's own documentation.
  it.each([
    [new Message().unsigned(1, 150), '089601'],
    [new Message().text(2, 'testing'), '120774657374696e67'],
    [new Message().message(3, (nested) => nested.unsigned(1, 150)), '1a03089601'],
    [new Message().integer(1, -2), '08feffffffffffffffff01'],
    [new Message().fixed64(1, 2 ** 40 + 1), '090100000000010000'],
    [new Message().unsigned(1, 2 ** 53 - 1), '08ffffffffffffff0f'],
  ])('are written as %#', (message, hex) => {
    expect(Buffer.from(message.encoded()).toString('hex')).toBe(hex);
  });

  it('grow as they are filled', () => {
    const message = new Message();
    for (let index = 0; index < 1000; index += 1) message.text(1, 'x'.repeat(index % 7));
    expect(message.encoded().length).toBe(
      Array.from({ length: 1000 }, (_, index) => 2 + (index % 7)).reduce((a, b) => a + b),
    );
  });
});

describe('what is drawn', () => {
  it('keeps a pulse of a nanosecond, however long the run', () => {
    const samples = new Int16Array(1_000_000);
    samples[654_321] = -5;
    samples[654_322] = 9;
    const { least, most } = columnsOf(samples, 100);
    expect([least[65], most[65]]).toEqual([-5, 9]);
    expect(Math.max(...most.subarray(0, 65), ...most.subarray(66))).toBe(0);
  });

  it('repeats samples where there are fewer than columns', () => {
    expect([...columnsOf(Int16Array.of(1, 2), 4).most]).toEqual([1, 1, 2, 2]);
  });

  it('has marks at round numbers', () => {
    expect(ruler({ fromNs: 0, toNs: 1404 }, 10).marks).toEqual([0, 200, 400, 600, 800, 1000, 1200, 1400]);
    expect(ruler({ fromNs: 0, toNs: 138_804 }, 10)).toMatchObject({ unit: 'µs', unitNs: 1000 });
  });

  it('is scaled so that the peak fits', () => {
    expect([scaleFor(0), scaleFor(8191), scaleFor(8193), scaleFor(32768)]).toEqual([0.01, 0.25, 0.5, 1]);
  });
});
