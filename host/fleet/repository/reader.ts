// Reads a repository as its devices do: by TUF's client (tuf-js), from a root that is trusted from the beginning.
//
//   root that was handed over ──> newer roots, each signed by the one before ──> timestamp ──> snapshot ──> targets
//
// What must stay true: what is older than what was read before is refused, and what has expired; metadata that belongs to different releases of it is
// refused; an expired repository, or a clock that is wrong, refuses nothing for ever: it is asked again.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Metadata, MetadataKind } from '@tufjs/models';
import { BaseFetcher, Updater } from 'tuf-js';
// By this class its client knows that there is no newer root.
import { DownloadHTTPError, PersistError } from 'tuf-js/dist/error.js';
import { writeDurably } from '../../links/whole-file.ts';
import { MetadataRefusal, MetadataUnready, type ReleaseMetadata } from '../agent/metadata.ts';
import type { Artifact } from '../ddi/wire.ts';
import { askHttp, readAnswer, refusalOf } from '../http-client.ts';
import type { Release } from '../rollout/events.ts';
import { releaseOfTarget } from './target.ts';

/** Reads a file of a repository by its path in it; undefined: it is not there. Rejects when the repository cannot be reached. */
export type ReadFile = (path: string, bytesMost: number) => Promise<Uint8Array | undefined>;

export interface ReaderOptions {
  /** Where the metadata that was trusted last is kept. */
  folder: string;
  /** Bytes of the root that is trusted from the beginning. */
  root: Uint8Array;
  read: ReadFile;
}

const base = 'repository://here/';

export class RepositoryReader implements ReleaseMetadata {
  private readonly options: ReaderOptions;

  /** Throws a MetadataRefusal where `root` is no root. */
  constructor(options: ReaderOptions) {
    const wrong = wrongInRoot(options.root);
    if (wrong !== undefined)
      throw new MetadataRefusal(
        `it is no root of a repository: ${wrong}; expected what 'coldrig fleet release publish --root-out' writes`,
      );
    this.options = options;
  }

  /** Rejects with a MetadataRefusal, a MetadataUnready, or what `read` rejects with. */
  async expected(artifact: Pick<Artifact, 'filename'>): Promise<Release> {
    const { updater, fetcher } = this.updater();
    const target = await this.trusted(fetcher, async () => {
      await updater.refresh();
      return updater.getTargetInfo(artifact.filename);
    });
    if (target !== undefined) return releaseOfTarget(target);
    throw new MetadataRefusal(
      `the repository knows no ${artifact.filename}: nobody has released it, or it was withdrawn`,
    );
  }

  /** All releases, of a repository that is trusted now. */
  async releases(): Promise<Release[]> {
    const { updater, fetcher } = this.updater();
    await this.trusted(fetcher, () => updater.refresh());
    const path = join(this.options.folder, 'targets.json');
    const { signed } = JSON.parse(readFileSync(path, 'utf8')) as { signed: { targets: Record<string, object> } };
    const all: Release[] = [];
    for (const name of Object.keys(signed.targets)) {
      const target = await updater.getTargetInfo(name);
      if (target !== undefined) all.push(releaseOfTarget(target));
    }
    return all;
  }

  private updater(): { updater: Updater; fetcher: ReadFetcher } {
    const { folder, root, read } = this.options;
    mkdirSync(folder, { recursive: true });
    const path = join(folder, 'root.json');
    // What a loss of power left of it does not count. A byte order mark of the root that was handed over is no part of it.
    if (!existsSync(path) || wrongInRoot(readFileSync(path)) !== undefined) writeDurably(path, textOf(root));
    const fetcher = new ReadFetcher(read);
    const updater = new Updater({ metadataDir: folder, metadataBaseUrl: `${base}metadata`, fetcher });
    return { updater, fetcher };
  }

  private async trusted<Answer>(fetcher: ReadFetcher, work: () => Promise<Answer>): Promise<Answer> {
    try {
      return await work();
    } catch (error) {
      // The client wraps some errors in its own.
      if (fetcher.failure !== undefined) throw fetcher.failure;
      const { message } = error as Error;
      if (error instanceof PersistError || /PersistError|Failed to persist/.test(message))
        throw new MetadataUnready(
          `the metadata of the repository cannot be kept in ${this.options.folder}: ${message}; make room there, or look at who may write there`,
        );
      if (/expired/i.test(message))
        throw new MetadataUnready(
          `the metadata of the repository has expired (${message}): is the clock of this machine right? Else ${renewedBy(message)} renews it`,
        );
      throw new MetadataRefusal(
        `the metadata of the repository is not to be trusted: ${message} (if the repository was made anew, remove ${this.options.folder}, and its root is trusted from the beginning again)`,
      );
    }
  }
}

class ReadFetcher extends BaseFetcher {
  /** Why the repository could not be reached. */
  failure: unknown;
  private readonly read: ReadFile;

  constructor(read: ReadFile) {
    super();
    this.read = read;
  }

  override async fetch(): Promise<never> {
    throw new Error('this fetcher reads whole files');
  }

  override async downloadBytes(url: string, bytesMost: number): Promise<Buffer> {
    const path = url.slice(base.length);
    let bytes: Uint8Array | undefined;
    try {
      bytes = await this.read(path, bytesMost);
    } catch (error) {
      this.failure = error;
      throw error;
    }
    if (bytes === undefined) throw new DownloadHTTPError(`there is no ${path}`, 404);
    return Buffer.from(bytes);
  }
}

/** By whom a role is renewed depends on who signs it. */
function renewedBy(message: string): string {
  if (/root\.json/.test(message)) return "'coldrig fleet release rekey root' with the same keys, signed and published,";
  if (/targets\.json/.test(message)) return "'coldrig fleet release renew', signed and published,";
  return "'coldrig fleet release refresh'";
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Undefined where it is a root; whether it is to be trusted is another question. */
function wrongInRoot(bytes: Uint8Array): string | undefined {
  try {
    Metadata.fromJSON(MetadataKind.Root, JSON.parse(textOf(bytes)));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** A repository in a folder of this machine. */
export function folderFiles(folder: string): ReadFile {
  return async (path, bytesMost) => {
    const file = join(folder, path);
    if (!existsSync(file)) return undefined;
    const bytes = readFileSync(file);
    if (bytes.length > bytesMost) throw new MetadataRefusal(`${file} has more than ${bytesMost} bytes`);
    return bytes;
  };
}

/** A repository at an address. */
export function httpFiles(address: string, tls: { ca?: string }): ReadFile {
  return async (path, bytesMost) => {
    const url = new URL(`${address}/${path}`);
    const signal = AbortSignal.timeout(readMs);
    const response = await askHttp({ method: 'GET', url, body: undefined, headers: {}, tls, signal });
    if (response.statusCode === 404) {
      response.resume();
      return undefined;
    }
    if (response.statusCode !== 200) throw await refusalOf(response, url);
    return Buffer.from(await readAnswer(response, bytesMost));
  };
}

const readMs = 60_000;
