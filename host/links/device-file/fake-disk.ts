// A disk in memory that may lose power, or refuse, at any operation, for tests of the device file.
//
// The model after a loss of power: synced data is on the disk. Of the data since the last sync, each sector of 512 bytes may or may not be on
// the disk. Names are made, moved and removed in order, and the last of these changes may be lost until the folder is synced. A file that is open
// stays the same file under all its names.

import type { Disk } from './disk.ts';

const sectorBytes = 512;

/** Its bytes are replaced, never changed, so that a copy of a disk shares them. */
interface FakeFile {
  /** As a program sees it. */
  now: Uint8Array;
  /** The contents that are certainly on the disk. */
  synced: Uint8Array;
}

/** Chooses which of the sectors and names that may be lost are on the disk. */
export type Luck = (numberOfChoices: number) => number;

export class FakeDisk implements Disk {
  private names = new Map<string, FakeFile>();
  /** The names and their files, after each change since the last sync of the folder. */
  private namesSince: Map<string, FakeFile>[] = [new Map()];
  private readonly files: FakeFile[] = [];
  /** Operations that changed something, so far. */
  operations = 0;
  /** Called after each of them: power may be lost before the caller knows of the operation. */
  onOperation = () => {};
  /** From this operation on, writes are refused with this error. */
  refusal: { from: number; code: string } | undefined;

  claim(path: string) {
    if (!this.names.has(path))
      this.name(() => this.names.set(path, { now: new Uint8Array(0), synced: new Uint8Array(0) }));
    const file = this.files.push(this.names.get(path) as FakeFile) - 1;
    return { file, path, release: () => {} };
  }

  /** No copy: nobody may write into it. */
  read(path: string): Uint8Array | undefined {
    return this.names.get(path)?.now;
  }

  open(path: string, how: 'existing' | { freshLike: number }): number {
    if (how !== 'existing') {
      const file = { now: new Uint8Array(0), synced: new Uint8Array(0) };
      this.operation(() => this.name(() => this.names.set(path, file)));
    }
    return this.files.push(this.names.get(path) as FakeFile) - 1;
  }

  write(file: number, at: number, bytes: Uint8Array): void {
    const before = this.files[file].now;
    this.operation(() => {
      this.files[file].now = written(before, at, bytes);
    }, bytes.length > 0);
  }

  truncate(file: number, size: number): void {
    this.operation(() => {
      this.files[file].now = this.files[file].now.slice(0, size);
    });
  }

  sync(file: number): void {
    this.operation(() => {
      this.files[file].synced = this.files[file].now;
    }, true);
  }

  close(): void {}

  rename(from: string, to: string): void {
    this.operation(() =>
      this.name(() => {
        const file = this.names.get(from);
        if (file === undefined) throw new Error(`fake disk: there is no ${from}`);
        this.names.set(to, file);
        this.names.delete(from);
      }),
    );
  }

  remove(path: string): void {
    if (this.names.has(path)) this.operation(() => this.name(() => this.names.delete(path)));
  }

  syncFolder(): void {
    this.operation(() => {
      this.namesSince = [new Map(this.names)];
    });
  }

  isAt(path: string, file: number): boolean {
    return this.names.get(path) === this.files[file];
  }

  /** The names of all files. */
  get list(): string[] {
    return [...this.names.keys()].sort();
  }

  /** Makes a file, or removes it with undefined, as a person would. */
  put(path: string, bytes: Uint8Array | undefined): void {
    if (bytes === undefined) this.names.delete(path);
    else this.names.set(path, { now: bytes.slice(), synced: bytes.slice() });
  }

  /** A copy of the disk after a process was killed: everything that was written is there. */
  afterKill(): FakeDisk {
    return this.copy(this.names, ({ now }) => now);
  }

  /** The disk after a loss of power. */
  afterPowerOff(luck: Luck): FakeDisk {
    const names = this.namesSince[luck(this.namesSince.length)];
    return this.copy(names, ({ now, synced }) => mixture(synced, now, luck));
  }

  private copy(names: Map<string, FakeFile>, contentsOf: (file: FakeFile) => Uint8Array): FakeDisk {
    const disk = new FakeDisk();
    for (const [name, file] of names) {
      const bytes = contentsOf(file);
      disk.names.set(name, { now: bytes, synced: bytes });
    }
    disk.namesSince = [new Map(disk.names)];
    return disk;
  }

  private name(change: () => void): void {
    change();
    this.namesSince.push(new Map(this.names));
  }

  private operation(change: () => void, takesRoom = false): void {
    this.operations++;
    const { refusal } = this;
    if (refusal && takesRoom && this.operations >= refusal.from)
      throw Object.assign(new Error(refusal.code), { code: refusal.code });
    change();
    this.onOperation();
  }
}

/**
 * How much of a buffer is in files. Behind that is room for what is appended: a log that is written record by record would otherwise be copied as
 * a whole for each.
 */
const taken = new WeakMap<ArrayBufferLike, number>();

/** A file with bytes written at a place. What was in it before stays as it is for the others that share it. */
function written(before: Uint8Array, at: number, bytes: Uint8Array): Uint8Array {
  const size = Math.max(before.length, at + bytes.length);
  const isAppended = at === before.length;
  // Of two copies that were equal, only the first to append has the room.
  const hasRoom = isAppended && taken.get(before.buffer) === at && size <= before.buffer.byteLength;
  const buffer = hasRoom ? before.buffer : new ArrayBuffer(isAppended ? 2 * size : size);
  const after = new Uint8Array(buffer, 0, size);
  if (!hasRoom) after.set(before);
  after.set(bytes, at);
  taken.set(buffer, size);
  return after;
}

function mixture(synced: Uint8Array, now: Uint8Array, luck: Luck): Uint8Array {
  if (synced === now) return now;
  const length = luck(2) === 0 ? Math.min(synced.length, now.length) : now.length;
  const mixed = new Uint8Array(Math.max(length, Math.min(synced.length, now.length)));
  mixed.set(synced.subarray(0, mixed.length));
  for (let at = 0; at < mixed.length; at += sectorBytes) {
    if (luck(2) === 1) mixed.set(now.subarray(at, Math.min(at + sectorBytes, mixed.length)), at);
  }
  return mixed;
}
