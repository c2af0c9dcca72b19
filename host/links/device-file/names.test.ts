import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Desk } from './testing.ts';
import { Device } from './testing-device.ts';

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.clear());

describe('a device file with names, a mode and an owner', () => {
  it('keeps its mode, its inode and its symbolic link, beside which nothing is written', () => {
    desk.run(new Device());
    chmodSync(desk.path, 0o640);
    const { ino } = statSync(desk.path);
    mkdirSync(join(desk.folder, 'elsewhere'));
    const link = join(desk.folder, 'elsewhere', 'link.bin');
    symlinkSync('../device.bin', link);
    const device = new Device();
    desk.killedRun(device, [1], link);
    expect(readdirSync(join(desk.folder, 'elsewhere'))).toEqual(['link.bin']);
    expect(statSync(desk.journal).mode & 0o777).toBe(0o640);
    desk.run(device, link);
    desk.expectHas(device);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect([statSync(desk.path).ino, statSync(desk.path).mode & 0o777]).toEqual([ino, 0o640]);
  });

  it('is one device under all its hard links', () => {
    const device = new Device();
    desk.run(device);
    const other = join(desk.folder, 'hard.bin');
    linkSync(desk.path, other);
    desk.run(device.change(1), other);
    desk.expectHas(device, desk.path);
    expect(statSync(desk.path).ino).toBe(statSync(other).ino);
  });

  it('makes the file that a symbolic link leads to when it is not there', () => {
    const link = join(desk.folder, 'link.bin');
    symlinkSync('device.bin', link);
    desk.run(new Device(), link);
    desk.expectHas(new Device());
  });

  it.skipIf(process.getuid?.() !== 0)('stays somebody else’s when root runs it, desk.journal included', () => {
    desk.run(new Device());
    chownSync(desk.path, 65_534, 65_534);
    desk.killedRun(new Device(), [1]);
    for (const name of [desk.path, desk.journal])
      expect([statSync(name).uid, statSync(name).gid]).toEqual([65_534, 65_534]);
  });

  it('that vanishes during the run is an error, not a yes', () => {
    const device = new Device();
    const inside = join(desk.folder, 'inside');
    mkdirSync(inside);
    const file = desk.open(join(inside, 'device.bin'));
    file.begin(device);
    renameSync(inside, join(desk.folder, 'moved'));
    expect(() => file.keep(device.change(1))).toThrow(
      /is not there any more; the file or its folder was removed, renamed/,
    );
    expect(() => file.keep(device)).toThrow(/is not there any more/);
    file.close(device);
  });
});
