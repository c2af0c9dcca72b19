// What an upload session must answer, as one object that a reader can check against the reference's ten rules: the oracle of
// upload.test.ts. It knows the file, not the flash; the test looks into the flash at the end.
//
// What must stay true: it is written from what clients may rely on, not from bootloader/image/smp/img-upload.ts.

import { createHash } from 'node:crypto';
import { MemoryMap } from '../../../protocol/memory-map.ts';

export interface Chunk {
  off?: number | bigint;
  data?: Uint8Array;
  len?: number | bigint;
  sha?: Uint8Array;
  upgrade?: boolean;
}

export type UploadAnswer = { off: number; match?: boolean } | { err: { group: number; rc: number } };

const refused = (rc: number): UploadAnswer => ({ err: { group: 1, rc } });
const [noFreeSlot, offsetMissing, lengthMissing, headerShort, magicWrong, hashLong] = [9, 20, 21, 22, 23, 24];
const [tooLarge, overrun, downgrade] = [30, 31, 27];
/** The same in version 1: generic codes, and a few words for a human. */
export function inVersion1(answer: UploadAnswer): object {
  if (!('err' in answer)) return answer;
  const generic = new Map([
    [noFreeSlot, 6],
    [downgrade, 6],
    [tooLarge, 1],
    [overrun, 1],
    [magicWrong, 1],
  ]);
  const words = new Map([
    [noFreeSlot, 'no slot'],
    [downgrade, 'downgrade'],
    [magicWrong, 'magic mismatch'],
    [tooLarge, 'too large for a slot'],
  ]);
  const { rc } = answer.err;
  return { rc: generic.get(rc) ?? 3, ...(words.has(rc) ? { rsn: words.get(rc) } : {}) };
}

const imageMagic = 0x96f3_b83d;
const headerLength = 32;

export class UploadModel {
  /** Bytes the slot holds of the file under way, or completed. */
  content: Buffer = Buffer.alloc(0);
  total = 0;
  private sha = Buffer.alloc(0);
  private readonly mayUpload: boolean;
  /** Version of the running image as the header writes it; undefined where none runs. */
  private readonly running: number[] | undefined;

  constructor(mayUpload: boolean, running: number[] | undefined) {
    this.mayUpload = mayUpload;
    this.running = running;
  }

  get complete(): boolean {
    return this.total !== 0 && this.content.length === this.total;
  }

  forget(): void {
    this.total = 0;
    this.content = Buffer.alloc(0);
    this.sha = Buffer.alloc(0);
  }

  take({ off, data = new Uint8Array(0), len, sha, upgrade }: Chunk): UploadAnswer {
    if (off === undefined) return refused(offsetMissing);
    if (BigInt(off) === 0n) return this.first(data, len, sha ?? new Uint8Array(0), upgrade ?? false);
    const at = Number(off);
    if (this.complete) return this.isThere(at, data) ? this.progress() : { off: 0 };
    if (at !== this.content.length || data.length === 0) return this.progress();
    return this.append(data);
  }

  private first(data: Uint8Array, len: Chunk['len'], sha: Uint8Array, upgrade: boolean): UploadAnswer {
    if (data.length < headerLength) return refused(headerShort);
    if (len === undefined) return refused(lengthMissing);
    if (Buffer.from(data).readUInt32LE(0) !== imageMagic) return refused(magicWrong);
    if (sha.length > 32) return refused(hashLong);
    const same = this.total !== 0 && sha.length > 0 && this.sha.equals(sha);
    if (same && (!this.complete || (BigInt(len) === BigInt(this.total) && this.isThere(0, data))))
      return this.progress();
    if (!this.mayUpload) return refused(noFreeSlot);
    if (!fits(Buffer.from(data), Number(len))) return refused(tooLarge);
    if (data.length > len) return refused(overrun);
    if (upgrade && !this.isNewer(data)) return refused(downgrade);
    this.total = Number(len);
    this.content = Buffer.alloc(0);
    this.sha = Buffer.from(sha);
    return this.append(data);
  }

  private append(data: Uint8Array): UploadAnswer {
    if (data.length > this.total - this.content.length) return refused(overrun);
    this.content = Buffer.concat([this.content, data]);
    return this.progress();
  }

  private progress(): UploadAnswer {
    const off = this.content.length;
    if (!this.complete || this.sha.length !== 32) return { off };
    const match = createHash('sha256').update(this.content).digest().equals(this.sha);
    // A file that is not the one that was meant is begun anew.
    if (!match) this.forget();
    return { off, match };
  }

  private isThere(at: number, data: Uint8Array): boolean {
    return data.length > 0 && at < this.total && this.content.subarray(at, at + data.length).equals(data);
  }

  private isNewer(data: Uint8Array): boolean {
    if (!this.running) return true;
    const version = [data[20], data[21], Buffer.from(data).readUInt16LE(22)];
    const different = version.findIndex((part, index) => part !== this.running?.[index]);
    return different >= 0 && version[different] > this.running[different];
  }
}

/** Behind payload and protected TLVs come 144 bytes of hash, key and signature, and then the trailer's sector. */
function fits(header: Buffer, length: number): boolean {
  const signed = header.readUInt16LE(8) + header.readUInt16LE(10) + header.readUInt32LE(12);
  const hasRoom = length <= MemoryMap.IMAGE_SIZE_MAX || length === MemoryMap.SLOT_SIZE;
  return hasRoom && signed + 144 <= MemoryMap.IMAGE_SIZE_MAX;
}
