// The images of a repository as files: targets/SHA256.NAME, the names that TUF's consistent snapshots give them.
//
// What must stay true: a file is there whole or not at all, and never changes under its name.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../../links/whole-file.ts';
import { formatVersion, ImageError, parseImage, parseVersion } from '../../tools/image/index.ts';
import { isImage } from '../../tools/image/parse.ts';
import { readToken } from '../../tools/image/token.ts';
import type { ReleaseFile } from '../ddi/server.ts';
import type { Release } from '../rollout/events.ts';

const digest = (algorithm: string, bytes: Uint8Array) => createHash(algorithm).update(bytes).digest('hex');

/** File names are part of paths and of addresses. */
const fileName = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/;

/** What a file does not say about itself. */
export interface MoreOfRelease {
  /** The oldest bootloader that it runs under. */
  minimumBootloader?: string;
  /** Of a file for devices of others, which is no image of ours. */
  foreignVersion?: string;
  /** Permits devices to go back to it. */
  token?: Uint8Array;
}

export class Shelf {
  private readonly folder: string;
  private readonly known = new Map<string, ReleaseFile>();

  constructor(repository: string) {
    this.folder = join(repository, 'targets');
  }

  /** Puts an image there, and says what it is. Throws an ImageError where it is none that can be a release. */
  put(bytes: Uint8Array, file: string, name: string, more: MoreOfRelease = {}): Release {
    const release = releaseOf(bytes, file, name, more);
    mkdirSync(this.folder, { recursive: true });
    const path = this.pathOf(release);
    if (!existsSync(path)) writeDurably(path, bytes);
    return release;
  }

  /** Undefined: it is not there, or is another file. */
  fileOf(release: Release): ReleaseFile | undefined {
    const known = this.known.get(release.sha256);
    if (known !== undefined && existsSync(known.path)) return known;
    const path = this.pathOf(release);
    if (!existsSync(path)) return undefined;
    const bytes = readFileSync(path);
    const { sha256 } = release;
    if (digest('sha256', bytes) !== sha256) return undefined;
    const found = { path, bytes: bytes.length, sha1: digest('sha1', bytes), sha256 };
    this.known.set(sha256, found);
    return found;
  }

  private pathOf({ sha256, file }: Release): string {
    return join(this.folder, `${sha256}.${file}`);
  }
}

/** What a file says about itself. Throws an ImageError where that is not enough. */
export function releaseOf(bytes: Uint8Array, file: string, name: string, more: MoreOfRelease = {}): Release {
  if (!fileName.test(file))
    throw new ImageError('OPTION', `'${file}' is no name of a release's file: letters, digits, . _ + and -`);
  const common = { name, file, bytes: bytes.length, sha256: digest('sha256', bytes) };
  if (more.foreignVersion !== undefined) return { ...common, ...foreign(bytes, file, more.foreignVersion) };
  const { hash, header, securityCounter, boardId } = parseImage(bytes, file);
  if (hash === undefined) throw new ImageError('HASH_MISSING', `${file} has no SHA-256 hash, by which devices name it`);
  if (securityCounter === undefined)
    throw new ImageError('SECURITY_COUNTER', `${file} has no security counter; sign it with one`);
  return {
    ...{ ...common, hash: Buffer.from(hash).toString('hex'), version: formatVersion(header.version), securityCounter },
    ...(boardId !== undefined && { board: boardId }),
    ...(more.minimumBootloader !== undefined && { minimumBootloader: more.minimumBootloader }),
    ...(more.token !== undefined && { token: tokenText(more.token, hash, file) }),
  };
}

function tokenText(token: Uint8Array, hash: Uint8Array, file: string): string {
  const { imageHash, serial } = readToken(token);
  if (!Buffer.from(imageHash).equals(hash))
    throw new ImageError(
      'OPTION',
      `the token is for image ${Buffer.from(imageHash).toString('hex', 0, 6)}, not for ${file}`,
    );
  if (serial !== undefined)
    throw new ImageError(
      'OPTION',
      'the token is for one device; make it for all of the board, without --serial and --send',
    );
  return Buffer.from(token).toString('base64');
}

/** Devices of others name what they run by words of their own, if at all: the file's hash is its name here. */
function foreign(
  bytes: Uint8Array,
  file: string,
  version: string,
): Pick<Release, 'hash' | 'version' | 'securityCounter'> {
  if (isImage(bytes)) throw new ImageError('OPTION', `${file} is an image of ours, and says its version itself`);
  return { hash: digest('sha256', bytes), version: formatVersion(parseVersion(version)), securityCounter: 0 };
}
