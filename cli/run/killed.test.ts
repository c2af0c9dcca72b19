// `coldrig run --flash FILE` killed with SIGKILL right after a client was told something: it is in the file. Moments are counted answers.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DeviceUnderTest } from '../../hil/rig/device.ts';
import { second } from '../../hil/rig/time.ts';
import { BoardView } from '../../host/board/view.ts';
import { readDevice } from '../../host/links/device-file/device-file.ts';
import { type BuiltImage, buildAll, developmentKey } from '../../host/tools/build.ts';
import { signImage } from '../../host/tools/image/index.ts';
import { counterInFuses } from '../../host/tools/image/security-counter.ts';
import { compileFirmware } from '../../host/tools/sequencer.ts';
import { SmpClient } from '../../host/tools/smp/index.ts';
import { Fuse, MemoryMap } from '../../protocol/memory-map.ts';
import { coldrig, command, RunningBoard } from '../testing.ts';

describe('a board that is killed', () => {
  let folder = '';
  let good: BuiltImage;
  let board: RunningBoard | undefined;
  const device = () => join(folder, 'device.bin');

  beforeAll(async () => {
    good = (await buildAll(['factory', 'good'])).images.get('good') as BuiltImage;
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-killed-'));
  });
  afterEach(async () => {
    await board?.end('SIGKILL');
    board = undefined;
    rmSync(folder, { recursive: true });
  });

  async function start(path = device()): Promise<RunningBoard> {
    board = await RunningBoard.start(['--udp', '0', '--flash', path, '--speed', '4']);
    return board;
  }

  it('in an upload has every chunk that was acknowledged, and the upload goes on from there', async () => {
    for (const answers of [1, 2, 5, 20, 50]) {
      const running = await start();
      const client = await SmpClient.open(running.link('udp://'));
      let [heard, told] = [0, 0];
      const end = new AbortController();
      const onProgress = ({ bytes }: { bytes: number }) => {
        if (heard === answers) return;
        told = bytes;
        if (++heard < answers) return;
        void running.end('SIGKILL');
        end.abort(new Error('killed'));
      };
      await expect(client.upload(good.bytes, { onProgress, signal: end.signal })).rejects.toThrow('killed');
      await client.close();
      await running.end('SIGKILL');
      expect(told).toBeGreaterThan(0);
      const { flash } = readDevice(device());
      const there = flash.subarray(MemoryMap.SLOT_B, MemoryMap.SLOT_B + told);
      expect(Buffer.compare(there, good.bytes.subarray(0, told)), `${told} bytes after ${answers} answers`).toBe(0);
    }
    const { code } = await coldrig(['flash', good.file, '--target', (await start()).link('udp://')]);
    expect(code).toBe(0);
  });

  it('after a confirm that ended with 0 has the update, the confirm and the fuses', async () => {
    const first = await start();
    const counted = join(folder, 'counted.bin');
    const payload = await compileFirmware('firmware/main.ts');
    const signing = { payload, privateKeyPem: developmentKey(), version: '1.1.0', securityCounter: 7 };
    writeFileSync(counted, signImage(signing));
    const call = ['flash', counted, '--confirm', '--watch', '0.1', '--target', first.link('udp://')];
    const { code } = await coldrig(call);
    await first.end('SIGKILL');
    expect(code).toBe(0);
    rmSync(counted);
    expect(readdirSync(folder)).toEqual(['device.bin', 'device.bin.journal']);
    const { fuses } = readDevice(device());
    expect(counterInFuses(fuses.subarray(Fuse.SECURITY_COUNTER))).toBe(7);
    const again = await start();
    const { json } = await coldrig(['status', '--json', '--target', again.link('udp://')]);
    expect(json).toMatchObject({ images: [{ version: '1.0.0' }, { version: '1.1.0', active: true, confirmed: true }] });
    expect(await again.end('SIGTERM')).toBe(0);
    expect(readdirSync(folder)).toEqual(['device.bin']);
  });

  it('after a line of its log has what the line says', async () => {
    const running = await start();
    await running.event('boot');
    await running.end('SIGKILL');
    const again = await start();
    const { json } = await coldrig(['bootlog', '--json', '--target', again.link('udp://')]);
    expect((json.boots as object[]).map((boot) => (boot as { number: number }).number)).toEqual([1, 2]);
  });

  it('without its journal is refused, and with --salvage goes on and says what is missing', async () => {
    const first = await start();
    expect((await coldrig(['reset', '--target', first.link('udp://')])).code).toBe(0);
    await first.end('SIGKILL');
    rmSync(`${device()}.journal`);
    const words = ['run', '--udp', '0', '--flash', device(), '--for', '1', '--speed', 'max'];
    const refused = await coldrig(words);
    expect(refused.code).toBe(1);
    expect(refused.stderr.replace(/\s+/g, ' ')).toMatch(
      /the journal of that run, .* is not beside it.* by adding --salvage/,
    );
    const { code, stdout } = await coldrig([...words, '--salvage', '--json']);
    expect(code).toBe(0);
    const [, notice] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(notice).toMatchObject({ event: 'device-file', text: expect.stringMatching(/written last is left out$/) });
    expect((await coldrig(words)).code).toBe(0);
    expect((await coldrig(['run', '--salvage'])).stderr).toContain('--salvage needs a device file: add --flash FILE');
  });

  it('writes nothing while it is idle: in an hour of its time no page of flash and no fuse is another', async () => {
    const idle = await DeviceUnderTest.running();
    idle.board.runFor(60 * second);
    const view = new BoardView(idle.board);
    const [{ cells }, fuses] = [view.flashPicture(), view.fuseWords()];
    idle.board.runFor(3600 * second);
    expect(view.flashPicture().cells).toBe(cells);
    expect(view.fuseWords()).toEqual(fuses);
  });

  it('is not told yes by a board whose file is gone: the run ends with an error that says so', async () => {
    const inside = join(folder, 'inside');
    mkdirSync(inside);
    const running = await start(join(inside, 'device.bin'));
    renameSync(inside, join(folder, 'moved'));
    const { code } = await coldrig(['erase', 'B', '--timeout', '2', '--target', running.link('udp://')]);
    expect(code).not.toBe(0);
    expect(await running.ended()).toBe(1);
    const end = JSON.stringify(running.events.slice(-2));
    expect(end).toMatch(/DEVICE_FILE.*device\.bin cannot be written: it is not there any more/);
  });

  it('shares its file with nobody, and another file with anybody', async () => {
    const running = await start();
    const same = await coldrig(['run', '--udp', '0', '--flash', `${folder}/../${folder.split('/').at(-1)}/device.bin`]);
    expect(same.code).toBe(1);
    expect(same.stderr).toMatch(/is in use by process \d+; end that run/);
    const other = ['run', '--udp', '0', '--flash', join(folder, 'other.bin'), '--for', '1', '--speed', 'max'];
    expect((await coldrig(other)).code).toBe(0);
    expect(await running.end('SIGTERM')).toBe(0);
  });

  it.skipIf(process.platform === 'win32')('is not even started where its file may not become large enough', () => {
    const words = ['-c', 'ulimit -f 1500; exec "$@"', 'bash', process.execPath, command, 'run', '--udp', '0'];
    const { status, stderr } = spawnSync('bash', [...words, '--flash', device()], { encoding: 'utf8' });
    expect(stderr).toMatch(
      /the device file .*device\.bin cannot be written: the file would be larger than .*\(EFBIG\)/s,
    );
    expect(status).toBe(1);
  });
});
