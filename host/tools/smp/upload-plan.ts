// The options of an upload, and its messages: the file in chunks that fit into the messages of the device.
// What must stay true: the chunk at an offset is always the same bytes, so that sending it twice changes nothing.

import { createHash } from 'node:crypto';
import { type CborMap, encodeBody } from './cbor.ts';
import { SmpError } from './error.ts';
import { headerSize } from './message.ts';
import type { RequestOptions, SmpSession } from './session.ts';

/** What an upload needs from a client: its session, the buffer sizes of the device, and a way to erase the slot first. */
export interface UploadClient extends Pick<SmpSession, 'post' | 'next' | 'strayText' | 'exclusively' | 'transport'> {
  paramsOrAssumed(options?: RequestOptions): Promise<{ bufferSize: number; bufferCount: number }>;
  erase(slot?: number, options?: RequestOptions): Promise<void>;
}

export interface UploadProgress {
  /** How many bytes the device has. */
  bytes: number;
  totalBytes: number;
  elapsedMs: number;
}

export interface UploadOptions {
  onProgress?: (progress: UploadProgress) => void;
  signal?: AbortSignal;
  /** Continue an earlier upload of the same bytes; true by default. False erases first. */
  resume?: boolean;
  /** Image number, for devices with several. */
  image?: number;
  /** The device must refuse an image that is not newer. */
  onlyUpgrade?: boolean;
  /** How many messages are sent without an answer; by default as many as the device can store. */
  window?: number;
  /** How long the device may accept nothing, 10 s by default. */
  timeoutMs?: number;
  /** The same for the first chunk, during which a device may erase a slot; 40 s by default. */
  firstTimeoutMs?: number;
}

export interface UploadResult {
  /** SHA-256 over the file, which the device compared where it answered `match`. */
  sha256: Uint8Array;
  /** Offset at which an earlier upload was resumed; 0 for a fresh one. */
  resumedAt: number;
  /** Whether the device said that its copy has this SHA-256; undefined where it did not say. */
  matched: boolean | undefined;
  elapsedMs: number;
  /** Messages sent, and how many of them were chunks sent again. */
  messages: number;
  resent: number;
}

// Flash is programmed in units; some devices take whole ones only and have the rest sent again.
const flashUnit = 8;
// An empty byte string has a head of one byte, a long one of three.
const longHead = 2;

export class UploadPlan {
  readonly totalBytes: number;
  /** SHA-256 over the whole file. */
  readonly sha256: Uint8Array;
  readonly #bytes: Uint8Array;
  readonly #largestMessage: number;
  readonly #options: UploadOptions;

  /** `largestMessage`: bytes, header included. */
  constructor(bytes: Uint8Array, largestMessage: number, options: UploadOptions) {
    if (bytes.length === 0) throw new SmpError('argument', 'upload: the file is empty; there is nothing to send');
    this.#bytes = bytes;
    this.#largestMessage = largestMessage;
    this.#options = options;
    this.totalBytes = bytes.length;
    this.sha256 = new Uint8Array(createHash('sha256').update(bytes).digest());
  }

  /** Where the chunk that begins at `offset` ends: as far as the message holds, in whole flash units. */
  endOf(offset: number): number {
    const around = headerSize + encodeBody(this.bodyOf(offset, offset)).length + longHead;
    const room = this.#largestMessage - around;
    if (room < 1) {
      const text = `upload: messages of ${this.#largestMessage} bytes leave no room for data`;
      throw new SmpError('argument', `${text}; allow at least ${around + 32}`);
    }
    const end = Math.min(offset + room, this.totalBytes);
    const aligned = end - (end % flashUnit);
    return end < this.totalBytes && aligned > offset ? aligned : end;
  }

  /** Body of the message; the first one opens the session. */
  bodyOf(offset: number, end: number): CborMap {
    const data = this.#bytes.subarray(offset, end);
    if (offset > 0) return { off: offset, data };
    const { image, onlyUpgrade } = this.#options;
    return { image, len: this.totalBytes, off: 0, sha: this.sha256, data, upgrade: onlyUpgrade || undefined };
  }
}
