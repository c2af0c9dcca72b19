// Outputs that would replace an input or another output are refused before the work, whatever their paths are called; and the files stay as they are.

import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refuseClashes, unlessPreset } from './outputs.ts';
import { coldrig } from './testing.ts';

let folder = '';
const at = (name: string) => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-outputs-'));
  writeFileSync(at('one'), 'one');
  writeFileSync(at('other'), 'other');
  mkdirSync(at('folder'));
  symlinkSync('folder', at('way'));
  symlinkSync('one', at('link'));
  symlinkSync('new', at('ahead'));
  linkSync(at('one'), at('hard'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('an output', () => {
  const refused =
    /^--record \S+ and --image \S+ are the same file, and the output would replace the input; give another/;

  it.each([
    ['the same name', 'one', 'one'],
    ['another spelling', 'one', 'folder/../one'],
    ['a symbolic link', 'link', 'one'],
    ['a link to the output', 'one', 'link'],
    ['a hard link', 'hard', 'one'],
    ['a file that is not there yet', 'new', 'folder/../new'],
    ['a link to a file that is not there yet', 'ahead', 'new'],
    ['a new file in a folder that is named by a link', 'way/new', 'folder/new'],
    ['a new folder in one that is named by a link', 'way/a/new', 'folder/a/new'],
  ])('that is an input is refused: %s', (_, output, input) => {
    expect(() => refuseClashes({ '--record': at(output) }, { '--image': ['other', at(input)] })).toThrow(refused);
  });

  it('that is another output is refused, and both options are named', () => {
    expect(() => refuseClashes({ '--vcd': at('x'), '--plot': at('folder/../x') })).toThrow(
      /^--vcd \S+ and --plot \S+ are the same file, and one output would replace the other; give each a file of its own$/,
    );
  });

  it('with a file of its own is not refused, nor is a device, an empty name or what is left out', () => {
    const outputs = { '--record': at('one'), '--vcd': at('new'), '--plot': undefined, '--lcov': '', '--samples': '' };
    expect(() => refuseClashes(outputs, { '--image': at('other'), '--key': undefined })).not.toThrow();
    expect(() => refuseClashes({ '--vcd': '/dev/null', '--plot': '/dev/null' }, { '<in>': '/dev/null' })).not.toThrow();
  });

  it('may have the name of a preset, which is no file', () => {
    expect([unlessPreset(['uts'], 'uts'), unlessPreset(['uts'], 'my.yaml')]).toEqual([undefined, 'my.yaml']);
  });
});

const server = ['--server', 'http://127.0.0.1:1'];
/** Each command that writes files, and the two names that its error must have. `one` is there, `new` is not. */
const clashes: [first: string, second: string, ...argumentList: string[]][] = [
  ['--record', '--image', 'run', '--udp', '0', '--for', '1', '--speed', 'max', '--image', 'one', '--record', './link'],
  ['--lcov', '--key', 'run', '--udp', '0', '--for', '1', '--key', 'other', '--key', 'one', '--lcov', 'one'],
  ['--flash', '--record', 'run', '--udp', '0', '--for', '1', '--flash', 'new', '--record', 'ahead'],
  ['--plot', '--fridge', 'run', '--udp', '0', '--for', '1', '--fridge', 'one', '--plot', 'one'],
  ['--pty', '--profile', 'run', '--udp', '0', '--for', '1', '--pty', 'new', '--profile', 'new'],
  ['--vcd', '<file>', 'replay', 'one', '--vcd', 'one'],
  ['--perfetto', '--profile', 'replay', 'one', '--perfetto', 'new', '--profile', 'new'],
  ['--plot', '--vcd', 'pulse', 'run', 'one', '--vcd', 'new', '--plot', 'new'],
  ['--perfetto', '<file>', 'pulse', 'run', 'other', 'one', '--perfetto', 'one'],
  ['<out>', '<in>', 'pulse', 'asm', 'one', 'link'],
  ['[out]', '<in>', 'pulse', 'disasm', 'one', 'link'],
  ['--junit', '--json-file', 'hil', '--junit', 'new', '--json-file', 'new'],
  ['--lcov', '--report', 'hil', '--lcov', 'folder/index.html', '--report', 'way'],
  ['--junit', '--image', 'hil', '--image', 'one', '--key', 'other', '--junit', 'one'],
  ['<key.pem>', '--public', 'image', 'keygen', 'new', '--public', 'ahead', '--force'],
  ['<out>', '<in>', 'image', 'sign', 'one', 'one', '--key', 'other', '--version', '1.0.0'],
  ['<out>', '--key', 'image', 'sign', 'one', 'other', '--key', 'other', '--version', '1.0.0'],
  ['<token>', '<image>', 'image', 'token', 'one', 'one', '--key', 'other', '--displaces', '1.0.0', '--force'],
  ['--out', '[entry]', 'build', 'one', '--out', 'hard'],
  ['--out', '--plot', 'mux', 'plan', 'cells-96', '--out', 'new', '--plot', 'new'],
  ['--plot', '--fridge', 'readout', '--fridge', 'one', '--plot', 'one'],
  ['--plot', '<fridge>', 'cryostat', 'cooldown', 'one', '--plot', 'one'],
  ['--junit', '--image', 'prove', 'power', '--image', 'one', '--key', 'other', '--junit', 'one'],
  ['--junit', '<files>', 'prove', 'merge', 'other', 'one', '--junit', 'one'],
  ['--report', '--junit', 'campaign', 'status', 'mine', '--report', 'new', '--junit', 'new'],
  ['<file>', '<log>', 'audit', 'export', 'one', 'one', '--key', 'other'],
  ['--out', '--since', 'audit', 'prove', 'folder', '--key', 'other', '--since', 'one', '--out', 'one'],
  ['--out', '<images>', 'device', 'references', 'other', 'one', '--out', 'one'],
  ['--cert', '--key', 'device', 'renew', ...server, '--ca', 'other', '--cert', 'new', '--key', 'new'],
  ['--out', '--token', 'fleet', 'postmortem', '1', ...server, '--token', 'one', '--out', 'one'],
  ['--token-out', '--token', 'fleet', 'device', 'add', 'rig', ...server, '--token', 'one', '--token-out', 'one'],
  [
    '--people',
    '--token-out',
    'fleet',
    'person',
    'add',
    'ada',
    '--role',
    'viewer',
    '--people',
    'new',
    '--token-out',
    'new',
  ],
];

describe('a command', () => {
  it.each(clashes)('refuses %s and %s that are one file: %s %s', async (first, second, ...argumentList) => {
    const { code, stdout, stderr } = await coldrig(argumentList, { cwd: folder });
    expect(stderr).toMatch(/^error: .+ are the same file, and /);
    expect(stderr).toContain(`${first} `);
    expect(stderr).toContain(` and ${second} `);
    expect([code, stdout]).toEqual([2, '']);
    expect([readFileSync(at('one'), 'utf8'), readFileSync(at('other'), 'utf8')]).toEqual(['one', 'other']);
  });
});

describe('coldrig run --record', () => {
  const record = () =>
    coldrig(['run', '--udp', '0', '--for', '0.1', '--speed', 'max', '--record', 'file'], { cwd: folder });

  it('replaces an older recording, also one of a run that was killed at its beginning', async () => {
    for (const before of ['', '{"coldrig":', '{"coldrig":"input log","version":1,"seed":1}\n{"timeNs":0}\n']) {
      writeFileSync(at('file'), before);
      expect((await record()).code).toBe(0);
      expect(readFileSync(at('file'), 'utf8')).toMatch(/"logHash":"[0-9a-f]+"\}\n$/);
    }
  });

  it('refuses a file that is none, and leaves it as it is', async () => {
    for (const before of ['my notes\n', '{"coldrig":"other"}', '{}']) {
      writeFileSync(at('file'), before);
      const { code, stderr } = await record();
      expect(stderr).toMatch(/^error: --record file: the file exists and is no recording of 'coldrig run'; expected /);
      expect([code, readFileSync(at('file'), 'utf8')]).toEqual([1, before]);
    }
  });
});
