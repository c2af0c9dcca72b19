import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../host/links/fake-line.ts';
import { type BuiltImage, buildAll } from '../../host/tools/build.ts';
import { repositoryRoot } from '../../host/tools/guest.ts';
import { coldrig, RunningBoard } from '../testing.ts';

// One board for all of these, and they build on one another: it is the life of a device on somebody's desk.
describe('a board that runs for clients', () => {
  let folder = '';
  let board: RunningBoard;
  let images: Map<string, BuiltImage>;
  const device = () => join(folder, 'device.bin');
  const pty = () => join(folder, 'console');
  const record = () => join(folder, 'run.jsonl');
  const fileOf = (name: string) => images.get(name)?.file ?? '';

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-run-'));
    ({ images } = await buildAll(['factory', 'good', 'hangs', 'flipped-bit']));
    const links = ['--udp', '0', '--serial', '0', '--pty', pty()];
    board = await RunningBoard.start([...links, '--flash', device(), '--record', record(), '--speed', '4']);
  }, 300_000);
  afterAll(async () => {
    await board?.end('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  it.each(['udp://', 'serial://127', 'serial:///'])('answers over %s', async (link) => {
    const { code, json } = await coldrig(['status', '--json', '--target', board.link(link)]);
    expect(code).toBe(0);
    expect(json).toMatchObject({ ok: true, mode: 'firmware', images: [{ slot: 'A', version: '1.0.0', active: true }] });
  });

  it('takes a good update and confirms it', async () => {
    const call = ['flash', fileOf('good'), '--confirm', '--watch', '0.3', '--json', '--target', board.link('udp://')];
    const { code, json } = await coldrig(call);
    expect(json).toMatchObject({ ok: true, verdict: 'confirmed', running: { version: '1.1.0', slot: 'B' } });
    expect(code).toBe(0);
    expect(await board.event('image-confirmed')).toMatchObject({ version: '1.1.0', slot: 'B' });
  });

  it('takes the same update a second time without doing anything', async () => {
    const { json } = await coldrig(['flash', fileOf('good'), '--confirm', '--json', '--target', board.link('udp://')]);
    expect(json).toMatchObject({ ok: true, verdict: 'confirmed', uploadMs: null });
  });

  it('undoes an update that hangs, over the pseudo-terminal, and says so with exit code 3', async () => {
    const target = board.link('serial:///');
    const { code, stdout } = await coldrig(['flash', fileOf('hangs'), '--confirm', '--watch', '3', '--target', target]);
    expect(stdout).toContain(
      'version 1.3.0 was rolled back, version 1.1.0 in slot B runs. Reason: a trial that the watchdog reset.',
    );
    expect(code).toBe(3);
    expect(await board.event('image-rejected')).toMatchObject({ reason: 'a trial that the watchdog reset' });
  });

  it('remembers its boots, and why the update was rolled back', async () => {
    const { code, json } = await coldrig(['bootlog', '--json', '--target', board.link('udp://')]);
    expect(code).toBe(0);
    const boots = json.boots as Record<string, unknown>[];
    expect(boots.map(({ number }) => number)).toEqual(boots.map((_, index) => index + 1));
    expect(boots.at(-1)).toMatchObject({ cause: 'watchdog', slot: 'B', version: '1.1.0', fault: expect.any(String) });
    expect(boots.at(-1)?.reasons).toEqual(['a trial that the watchdog reset', null]);
    const words = await coldrig(['bootlog', '--last', '1', '--target', board.link('udp://')]);
    expect(words.stdout).toMatch(/the trial failed; back to the confirmed image +B 1\.1\.0 confirmed +A: a trial that/);
  });

  it('takes a downgrade token, and then the older image', async () => {
    const [key, token] = [join(repositoryRoot, 'build/keys/development.pem'), join(folder, 'old.token')];
    const target = ['--target', board.link('udp://')];
    await coldrig(['flash', fileOf('factory'), '--test', ...target]);
    const call = ['image', 'token', fileOf('factory'), token, '--key', key, '--displaces', '1.1.0', '--send', '--json'];
    expect((await coldrig([...call, ...target])).json).toMatchObject({ ok: true, slot: 'A' });
    const { json } = await coldrig(['flash', fileOf('factory'), '--confirm', '--watch', '0.3', '--json', ...target]);
    expect(json).toMatchObject({ ok: true, verdict: 'confirmed', running: { version: '1.0.0', slot: 'A' } });
    rmSync(token);
  });

  it('refuses an update with one flipped bit before it runs', async () => {
    const { code, stdout } = await coldrig([
      'flash',
      fileOf('flipped-bit'),
      '--test',
      '--target',
      board.link('udp://'),
    ]);
    expect(stdout).toContain('the SHA-256 of the bytes in flash is not the one in the TLV (HASH_MISMATCH)');
    expect(code).toBe(3);
  });

  it('says which slot it erased when the device chose', async () => {
    const target = ['--target', board.link('udp://')];
    expect(await coldrig(['erase', ...target])).toMatchObject({ code: 0, stdout: 'slot B is erased\n' });
    expect((await coldrig(['erase', '--json', ...target])).json).toMatchObject({ ok: true, slot: 'B' });
  });

  it('says in safe mode why nothing can be confirmed', async () => {
    const target = ['--target', board.link('udp://')];
    await coldrig(['reset', '--safe-mode', ...target]);
    const { code, stderr } = await coldrig(['confirm', ...target]);
    expect(stderr).toContain("No image runs: the device is in safe mode ('coldrig status')");
    expect(code).toBe(3);
    await coldrig(['reset', ...target]);
  });

  it('does not share its port or its device file', async () => {
    const port = board.link('udp://').split(':').at(-1) ?? '';
    const samePort = await coldrig(['run', '--udp', port]);
    expect(samePort.code).toBe(1);
    expect(samePort.stderr).toContain(`UDP port ${port} on 127.0.0.1 is in use by another program`);
    const sameFile = await coldrig(['run', '--udp', '0', '--flash', device()]);
    expect(sameFile.code).toBe(1);
    expect(sameFile.stderr).toContain('is in use by process');
  });

  it('ends at Ctrl-C with exit code 0 and leaves nothing but the files it was asked for', async () => {
    expect(existsSync(pty())).toBe(true);
    expect(await board.end('SIGINT')).toBe(0);
    expect(readdirSync(folder).sort()).toEqual(['device.bin', 'run.jsonl']);
  });

  it('was a run that can be repeated: the same inputs give the same log hash', async () => {
    const { code, json } = await coldrig(['replay', record(), '--json']);
    expect(code).toBe(0);
    expect(json).toMatchObject({ ok: true, same: true, logHash: (await board.event('end')).logHash });
  });

  it('is not repeated on another device, and the refusal says what to pass', async () => {
    const key = join(folder, 'other.pem');
    await coldrig(['image', 'keygen', key]);
    const { code, stderr } = await coldrig(['replay', record(), '--key', key]);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'its flash and fuses differ; pass the --image and --key, or the --flash, of the recorded run',
    );
    expect(stderr).toContain('the bootloader and the development key of this install');
  });

  it('does not depend on how fast it was run', async () => {
    const atSpeed = (speed: string) => coldrig(['run', '--udp', '0', '--for', '2', '--speed', speed, '--json']);
    const outputs = await Promise.all(['max', '20'].map(async (speed) => (await atSpeed(speed)).stdout));
    const [fast, slow] = outputs.map((stdout) => JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
    expect(fast).toMatchObject({ event: 'end', logHash: slow.logHash });
  });

  it('ends in order when whoever read its output has gone', async () => {
    const other = await RunningBoard.start(['--udp', '0', '--flash', join(folder, 'other.bin')]);
    other.stopReading();
    expect(await other.ended()).toBe(0);
    expect(readdirSync(folder)).not.toContain('other.bin.lock');
  });

  it('takes its pseudo-terminal along even when it is killed', async () => {
    const killed = await RunningBoard.start(['--udp', '0', '--pty', pty()]);
    expect(existsSync(pty())).toBe(true);
    await killed.end('SIGKILL');
    await eventually('the link is gone', () => !existsSync(pty()));
  });

  it('is the same device again when it is started from its file', async () => {
    const { code, stdout } = await coldrig(['run', '--udp', '0', '--flash', device(), '--speed', 'max', '--for', '2']);
    expect(code).toBe(0);
    expect(stdout).toContain('coldrig: the device kept in');
    expect(stdout).toContain('firmware 1.0.0 starts from slot A');
  });
});
