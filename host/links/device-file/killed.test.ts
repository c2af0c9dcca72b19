// Real processes, files and disks: killed with SIGKILL at a counted operation, and a disk that is full.

import { execFile, spawnSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeviceFile, readDevice } from './device-file.ts';
import { Desk } from './testing.ts';
import { Device } from './testing-device.ts';

const script = fileURLToPath(new URL('./testing-life.mjs', import.meta.url));

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.clear());

/** Changes that were kept, as the process said, and whether it was killed. */
async function life(killAt: number): Promise<{ told: number; isKilled: boolean }> {
  return await new Promise((resolve, reject) => {
    execFile(process.execPath, [script, desk.path, `${killAt}`], (error, stdout, stderr) => {
      if (error && error.signal !== 'SIGKILL') reject(new Error(stderr));
      else resolve({ told: Number(stdout.trim().split('\n').at(-1)), isKilled: error !== null });
    });
  });
}

/** How many changes are in the file: those up to that number, and no part of another. */
function changesThere(): number {
  const { flash, fuses } = readDevice(desk.path);
  const device = new Device();
  for (let number = 0; number <= 9; number++) {
    if (number > 0) device.change(number);
    if (Buffer.compare(device.flash.image(), flash) === 0 && `${device.fuses}` === `${fuses}`) return number;
  }
  throw new Error('the file has a device that never was');
}

describe('a process that keeps a device', () => {
  it('and is killed at any operation, also in the middle of a fold, leaves all that it told, byte for byte', async () => {
    let killed = 0;
    for (let killAt = 14, isKilled = true; isKilled; killAt += 3) {
      const { told, isKilled: was } = await life(killAt);
      isKilled = was;
      killed += was ? 1 : 0;
      const there = changesThere();
      expect(there === told || there === told + 1, `killed at ${killAt}: ${there} are there, ${told} were told`).toBe(
        true,
      );
      // The next run has the lock at once, ends what was left undone, and leaves nothing but the file.
      const file = DeviceFile.open(desk.path);
      const device = new Device();
      for (let number = 1; number <= there; number++) device.change(number);
      file.begin(device);
      file.close(device);
      expect(changesThere()).toBe(there);
      expect(readdirSync(desk.folder)).toEqual(['device.bin']);
      rmSync(desk.path);
    }
    expect(killed).toBeGreaterThan(8);
  });
});

describe('a disk that is full', () => {
  const mount = (folder: string) => spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', folder]).status === 0;
  const canMount = process.getuid?.() === 0 && process.platform === 'linux';

  it.skipIf(!canMount)(
    'ends the run with an error that names the file and the cause, and nothing is lost',
    (context) => {
      if (!mount(desk.folder)) return context.skip('this system mounts nothing');
      try {
        const device = new Device();
        const file = DeviceFile.open(desk.path, { journalBytes: 20_000 });
        file.begin(device);
        expect(() => writeFileSync(join(desk.folder, 'filler'), Buffer.alloc(6 * 1024 * 1024))).toThrow('ENOSPC');
        let told = 0;
        const changeOn = () => {
          for (; told < 50; told++) file.keep(device.change(told + 1));
        };
        expect(changeOn).toThrow(
          /the device file .*device\.bin cannot be written: the disk is full \(ENOSPC\).*; what clients were told before is in it and in .*device\.bin\.journal/,
        );
        expect(told).toBeGreaterThan(0);
        file.close(device);
        const there = new Device();
        for (let number = 1; number <= told; number++) there.change(number);
        const kept = readDevice(desk.path);
        const isThere = () => Buffer.compare(there.flash.image(), kept.flash) === 0;
        // The change that was refused may be in the file: no client was told that it is not.
        if (!isThere()) there.change(told + 1);
        expect(isThere()).toBe(true);
      } finally {
        spawnSync('umount', [desk.folder]);
      }
    },
  );
});
