import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fuse, MemoryMap } from '../../../protocol/memory-map.ts';
import { bytesOf, FILE_SIZE } from './format.ts';
import { Desk, edit } from './testing.ts';
import { Device } from './testing-device.ts';

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.clear());

describe('the device file', () => {
  it('gives back flash and fuses', () => {
    const device = new Device();
    desk.run(device);
    desk.expectHas(device);
  });

  it('begins with the flash as it is, for other tools to look at, and is alone after an orderly end', () => {
    desk.run(new Device());
    expect([...readFileSync(desk.path).subarray(MemoryMap.SLOT_A, MemoryMap.SLOT_A + 3)]).toEqual([1, 2, 3]);
    expect(statSync(desk.path).size).toBe(FILE_SIZE);
    expect(readdirSync(desk.folder)).toEqual(['device.bin']);
  });

  it('is no device when there is none yet, and nothing stays of the look', () => {
    const file = desk.open();
    expect(file.contents).toBeUndefined();
    file.close();
    expect(readdirSync(desk.folder)).toEqual([]);
  });

  it('is a new device when the file is empty', () => {
    writeFileSync(desk.path, '');
    expect(desk.open().contents).toBeUndefined();
  });

  it('has what was kept by a run that was killed, byte for byte, and says nothing about it', () => {
    const device = new Device();
    desk.killedRun(device, [1, 2, 3]);
    expect(readdirSync(desk.folder)).toEqual(['device.bin', 'device.bin.journal']);
    expect(desk.expectHas(device).notice).toBeUndefined();
    desk.run(device);
    expect(readdirSync(desk.folder)).toEqual(['device.bin']);
    desk.expectHas(device);
  });

  it('has it also when the first run of a new device is killed, again and again', () => {
    const device = new Device();
    for (const number of [1, 2, 3]) {
      desk.killedRun(device, [number]);
      desk.expectHas(device);
    }
  });

  it('is not written while nothing changes', () => {
    const device = new Device();
    const file = desk.open();
    file.begin(device);
    file.keep(device.change(1));
    const before = [desk.path, desk.journal].map((name) => statSync(name, { bigint: true }).mtimeNs);
    for (let i = 0; i < 1000; i++) file.keep(device);
    device.flash.writeBytes(MemoryMap.SLOT_A, Uint8Array.of(1, 2, 3));
    file.keep(device);
    expect([desk.path, desk.journal].map((name) => statSync(name, { bigint: true }).mtimeNs)).toEqual(before);
  });

  it('folds a journal that is long into the file, which goes on in place', () => {
    const device = new Device();
    const file = desk.open();
    file.begin(device);
    const { ino } = statSync(desk.path);
    for (let round = 0; round < 300; round++) {
      device.flash.erasePage(MemoryMap.SLOT_B + 5000);
      file.keep(device);
      file.keep(device.change(1));
    }
    expect(statSync(desk.journal).size).toBeLessThan(1.1 * 1024 * 1024);
    expect(statSync(desk.path).ino).toBe(ino);
    file.close();
    desk.expectHas(device);
  });
});

describe('a device file that is not what it should be', () => {
  it('is refused when it has another length, with what to do', () => {
    writeFileSync(desk.path, 'hello');
    expect(() => desk.open()).toThrow(
      /has 5 bytes, expected 2097584 \(2097152 of flash, and 96 fuse words\); choose another/,
    );
    expect(readFileSync(desk.path, 'utf8')).toBe('hello');
  });

  it('is refused when it is of a chip of other geometry', () => {
    desk.run(new Device());
    edit(desk.path, (bytes) => bytes.writeUInt32LE(64, MemoryMap.FLASH_SIZE + 8));
    expect(() => desk.open()).toThrow(
      'is of another chip, with 2097152 bytes of flash and 64 fuse words; this one has',
    );
  });

  it('is refused when any bit of it has changed', () => {
    desk.run(new Device());
    for (const at of [
      1000,
      MemoryMap.FLASH_SIZE + 1,
      MemoryMap.FLASH_SIZE + 13,
      MemoryMap.FLASH_SIZE + 20,
      FILE_SIZE - 1,
    ]) {
      const flip = (bytes: Buffer) => {
        bytes[at] ^= 1;
      };
      edit(desk.path, flip);
      expect(() => desk.open(), `byte ${at}`).toThrow(/is damaged|is no device file/);
      expect(() => desk.open(desk.path, true), `byte ${at}`).toThrow(/is damaged|is no device file/);
      edit(desk.path, flip);
    }
  });

  it('is read when it is of the format before, and is in the format of today after a run, also one that is killed', () => {
    const device = new Device();
    const fuses = bytesOf(device.fuses);
    const head = Buffer.alloc(12);
    head.write('CRFZ', 'latin1');
    head.writeUInt32LE(Fuse.WORD_COUNT, 4);
    head.writeUInt32LE(crc32(fuses, crc32(device.flash.image())), 8);
    writeFileSync(desk.path, Buffer.concat([device.flash.image(), head, fuses]));
    desk.expectHas(device);
    desk.killedRun(device, [1]);
    desk.expectHas(device);
    desk.run(device);
    desk.expectHas(device);
    expect(statSync(desk.path).size).toBe(FILE_SIZE);
  });

  it('is a folder, or in a folder that is not there: an error says so', () => {
    mkdirSync(desk.path);
    expect(() => desk.open()).toThrow(`the device file ${desk.path} is a folder; name a file with --flash`);
    expect(() => desk.open(join(desk.folder, 'none', 'x.bin'))).toThrow(
      /cannot be opened for writing: there is no such file or/,
    );
  });
});
