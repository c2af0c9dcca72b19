// The disk in memory of the device file (host/links/device-file/fake-disk.ts), as the disk of a log.

import { basename, dirname } from 'node:path';
import { FakeDisk, type Luck } from '../../../links/device-file/fake-disk.ts';
import type { FolderClaim, LogDisk } from '../disk.ts';
import { LogError } from '../record-log.ts';

export class FakeLogDisk implements LogDisk {
  readonly fake: FakeDisk;
  /** Bytes that the disk has; a write beyond them is refused. */
  room = Number.POSITIVE_INFINITY;
  /** Syncs that fail from now on. */
  failingSyncs = 0;
  private readonly paths = new Map<number, string>();
  private readonly claimed = new Set<string>();

  constructor(fake = new FakeDisk()) {
    this.fake = fake;
  }

  claim(folder: string): FolderClaim {
    if (this.claimed.has(folder)) throw new LogError('LOG_BUSY', `the log ${folder} is in use by another gateway`);
    this.claimed.add(folder);
    return { check: () => {}, release: () => this.claimed.delete(folder) };
  }

  list(folder: string): string[] {
    return this.fake.list.filter((path) => dirname(path) === folder).map((path) => basename(path));
  }

  size(path: string): number {
    return this.read(path, 0).length;
  }

  read(path: string, from: number, most?: number): Uint8Array {
    const bytes = this.fake.read(path);
    if (bytes === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
    return bytes.subarray(from, most === undefined ? undefined : from + most);
  }

  create(path: string): number {
    return this.named(path, this.fake.open(path, { freshLike: 0 }));
  }

  open(path: string): number {
    return this.named(path, this.fake.open(path, 'existing'));
  }

  write(file: number, at: number, bytes: Uint8Array): void {
    if (this.room === Number.POSITIVE_INFINITY) {
      this.fake.write(file, at, bytes);
      return;
    }
    const path = this.paths.get(file) as string;
    const others = this.fake.list.reduce((sum, name) => sum + (name === path ? 0 : this.size(name)), 0);
    const fits = Math.max(0, this.room - others - at);
    // As much as fits is written before the disk refuses.
    this.fake.write(file, at, bytes.subarray(0, fits));
    if (bytes.length > fits) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  }

  truncate(file: number, size: number): void {
    this.fake.truncate(file, size);
  }

  sync(file: number): void {
    if (this.failingSyncs > 0) {
      this.failingSyncs--;
      throw Object.assign(new Error('bad sector'), { code: 'EIO' });
    }
    this.fake.sync(file);
  }

  close(): void {}

  rename(from: string, to: string): void {
    this.fake.rename(from, to);
  }

  remove(path: string): void {
    this.fake.remove(path);
  }

  syncFolder(): void {
    this.fake.syncFolder();
  }

  afterKill(): FakeLogDisk {
    return this.successor(this.fake.afterKill());
  }

  afterPowerOff(luck: Luck): FakeLogDisk {
    return this.successor(this.fake.afterPowerOff(luck));
  }

  private successor(fake: FakeDisk): FakeLogDisk {
    const disk = new FakeLogDisk(fake);
    disk.room = this.room;
    return disk;
  }

  private named(path: string, file: number): number {
    this.paths.set(file, path);
    return file;
  }
}
