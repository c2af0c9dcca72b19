// The IMG group of a guest: signed images to send it, and the words in which tests speak of what it says.

import { createHash } from 'node:crypto';
import { provision } from '../../../host/board/factory.ts';
import { generateKey, rawPublicKey, type SignOptions, signImage } from '../../../host/tools/image/index.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { ImgCommand } from '../../../protocol/smp/smp.ts';
import { GuestBench, read, type SmpGuest, write } from './smp-bench.ts';

const entry = 'bootloader/image/smp/img.entry.ts';
const key = generateKey(new Uint8Array(32).fill(7));
const slotBase = [MemoryMap.SLOT_A, MemoryMap.SLOT_B];
/** What signImage puts behind the signed bytes: info, SHA-256, KEYHASH, Ed25519. */
const unprotectedSize = 4 + 36 + 36 + 68;
const hashOffset = 8;

export interface ImageEntry {
  slot: number;
  version: string;
  hash: Uint8Array;
  bootable: boolean;
  pending: boolean;
  confirmed: boolean;
  active: boolean;
  permanent: boolean;
}

export interface ImageReply {
  rc?: number;
  rsn?: string;
  err?: { group: number; rc: number };
  off?: number;
  match?: boolean;
  images?: ImageEntry[];
  splitStatus?: number;
}

export const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest());
export const groupError = (rc: number): ImageReply => ({ err: { group: 1, rc } });

/** A signed image; its payload differs with the version. */
export function makeImage(version: string, size = 5000, extra: Partial<SignOptions> = {}): Uint8Array {
  const seed = sha256(Buffer.from(version));
  const payload = Uint8Array.from({ length: size }, (_, index) => (seed[index % 32] + index / 256) & 0xff);
  return signImage({ payload, version, privateKeyPem: key.privateKeyPem, securityCounter: 1, ...extra });
}

/** The hash TLV of an image that is not padded: what a client names it by. */
export function hashOf(image: Uint8Array): Uint8Array {
  const at = image.length - unprotectedSize + hashOffset;
  return image.slice(at, at + 32);
}

interface ImageGuest extends SmpGuest {
  setConfirmDenied(denied: number): void;
}

export class ImageBench extends GuestBench<ImageGuest> {
  /** A device with one of its slots filled, by no factory: nothing is confirmed yet, and no trial is requested. */
  static async make(imageInA: Uint8Array | undefined): Promise<ImageBench> {
    const bench = new ImageBench(entry);
    const keys = [rawPublicKey(key.privateKeyPem)];
    provision(bench.board.machine, bench.board.fuses.cells, { bootloader: new Uint8Array(16), keys });
    if (imageInA) bench.board.machine.flash.writeBytes(slotBase[0], imageInA);
    await bench.boot(imageInA ? 0 : 'safe mode');
    return bench;
  }

  write(command: number, request: unknown, version = 1): ImageReply {
    return this.ask<ImageReply>(write, command, request, { version });
  }

  read(command: number, request: unknown, version = 1): ImageReply {
    return this.ask<ImageReply>(read, command, request, { version });
  }

  /** Zephyr's shorthand: slot, then the first letters of the flags that are set, P for permanent. */
  list(reply: ImageReply = this.read(ImgCommand.STATE, {})): string {
    const letters = ({ bootable, pending, confirmed, active, permanent }: ImageEntry) =>
      `${bootable ? 'b' : ''}${pending ? 'p' : ''}${confirmed ? 'c' : ''}${active ? 'a' : ''}${permanent ? 'P' : ''}`;
    return (reply.images ?? []).map((image) => `${image.slot}:${letters(image)}`).join(' ');
  }

  confirmRunning(): ImageReply {
    return this.write(ImgCommand.STATE, { confirm: true });
  }

  mark(image: Uint8Array, confirm: boolean, version = 1): ImageReply {
    return this.write(ImgCommand.STATE, { hash: hashOf(image), confirm }, version);
  }

  upload(request: object, version = 1): ImageReply {
    return this.write(ImgCommand.UPLOAD, request, version);
  }

  /** The first chunk of an upload. */
  first(image: Uint8Array, size = 512, extra: object = {}): ImageReply {
    const data = image.subarray(0, size);
    return this.upload({ image: 0, len: image.length, off: 0, sha: sha256(image), data, ...extra });
  }

  /** Uploads in chunks as a client does: follows `off`. Returns the last reply. */
  uploadAll(image: Uint8Array, size = 512, extra: object = {}): ImageReply {
    let reply = this.first(image, size, extra);
    while (reply.off !== undefined && reply.off < image.length) {
      const from = reply.off;
      reply = this.upload({ off: from, data: image.subarray(from, from + size) });
      if (reply.off === from) throw new Error(`image bench: the upload is stuck at ${from}`);
    }
    return reply;
  }

  erase(request: object = {}, version = 1): ImageReply {
    return this.write(ImgCommand.ERASE, request, version);
  }

  inFlash(slot: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.board.machine.flash.readBytes(slotBase[slot], bytes);
    return bytes;
  }
}
