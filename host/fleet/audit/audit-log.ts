// The audit log of a fleet: what was asked, what was decided, and why, in a form that nobody can change afterwards without being found out.
//
// A table of a database can be edited by whoever may write to it. Here each entry is hashed into a tree whose root is signed with every append; an entry
// that was changed, taken out or moved does not fit the root any more, and a checkpoint that somebody kept elsewhere shows a log that was cut or signed
// again. The files are those of C2SP tlog-tiles, so that any web server can give them out and other people's readers can check them.
//
//   record ──> waiting ──┬─ 1 bundle of entries and tiles, synced            nothing refers to them yet
//                        ├─ 2 checkpoint.next, signed and synced             from here on the append will stand
//                        ├─ 3 renamed to checkpoint, folder synced ──> answer
//                        └─ 4 partial tiles are removed that a full one has replaced
//
// What must stay true:
//   - `record` resolves only when its entry is on the disk under a signed checkpoint
//   - wherever a process is killed or power fails, the next open finds the log before the append or after it, and completes the latter
//   - no two checkpoints are ever signed that do not fit each other: what somebody may have seen is durable before anybody can see it

import { dirname, join } from 'node:path';
import { reasonOf } from '../../links/device-file/error.ts';
import type { FolderClaim } from '../../telemetry/log/disk.ts';
import { hostTime, type Time } from '../../telemetry/time.ts';
import { type Checkpoint, openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { type AuditDisk, claimAudit, nodeAuditDisk } from './disk.ts';
import { encodeBundle } from './entries.ts';
import { AuditError } from './error.ts';
import { type AuditEvent, encodeEvent } from './event.ts';
import { emptyRoot } from './merkle.ts';
import type { NoteSigner } from './note.ts';
import type { LogSource } from './source.ts';
import { GrowingTree, partialFolder, type Tile, tilePath, tileWidth } from './tiles.ts';
import { readEdge } from './verify.ts';

/** What records decisions. */
export interface Audit {
  /** Resolves with the place of the entry once it is durable. Rejects with an AuditError: then it may have been recorded, and to record it again is right. */
  record(event: AuditEvent): Promise<number>;
}

export interface AuditLogOptions {
  folder: string;
  signer: NoteSigner;
  disk?: AuditDisk;
  time?: Time;
}

/** More than that have not been written for a long time: the disk is too slow for what is asked. */
const waitingMost = 100_000;

interface Waiting {
  entry: Uint8Array;
  resolve: (index: number) => void;
  reject: (error: unknown) => void;
}

export class AuditLog implements Audit {
  private readonly folder: string;
  private readonly signer: NoteSigner;
  private readonly disk: AuditDisk;
  private readonly time: Time;
  private readonly claim: FolderClaim;
  private readonly syncedFolders = new Set<string>();
  private tree = new GrowingTree();
  /** Entries of the bundle that is not full. */
  private open: Uint8Array[] = [];
  private head: Checkpoint | undefined;
  private waiting: Waiting[] = [];
  private writing: Promise<void> | undefined;
  private isClosed = false;

  /** Makes the log if there is none. Throws an AuditError where it is another's, in use, or does not verify. */
  static async open(options: AuditLogOptions): Promise<AuditLog> {
    const log = new AuditLog(options);
    try {
      await log.load();
    } catch (error) {
      log.claim.release();
      throw log.failure(error);
    }
    return log;
  }

  private constructor({ folder, signer, disk = nodeAuditDisk, time = hostTime }: AuditLogOptions) {
    this.folder = folder;
    this.signer = signer;
    this.disk = disk;
    this.time = time;
    this.claim = claimAudit(disk, folder);
  }

  record(event: AuditEvent): Promise<number> {
    if (this.isClosed) return Promise.reject(new AuditError('AUDIT_DISK', `the audit log ${this.folder} is closed`));
    if (this.waiting.length >= waitingMost)
      return Promise.reject(
        new AuditError('AUDIT_DISK', `${this.folder}: ${waitingMost} events wait for the disk; it is too slow`),
      );
    return new Promise((resolve, reject) => {
      try {
        this.waiting.push({ entry: encodeEvent(event), resolve, reject });
      } catch (error) {
        reject(error);
        return;
      }
      this.writing ??= this.writeAll();
    });
  }

  /** What was signed last. */
  checkpoint(): Checkpoint {
    if (this.head === undefined) throw new AuditError('AUDIT_DISK', `the audit log ${this.folder} cannot be read now`);
    return this.head;
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.writing;
    this.claim.release();
  }

  /** Those that ask within a moment share the syncs. */
  private async writeAll(): Promise<void> {
    await new Promise<void>((resolve) => this.time.after(0, resolve));
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      try {
        this.claim.check();
        if (this.head === undefined) await this.load();
        const first = this.tree.size;
        await this.append(batch.map(({ entry }) => entry));
        for (const [at, { resolve }] of batch.entries()) resolve(first + at);
      } catch (error) {
        // What is on the disk now is read again before anything else is written.
        this.head = undefined;
        for (const { reject } of batch) reject(this.failure(error));
      }
    }
    // At once with the look at what waits: who records from now on begins again.
    this.writing = undefined;
  }

  private async append(entries: readonly Uint8Array[]): Promise<void> {
    const tree = this.tree.clone();
    const open = [...this.open];
    const files: Tile[] = [];
    for (const entry of entries) {
      open.push(entry);
      files.push(...tree.push(entry));
      if (open.length < tileWidth) continue;
      files.push({ level: 'entries', index: tree.size / tileWidth - 1, width: tileWidth, bytes: encodeBundle(open) });
      open.length = 0;
    }
    const full = files.length;
    if (open.length > 0) {
      const index = Math.floor(tree.size / tileWidth);
      files.push({ level: 'entries', index, width: open.length, bytes: encodeBundle(open) });
    }
    const before = new Set(this.tree.partials().map(tilePath));
    files.push(...tree.partials().filter((tile) => !before.has(tilePath(tile))));
    this.writeTiles(files);
    const head = signCheckpoint({ size: tree.size, root: await tree.root() }, this.signer);
    this.writeFile('checkpoint.next', Buffer.from(head.note));
    this.disk.syncFolder(this.at('checkpoint.next'));
    this.claim.check();
    this.publish();
    this.tree = tree;
    this.open = open;
    this.head = head;
    for (const tile of files.slice(0, full)) this.forgetPartials(tile);
  }

  private publish(): void {
    this.disk.rename(this.at('checkpoint.next'), this.at('checkpoint'));
    this.disk.syncFolder(this.at('checkpoint'));
  }

  private writeTiles(tiles: readonly Tile[]): void {
    const written = new Map<string, string>();
    for (const tile of tiles) {
      const path = this.at(tilePath(tile));
      this.disk.makeFolder(dirname(path));
      this.writeFile(tilePath(tile), tile.bytes);
      written.set(dirname(path), path);
    }
    for (const [folder, path] of written) {
      this.disk.syncFolder(path);
      this.syncNamesUp(folder);
    }
  }

  /** The names of the folders that lead to a folder, once. */
  private syncNamesUp(folder: string): void {
    for (let path = folder; path !== this.folder && !this.syncedFolders.has(path); path = dirname(path)) {
      this.disk.syncFolder(path);
      this.syncedFolders.add(path);
    }
  }

  private writeFile(name: string, bytes: Uint8Array): void {
    const file = this.disk.create(this.at(name));
    try {
      this.disk.write(file, 0, bytes);
      this.disk.sync(file);
    } finally {
      this.disk.close(file);
    }
  }

  private forgetPartials(tile: Tile): void {
    try {
      this.disk.removeFolder(this.at(partialFolder(tile)));
      this.syncedFolders.delete(this.at(partialFolder(tile)));
    } catch {
      // Partial tiles may stay: they are right, only not needed any more.
    }
  }

  private async load(): Promise<void> {
    const { key } = this.signer;
    const next = await this.source.read('checkpoint.next');
    if (next !== undefined) await this.complete(next);
    const bytes = await this.source.read('checkpoint');
    if (bytes === undefined) {
      this.begin();
      return;
    }
    const head = openCheckpoint(bytes, key, this.at('checkpoint'));
    const { tree, open } = await readEdge(this.source, head);
    this.tree = tree;
    this.open = open;
    this.head = head;
  }

  /** Ends an append that was interrupted: its checkpoint, if it was signed whole, stands. */
  private async complete(next: Uint8Array): Promise<void> {
    let head: Checkpoint;
    try {
      head = openCheckpoint(next, this.signer.key, this.at('checkpoint.next'));
    } catch {
      this.disk.remove(this.at('checkpoint.next'));
      return;
    }
    const now = await this.source.read('checkpoint');
    if (now !== undefined && openCheckpoint(now, this.signer.key, this.at('checkpoint')).size > head.size)
      throw new AuditError(
        'AUDIT_REWRITTEN',
        `${this.at('checkpoint.next')} is older than the checkpoint; it was put there: remove it`,
      );
    await readEdge(this.source, head);
    this.publish();
  }

  private begin(): void {
    const others = this.disk.list(this.folder).filter((name) => name !== 'lock');
    if (others.length > 0)
      throw new AuditError(
        'AUDIT_CUT',
        `the audit log ${this.folder} has no checkpoint, but ${others.join(', ')}: restore it from a copy, or name an empty folder`,
      );
    const head = signCheckpoint({ size: 0, root: emptyRoot() }, this.signer);
    this.writeFile('checkpoint.next', Buffer.from(head.note));
    this.disk.syncFolder(this.at('checkpoint.next'));
    this.publish();
    this.tree = new GrowingTree();
    this.open = [];
    this.head = head;
  }

  /** The files as a reader sees them. */
  private get source(): LogSource {
    return {
      name: this.folder,
      read: async (path) => {
        try {
          return this.disk.read(this.at(path), 0);
        } catch (error) {
          const { code } = error as NodeJS.ErrnoException;
          if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
          throw error;
        }
      },
    };
  }

  private at(path: string): string {
    return join(this.folder, path);
  }

  private failure(error: unknown): AuditError {
    if (error instanceof AuditError) return error;
    return new AuditError('AUDIT_DISK', `the audit log ${this.folder} cannot be written: ${reasonOf(error)}`, error);
  }
}
