// A device that outlives its run: flash and fuses in a file, and a journal beside it.
//
//   keep(device)   what has changed ──> FILE.journal, synced          before anybody is told of it
//   fold           all changes ──> FILE, in place, synced ──> a new journal     when the journal is long, and at the end
//
// A run that is killed leaves FILE as it was, and the journal. The next run reads both. FILE is written in place, so it keeps its
// mode, its owner and all its names (symbolic and hard links), and its lock. A fold that is interrupted leaves a mixture in FILE; the journal has
// every byte that the fold writes and the digest of the result, so the next run completes the fold. The journal (1 MiB) is the only other file.
//
// What must stay true: `keep` returns only when the present state of the device is on disk. When that fails, it throws, and nothing is written
// after it. A device that did not change costs no write. Damaged data is reported, and is left out only with `salvage`.

import { realpathSync } from 'node:fs';
import type { FlashPicture } from '../../board/flash-array.ts';
import { type Disk, nodeDisk } from './disk.ts';
import { DeviceFileError, reasonOf } from './error.ts';
import { type Contents, digestOf, FileState, FLASH_SIZE, flashOf, STATE_AT, tailOf } from './format.ts';
import { changesBetween, changesEntry, foldEntry, JOURNAL_HEAD_SIZE, journalHead, type Piece } from './journal.ts';
import { busyError, type Claim } from './lock.ts';
import { type Kept, processOf, readKept } from './reading.ts';

/** The parts of a board that are kept (host/board/view.ts has them). */
export interface KeptDevice {
  flashPicture(): FlashPicture;
  fuseWords(): Uint32Array;
}

export interface DeviceContents {
  flash: Uint8Array;
  fuses: Uint32Array;
}

export interface DeviceFileOptions {
  /** Uses the whole parts of a damaged file or journal instead of refusing it. */
  salvage?: boolean;
  disk?: Disk;
  /** A longer journal is folded into the file. */
  journalBytes?: number;
}

/** Half of the flash, so that a fold writes no more than the journal did. */
const defaultJournalBytes = 1024 * 1024;

export class DeviceFile {
  /** The name with which it was opened. */
  readonly name: string;
  /** A sentence about data that was left out, or about the state after a run that was killed. */
  readonly notice: string | undefined;
  private readonly disk: Disk;
  private readonly claim: Claim;
  private readonly kept: Kept;
  private readonly journalBytes: number;
  private journal: number | undefined;
  private journalEnd = 0;
  private entryNumber = 1;
  /** The contents of the file since the last fold; undefined when they are not known and all of the file must be written. */
  private inFile: Contents | undefined;
  /** The contents according to file and journal. */
  private known: Contents;
  /** After a write that failed, nothing is written. */
  private failure: DeviceFileError | undefined;
  private isReleased = false;

  /** Takes the file for this process and reads it. Writes nothing; only an empty file is made where there is none. */
  static open(name: string, options: DeviceFileOptions = {}): DeviceFile {
    const disk = options.disk ?? nodeDisk;
    let claim: Claim;
    try {
      claim = disk.claim(name);
    } catch (error) {
      if (!(error instanceof DeviceFileError) || error.code !== 'DEVICE_BUSY') throw error;
      throw busyError(name, processOf(disk, realPath(name)));
    }
    try {
      return new DeviceFile(name, disk, claim, options);
    } catch (error) {
      claim.release();
      throw error;
    }
  }

  private constructor(name: string, disk: Disk, claim: Claim, options: DeviceFileOptions) {
    this.name = name;
    this.disk = disk;
    this.claim = claim;
    this.journalBytes = options.journalBytes ?? defaultJournalBytes;
    this.kept = readKept(disk, name, claim.path, options.salvage ?? false);
    this.notice = this.kept.notice;
    this.inFile = this.kept.inFile;
    this.known = this.kept.contents;
  }

  /** The device in the file; undefined when none was made yet. */
  get contents(): DeviceContents | undefined {
    return this.kept.isNew ? undefined : { flash: flashOf(this.kept.contents), fuses: this.kept.contents.fuses };
  }

  /** Completes the fold of a run that was killed, begins a journal, and writes the device that is about to run into the file. */
  begin(device: KeptDevice): void {
    this.guarded(() => {
      const { kept, disk } = this;
      disk.remove(this.freshJournalPath);
      if (kept.leavesOut) this.setAside(this.journalPath);
      if (kept.journal === undefined) this.startJournal(digestOf(kept.contents));
      else this.endFold(kept.journal);
      this.record(device);
      if (kept.journal !== undefined) return;
      if (kept.isCurrent) this.writeState(FileState.OPEN);
      else this.fold(FileState.OPEN);
    });
  }

  /** Writes the present state of the device to disk. Throws when that is not possible: then no client may be told of that state. */
  keep(device: KeptDevice): void {
    if (this.failure !== undefined) throw this.failure;
    this.guarded(() => {
      if (!this.record(device)) return;
      if (this.journalEnd > this.journalBytes) this.fold(FileState.OPEN);
    });
  }

  /** Writes the device into the file, removes the journal and releases the file. Without a device, or after a failure, only releases the file. */
  close(device?: KeptDevice): void {
    try {
      if (device === undefined || this.failure !== undefined || this.journal === undefined) return;
      this.guarded(() => {
        this.record(device);
        this.fold(FileState.CLOSED);
        this.disk.remove(this.journalPath);
        this.disk.syncFolder(this.journalPath);
      });
    } finally {
      if (this.journal !== undefined) this.disk.close(this.journal);
      this.journal = undefined;
      if (!this.isReleased) this.claim.release();
      this.isReleased = true;
    }
  }

