import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fuse, MemoryMap } from '../../protocol/memory-map.ts';
import { claimDevice, loadDevice, saveDevice } from './device-file.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-device-'));
  path = join(folder, 'device.bin');
});
afterEach(() => rmSync(folder, { recursive: true }));

function someDevice() {
  const flash = new Uint8Array(MemoryMap.FLASH_SIZE).fill(0xff);
  flash.set([1, 2, 3], MemoryMap.SLOT_A);
  return { flash, fuses: Uint32Array.from({ length: Fuse.WORD_COUNT }, (_, word) => word * 3) };
}

describe('the device file', () => {
  it('gives back flash and fuses', () => {
    const device = someDevice();
    saveDevice(path, device);
    const again = loadDevice(path);
    expect(Buffer.compare(again?.flash ?? Buffer.alloc(0), device.flash)).toBe(0);
    expect(again?.fuses).toEqual(device.fuses);
  });

  it('begins with the flash as it is, for other tools to look at', () => {
    saveDevice(path, someDevice());
    expect([...readFileSync(path).subarray(MemoryMap.SLOT_A, MemoryMap.SLOT_A + 3)]).toEqual([1, 2, 3]);
  });

  it('is there whole or not at all, with nothing left beside it', () => {
    saveDevice(path, someDevice());
    saveDevice(path, someDevice());
    expect(readdirSync(folder)).toEqual(['device.bin']);
  });

  it('is no device when there is none yet', () => {
    expect(loadDevice(path)).toBeUndefined();
  });

  it('is refused when it has another length, with what to do', () => {
    writeFileSync(path, 'hello');
    expect(() => loadDevice(path)).toThrow('has 5 bytes, expected 2097548 (flash and fuses); choose another file');
  });

  it('is refused when a bit of it has changed', () => {
    saveDevice(path, someDevice());
    const bytes = readFileSync(path);
    bytes[1000] ^= 1;
    writeFileSync(path, bytes);
    expect(() => loadDevice(path)).toThrow('is damaged: its checksum does not match');
  });

  it('belongs to one process at a time', () => {
    const giveBack = claimDevice(path);
    expect(() => claimDevice(path)).toThrow(`is in use by process ${process.pid}`);
    giveBack();
    claimDevice(path)();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is taken over from a run that was killed', () => {
    writeFileSync(`${path}.lock`, '999999999\n');
    claimDevice(path)();
  });
});
