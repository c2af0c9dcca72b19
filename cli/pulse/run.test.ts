import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { repositoryRoot } from '../../host/tools/guest.ts';
import { corpusFolder, hasCorpus } from '../../host/tools/q1/testing.ts';
import { coldrig } from '../testing.ts';

let folder = '';
const inFolder = (name: string) => join(folder, name);
const write = (name: string, ...lines: string[]) => {
  writeFileSync(inFolder(name), lines.join('\n'));
  return name;
};
const pulse = (...argumentList: string[]) => coldrig(['pulse', ...argumentList], { cwd: folder });
const corpusProgram = (name: string) => join(corpusFolder, 'programs', `${name}.json`);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-pulse-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
if (!hasCorpus) console.log('the shared corpus is not here: its programs are not run by the command');

describe('coldrig pulse run', () => {
  it('refuses what the hardware would refuse, with all findings', async () => {
    const outcome = await pulse('run', write('no.q1asm', 'wait 3', 'fb_pop_data 1,R2'), '--json');
    expect(outcome.code).toBe(1);
    expect(outcome.json).toMatchObject({
      error: {
        code: 'Q1ASM',
        findings: [
          { rule: 'RANGE', line: 1 },
          { rule: 'UNSUPPORTED', line: 2 },
        ],
      },
    });
  });

  it('names the line of an underflow, and how late it was', async () => {
    const late = write('late.q1asm', 'wait_sync 4', 'a: upd_param 4', 'add R1,R2,R3', 'jmp @a');
    const outcome = await pulse('run', late, '--json');
    expect(outcome.code).toBe(1);
    const [{ underflow, status, minimumSlackNs }] = outcome.json.sequencers as Record<string, unknown>[];
    expect(underflow).toMatchObject({ line: 2, instruction: 'upd_param 4', slackNs: expect.any(Number) });
    expect((underflow as { slackNs: number }).slackNs).toBeLessThan(0);
    expect(status).toBe('errors');
    expect(minimumSlackNs).toBeGreaterThanOrEqual(0);
    expect((await pulse('run', late)).stdout.replace(/\s+/g, ' ')).toMatch(
      /underflow: line 2, upd_param 4, was due at .* and came \d+ ns too late/,
    );
  });

  it('takes what check takes: the bins of a module are those of all programs together', async () => {
    const files = Array.from({ length: 6 }, (_, index) =>
      write(
        `bins${index}.json`,
        JSON.stringify({ program: 'stop', acquisitions: { a: { num_bins: index === 5 ? 65_536 : 30_000, index: 0 } } }),
      ),
    );
    expect((await pulse('check', ...files)).code).toBe(0);
    expect((await pulse('run', ...files, '--json')).code).toBe(0);
    const large = Array.from({ length: 5 }, (_, index) =>
      write(
        `large${index}.json`,
        JSON.stringify({ program: 'stop', acquisitions: { a: { num_bins: 131_072, index: 0 } } }),
      ),
    );
    const [checked, ran] = [await pulse('check', ...large), await pulse('run', ...large)];
    expect([checked.code, ran.code]).toEqual([1, 1]);
    for (const text of [checked.stdout, ran.stderr]) expect(text).toContain('655360 bins in all programs together');
  });

  it('says which instruction found something wrong in a register, and which windows overlap', async () => {
    const program = [
      ...['wait_sync 100', 'move 3,R0', 'move 69000,R1', 'nop', 'a: add R1,1000,R1', 'nop', 'set_awg_gain R1,R1'],
      ...['acquire 0,0,400', 'loop R0,@a', 'stop'],
    ];
    const file = write('wrong.json', JSON.stringify({ program, acquisitions: { m: { num_bins: 1, index: 0 } } }));
    const outcome = await pulse('run', file, '--json');
    expect(outcome.code).toBe(1);
    expect(outcome.json).toMatchObject({
      sequencers: [
        {
          errors: ['REGISTER OUT OF RANGE'],
          wrongValues: [{ line: 7, instruction: 'set_awg_gain R1,R1', count: 3, value: 70_000, taken: 4464 }],
          overlappingAcquisitions: 2,
        },
      ],
    });
    const text = (await pulse('run', file)).stdout.replace(/\s+/g, ' ');
    expect(text).toContain('line 7, set_awg_gain R1,R1: a register held 70000 (3 times, first at');
    expect(text).toContain('ACQ_OVERLAP: 2 of 3 windows opened while the one before was open (line 8, acquire 0,0,400');
    const apart = await pulse('run', file, '--integration-length', '400', '--json');
    expect(apart.json).toMatchObject({ sequencers: [{ overlappingAcquisitions: 0 }] });
  });

  it('names the sequencers that wait for one that will not come', async () => {
    const outcome = await pulse(
      'run',
      write('waits.q1asm', 'wait_sync 4', 'stop'),
      write('goes.q1asm', 'wait 100', 'stop'),
      '--json',
    );
    expect(outcome.code).toBe(1);
    expect(outcome.json).toMatchObject({ deadlock: { waiting: ['waits'], missing: ['goes'] } });
    const alone = await pulse('run', 'waits.q1asm', 'goes.q1asm', '--set', 'goes.sync_enable=0', '--json');
    expect(alone.code).toBe(0);
  });

  it('stops a program without end, and says so', async () => {
    const outcome = await pulse('run', write('ever.q1asm', 'a: wait 100', 'jmp @a'), '--limit', '1000', '--json');
    expect(outcome.json).toMatchObject({ ok: false, sequencers: [{ errors: ['FORCED STOP'], instructions: 1000 }] });
  });

  it('resets a qubit: what one sequencer measures decides what the other plays', async () => {
    const sequence = (name: string, program: string[], more: object = {}) =>
      write(name, JSON.stringify({ program, waveforms: {}, weights: {}, acquisitions: {}, ...more }));
    sequence('readout.json', ['wait_sync 4', 'acquire 0,0,1000', 'stop'], {
      acquisitions: { m: { num_bins: 1, index: 0 } },
    });
    sequence('drive.json', [
      ...['wait_sync 4', 'set_latch_en 1,4', 'latch_rst 796', 'set_awg_offs 8192,0', 'set_cond 1,1,0,100'],
      ...['upd_param 100', 'set_cond 0,0,0,4', 'set_awg_offs 0,0', 'upd_param 100', 'stop'],
    ]);
    const settings = [
      '--set',
      'readout.trigger_enable=1',
      '--set',
      'readout.trigger_address=1',
      '--set',
      'readout.threshold=10',
    ];
    const call = [
      'readout.json',
      'drive.json',
      '--integration-length',
      '100',
      ...settings,
      '--set',
      'drive.count_threshold[0]=1',
    ];
    for (const [level, plays] of [
      ['0.5', true],
      ['-0.5', false],
    ] as const) {
      const npy = `reset${level}.npy`;
      const outcome = await pulse('run', ...call, `--input=readout=${level}`, '--samples', npy, '--json');
      expect(outcome.code, outcome.stdout).toBe(0);
      const bytes = readFileSync(inFolder(npy));
      const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset + 128, bytes.byteOffset + bytes.length));
      const perPath = samples.length / 4;
      expect(samples.subarray(perPath * 2, perPath * 3).includes(8192)).toBe(plays);
    }
  });

  it('writes every file it is asked for, whole', async () => {
    const program = write('all.q1asm', 'wait_sync 4', 'set_mrk 3', 'upd_param 20', 'set_mrk 0', 'upd_param 20', 'stop');
    const files = ['a.svg', 'a.vcd', 'a.pftrace', 'a.csv'];
    const options = ['--plot', '--vcd', '--perfetto', '--samples'].flatMap((option, index) => [option, files[index]]);
    const outcome = await pulse('run', program, ...options, '--json');
    expect(outcome.code).toBe(0);
    expect((outcome.json.files as string[]).sort()).toEqual([...files].sort());
    for (const file of files) expect(existsSync(inFolder(file)), file).toBe(true);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(readFileSync(inFolder('a.svg'), 'utf8')).toMatch(/^<svg[\s\S]*marker 2[\s\S]*<\/svg>\n$/);
  });

  it('draws the picture of the documentation from its example', async () => {
    const example = (name: string) => join(repositoryRoot, 'docs/pulse', name);
    const files = [example('drive.json'), example('readout.json')];
    const outcome = await pulse('run', ...files, '--integration-length', '300', '--seed', '7', '--plot', 'plot.svg');
    expect(outcome.code, outcome.stdout).toBe(0);
    expect(readFileSync(inFolder('plot.svg'), 'utf8')).toBe(readFileSync(example('plot.svg'), 'utf8'));
    expect((await pulse('check', ...files, '--strict')).code).toBe(0);
  });

  it('draws active reset so that it can be read: triggers, what they decide, and what is skipped', async () => {
    const example = (name: string) => join(repositoryRoot, 'docs/pulse', name);
    const files = [example('measure.json'), example('reset.json')];
    const settings = ['measure.trigger_enable=1', 'measure.threshold=10', 'reset.count_threshold[0]=1'];
    const options = ['--integration-length', '300', '--input', 'measure=0.5,-0.5,-0.5,0.5'];
    const call = [...files, ...options, ...settings.flatMap((setting) => ['--set', setting]), '--plot', 'reset.svg'];
    const outcome = await pulse('run', ...call);
    expect(outcome.code, outcome.stdout).toBe(0);
    expect(readFileSync(inFolder('reset.svg'), 'utf8')).toBe(readFileSync(example('reset.svg'), 'utf8'));
    expect((await pulse('check', ...files, '--strict')).code).toBe(0);
  });

  it.each([
    [['--samples', 'a.txt'], 'expected a name that ends in .csv or .npy'],
    [['--set', 'trigger_adress=1'], 'expected trigger_address'],
    [['--set', 'nobody.threshold=1'], 'expected a sequencer: all'],
    [['--input', '2'], 'from -1 to 1'],
    [['--from', '10', '--to', '10'], '--to 10 is not after --from 10'],
    [['--profile', 'qrm'], 'Allowed choices are qblox-qcm, qblox-qrm, cryo-hrl, qblox-qcm-2, qblox-qrm-2'],
  ])('says what is wrong with %j and ends with exit code 2', async (options, message) => {
    const outcome = await pulse('run', write('all.q1asm', 'stop'), ...options);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain(message);
  });

  it('fits a narrow window and a wide one', async () => {
    write(
      'view.q1asm',
      'wait_sync 4',
      'set_mrk 5',
      'set_awg_offs 9000,-3000',
      'upd_param 40',
      'set_awg_offs 0,0',
      'upd_param 400',
      'stop',
    );
    for (const columns of [50, 110]) {
      const { stdout } = await coldrig(['pulse', 'run', 'view.q1asm', '--timeline'], { cwd: folder, columns });
      const longest = Math.max(...stdout.split('\n').map((line) => [...line].length));
      expect(longest, stdout).toBeLessThanOrEqual(columns);
      expect(stdout.replace(/\s+/g, ' ')).toMatch(/times (faster than|as fast as) the instrument $/);
    }
  });

  test.skipIf(!hasCorpus).each([
    ['feedback__q1seq_P1', []],
    ['acquire__q1seq_R1', []],
    ['csd_ramp__q1seq_P1', ['--limit', '300000']],
  ])('gives for %s of the shared corpus what q1simulator gives, key by key', async (name, options) => {
    const expected = JSON.parse(readFileSync(join(corpusFolder, 'expected', `${name}.json`), 'utf8'));
    const outcome = await pulse('run', corpusProgram(name), '--integration-length', '100', ...options, '--json');
    expect((outcome.json.sequencers as object[])[0]).toMatchObject(expected);
    expect(outcome.code).toBe(expected.status === 'ok' ? 0 : 1);
  });
});