  /** Appends the changes and syncs; false when there are none. */
  private record(device: KeptDevice): boolean {
    const pages = device.flashPicture().cells;
    const fuses = device.fuseWords();
    const sameFuses = fuses.every((word, index) => word === this.known.fuses[index]);
    // The board makes a new table of pages when it first writes one.
    if (pages === this.known.pages && sameFuses) return false;
    const now = { pages, fuses: sameFuses ? this.known.fuses : fuses };
    const pieces = changesBetween(this.known, now);
    if (pieces.length > 0) this.append(pieces);
    this.known = now;
    return pieces.length > 0;
  }

  private append(pieces: readonly Piece[]): void {
    if (!this.disk.isAt(this.claim.path, this.claim.file)) throw new VanishedError();
    this.appendEntry(changesEntry(this.entryNumber, pieces));
  }

  private appendEntry(entry: Uint8Array): void {
    const file = this.journal as number;
    this.disk.write(file, this.journalEnd, entry);
    this.disk.sync(file);
    this.journalEnd += entry.length;
    this.entryNumber += 1;
  }

  /** Writes the changes of the journal into the file. Before that, the journal gets the digest of the result. */
  private fold(state: FileState): void {
    const digest = digestOf(this.known);
    this.appendEntry(foldEntry(this.entryNumber, { digest, fuses: this.known.fuses }));
    this.writeFile(digest, state);
    if (state === FileState.OPEN) this.startJournal(digest);
  }

  /** The same for the journal of a run that was killed, which may have begun a fold. */
  private endFold({ end, nextNumber, hasFold }: NonNullable<Kept['journal']>): void {
    const { disk, journalPath } = this;
    this.journal = disk.open(journalPath, 'existing');
    this.journalEnd = end;
    this.entryNumber = nextNumber;
    disk.truncate(this.journal, end);
    if (!hasFold) {
      this.fold(FileState.OPEN);
      return;
    }
    const digest = digestOf(this.known);
    this.writeFile(digest, FileState.OPEN);
    this.startJournal(digest);
  }

  private writeFile(digest: Uint8Array, state: FileState): void {
    const { disk, claim, known } = this;
    const pieces: Piece[] =
      this.inFile === undefined
        ? [{ address: 0, bytes: flashOf(known) }]
        : changesBetween(this.inFile, known).filter(({ address }) => address < FLASH_SIZE);
    for (const { address, bytes } of pieces) disk.write(claim.file, address, bytes);
    disk.write(claim.file, FLASH_SIZE, tailOf(known, digest, state));
    disk.sync(claim.file);
    this.inFile = known;
  }

  /** Data that was left out is kept in a file of its own, so that a person can examine it. */
  private setAside(path: string): void {
    const { disk } = this;
    const bytes = disk.read(path);
    if (bytes === undefined) return;
    const copy = disk.open(`${path}.damaged`, { freshLike: this.claim.file });
    disk.write(copy, 0, bytes);
    disk.sync(copy);
    disk.close(copy);
  }

  private startJournal(base: Uint8Array): void {
    const { disk } = this;
    if (this.journal !== undefined) disk.close(this.journal);
    this.journal = undefined;
    const fresh = disk.open(this.freshJournalPath, { freshLike: this.claim.file });
    this.journal = fresh;
    // Space that is allocated in advance: a sync then writes only data, which takes a quarter of the time.
    const head = new Uint8Array(Math.max(this.journalBytes, JOURNAL_HEAD_SIZE));
    head.set(journalHead(base, process.pid));
    try {
      disk.write(fresh, 0, head);
      disk.sync(fresh);
      disk.rename(this.freshJournalPath, this.journalPath);
    } catch (error) {
      // Nothing is in it yet, and a full disk has no room for it.
      disk.remove(this.freshJournalPath);
      throw error;
    }
    disk.syncFolder(this.journalPath);
    this.journalEnd = JOURNAL_HEAD_SIZE;
    this.entryNumber = 1;
  }

  private writeState(state: FileState): void {
    const word = new Uint8Array(4);
    new DataView(word.buffer).setUint32(0, state, true);
    this.disk.write(this.claim.file, STATE_AT, word);
    this.disk.sync(this.claim.file);
  }

  private get journalPath(): string {
    return `${this.claim.path}.journal`;
  }

  private get freshJournalPath(): string {
    return `${this.journalPath}.new`;
  }

  /** After a write that failed it is not known what is on disk. So no write follows, and the synced data stays as it is. */
  private guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.failure = new DeviceFileError('DEVICE_FILE', this.failureText(error), error);
      throw this.failure;
    }
  }

  private failureText(error: unknown): string {
    const what = `the device file ${this.name} cannot be written`;
    if (error instanceof VanishedError)
      return `${what}: it is not there any more; the file or its folder was removed, renamed or replaced during the run`;
    const { path } = error as NodeJS.ErrnoException;
    const where = path === undefined ? '' : ` at ${path}`;
    const stays =
      this.journal === undefined ? '' : `; what clients were told before is in it and in ${this.name}.journal`;
    return `${what}: ${reasonOf(error)}${where}${stays}; make room or mend the permissions, then start it again`;
  }
}

class VanishedError extends Error {}

/** The device in a file that is only read, with its journal when it has one; takes no lock, so no run may have the file. */
export function readDevice(name: string, disk: Disk = nodeDisk): DeviceContents {
  const { isNew, contents } = readKept(disk, name, realPath(name), false);
  if (isNew) throw new DeviceFileError('DEVICE_FILE', `there is no device in ${name}: check the path`);
  return { flash: flashOf(contents), fuses: contents.fuses };
}

function realPath(name: string): string {
  try {
    return realpathSync(name);
  } catch {
    return name;
  }
}
