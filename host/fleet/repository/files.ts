// The files of a TUF repository: metadata that is published, and drafts that are not signed by enough keys yet.
//
// What must stay true: a file is there whole or not at all; nothing here judges what it reads.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Metadata, MetadataKind, type Root, type Snapshot, type Targets, type Timestamp } from '@tufjs/models';
import { writeDurably } from '../../links/whole-file.ts';
import { type DraftName, RepositoryError, type RoleName } from './keys.ts';

type Json = Parameters<typeof Metadata.fromJSON>[1];

export class MetadataFiles {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  get isThere(): boolean {
    return existsSync(join(this.folder, 'metadata')) || existsSync(join(this.folder, 'draft'));
  }

  root(): Metadata<Root> {
    const version = this.newest('root');
    if (version === undefined)
      throw new RepositoryError(`${this.folder} has no published root yet: sign the drafts, then publish them`);
    return Metadata.fromJSON(MetadataKind.Root, this.read(join('metadata', `${version}.root.json`)));
  }

  targets(): Metadata<Targets> {
    const version = this.newest('targets');
    if (version === undefined)
      throw new RepositoryError(`${this.folder} has no published targets yet: sign the drafts, then publish them`);
    return Metadata.fromJSON(MetadataKind.Targets, this.read(join('metadata', `${version}.targets.json`)));
  }

  snapshot(): Metadata<Snapshot> | undefined {
    const version = this.newest('snapshot');
    if (version === undefined) return undefined;
    return Metadata.fromJSON(MetadataKind.Snapshot, this.read(join('metadata', `${version}.snapshot.json`)));
  }

  timestamp(): Metadata<Timestamp> | undefined {
    if (!existsSync(join(this.folder, 'metadata', 'timestamp.json'))) return undefined;
    return Metadata.fromJSON(MetadataKind.Timestamp, this.read(join('metadata', 'timestamp.json')));
  }

  newest(role: RoleName): number | undefined {
    const folder = join(this.folder, 'metadata');
    if (!existsSync(folder)) return undefined;
    const pattern = new RegExp(`^(\\d+)\\.${role}\\.json$`);
    const versions = readdirSync(folder).flatMap((name) => Number(pattern.exec(name)?.[1] ?? Number.NaN));
    const known = versions.filter((version) => !Number.isNaN(version));
    return known.length === 0 ? undefined : Math.max(...known);
  }

  /** Not one that is published: whoever published it died before the draft was removed, and to go on with it would publish its version twice. */
  draft(name: 'root'): Metadata<Root> | undefined;
  draft(name: 'targets'): Metadata<Targets> | undefined;
  draft(name: DraftName): Metadata<Root> | Metadata<Targets> | undefined;
  draft(name: DraftName): Metadata<Root> | Metadata<Targets> | undefined {
    if (!existsSync(this.draftPath(name))) return undefined;
    const json = this.read(join('draft', `${name}.json`));
    const draft =
      name === 'root' ? Metadata.fromJSON(MetadataKind.Root, json) : Metadata.fromJSON(MetadataKind.Targets, json);
    return draft.signed.version <= (this.newest(name) ?? 0) ? undefined : draft;
  }

  private draftPath(name: DraftName): string {
    return join(this.folder, 'draft', `${name}.json`);
  }

  private read(path: string): Json {
    const file = join(this.folder, path);
    try {
      return JSON.parse(readFileSync(file, 'utf8'));
    } catch (error) {
      throw new RepositoryError(`${file} cannot be read: ${(error as Error).message}`);
    }
  }

  putDraft(name: DraftName, metadata: Metadata<Root> | Metadata<Targets>): void {
    this.putAt('draft', `${name}.json`, metadata);
  }

  put(name: string, metadata: { toJSON(): object }): void {
    this.putAt('metadata', name, metadata);
  }

  private putAt(place: string, name: string, metadata: { toJSON(): object }): void {
    mkdirSync(join(this.folder, place), { recursive: true });
    writeDurably(join(this.folder, place, name), `${JSON.stringify(metadata.toJSON(), undefined, 2)}\n`);
  }

  removeDraft(name: DraftName): void {
    rmSync(this.draftPath(name));
  }

  /** The bytes of the newest root, for devices to begin with. */
  rootBytes(): Buffer {
    return readFileSync(join(this.folder, 'metadata', `${this.newest('root')}.root.json`));
  }
}
