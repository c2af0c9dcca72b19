// A TUF repository in a folder: what releases there are, who says so, and until when.
//
//   metadata/N.root.json       which keys sign what, and how many of them are needed       root keys, kept away
//   metadata/N.targets.json    the images: hash, length, and what devices are asked for     release keys, 2 of 3 for instance
//   metadata/N.snapshot.json   which targets.json belongs to it                             key of the server
//   metadata/timestamp.json    which snapshot is the newest                                 key of the server, expires soon
//   draft/root.json, draft/targets.json    what is not signed by enough keys yet
//   targets/SHA256.NAME        the images (shelf.ts)
//
// A draft goes from signer to signer, and is published when enough have signed. What must stay true: nothing unsigned is in metadata/; a version is published
// once; targets.json loses no release unless it is told to.

import { Metadata, MetaFile, Root, Snapshot, Targets, Timestamp } from '@tufjs/models';
import type { Signer } from '../../tools/image/signer.ts';
import type { Release } from '../rollout/events.ts';
import { MetadataFiles } from './files.ts';
import {
  type DraftName,
  isSignedBy,
  keyOf,
  onlineRoles,
  RepositoryError,
  type RoleKeys,
  type RoleName,
  roleOf,
  signWith,
} from './keys.ts';
import { releaseOfTarget, targetOf } from './target.ts';

export interface NewRepository {
  rootKeys: readonly Uint8Array[];
  rootThreshold: number;
  releaseKeys: readonly Uint8Array[];
  releaseThreshold: number;
  serverKey: Uint8Array;
}

/** How long metadata counts, from when it is made. */
export const lifetimes: Readonly<Record<RoleName, number>> = { root: 365, targets: 90, snapshot: 7, timestamp: 1 };
const dayMs = 86_400_000;
const specVersion = '1.0.0';

/** Until when a part of the repository counts; `leftMs` is below zero when it has expired. */
export interface Term {
  name: RoleName;
  expires: string;
  leftMs: number;
}

/** How many have signed, of how many that are needed. */
export interface Signatures {
  name: DraftName;
  version: number;
  signed: number;
  needed: number;
  /** Of a root with other root keys, which the old and the new ones have to sign: whose signatures these are. Those that are missing most are told. */
  keys?: 'old' | 'new';
}

/** For people. */
export const signaturesText = ({ signed, needed, keys }: Signatures): string =>
  `${signed} of ${needed} signatures${keys === undefined ? '' : ` of the ${keys} keys`}`;

export class TufRepository {
  private readonly folder: string;
  private readonly files: MetadataFiles;
  private readonly nowMs: number;

  /** `nowMs`: wall time, from which expiry counts. */
  constructor(folder: string, nowMs: number) {
    [this.folder, this.nowMs] = [folder, nowMs];
    this.files = new MetadataFiles(folder);
  }

  /** Makes the drafts of root and targets. Throws where there is a repository already. */
  begin(of: NewRepository): void {
    if (this.files.isThere) throw new RepositoryError(`${this.folder} has a repository already; name another folder`);
    const roles = {
      ...{ root: roleOf('root', of.rootKeys, of.rootThreshold) },
      ...{ targets: roleOf('targets', of.releaseKeys, of.releaseThreshold) },
      ...{ snapshot: roleOf('snapshot', [of.serverKey], 1), timestamp: roleOf('timestamp', [of.serverKey], 1) },
    };
    this.files.putDraft('root', new Metadata(this.rootOf(roles, 1)));
    this.files.putDraft('targets', new Metadata(new Targets(this.common('targets', 1))));
  }

  /** Adds a release to the draft of targets. Signatures that the draft had are gone: they were over something else. */
  add(release: Release): void {
    const targets = this.nextTargets();
    const { file, sha256 } = release;
    const known = targets.targets[file];
    if (known !== undefined && known.hashes.sha256 !== sha256)
      throw new RepositoryError(
        `${file} is there already with other bytes; give the file of this release another name`,
      );
    targets.addTarget(targetOf(release));
    this.files.putDraft('targets', new Metadata(targets));
  }

  /** Takes a release out: no device gets it any more. */
  withdraw(file: string): void {
    const targets = this.nextTargets();
    if (targets.targets[file] === undefined)
      throw new RepositoryError(`there is no ${file}; 'coldrig fleet release list' shows what there is`);
    delete targets.targets[file];
    this.files.putDraft('targets', new Metadata(targets));
  }

  /** Gives a role other keys: a draft of the next root, which the old root keys and the new ones have to sign. */
  rekey(role: 'root' | 'targets' | 'server', keys: readonly Uint8Array[], threshold: number): void {
    const draft = this.files.draft('root');
    const { roles, keys: known, version } = (draft ?? this.files.root()).signed;
    const old = (name: RoleName): RoleKeys => {
      const { keyIDs, threshold: least } = roles[name];
      return { keys: keyIDs.map((id) => known[id]), threshold: least };
    };
    const next = { root: old('root'), targets: old('targets'), snapshot: old('snapshot'), timestamp: old('timestamp') };
    for (const name of role === 'server' ? onlineRoles : [role]) next[name] = roleOf(name, keys, threshold);
    this.files.putDraft('root', new Metadata(this.rootOf(next, draft === undefined ? version + 1 : version)));
  }

  /** A draft of the same releases, for keys that have not signed them, or because their time ends. */
  resign(): void {
    this.files.putDraft('targets', new Metadata(this.nextTargets()));
  }

  /** Signs the drafts that this key may sign; which they are. */
  sign(signer: Signer): Signatures[] {
    const id = keyOf(signer.publicKey).keyID;
    const signed: Signatures[] = [];
    for (const name of ['root', 'targets'] as const) {
      const draft = this.files.draft(name);
      if (draft === undefined || !this.rolesFor(name).some(({ keyIDs }) => keyIDs.includes(id))) continue;
      signWith(draft, signer);
      this.files.putDraft(name, draft);
      signed.push(this.signaturesOf(name, draft));
    }
    if (signed.length > 0) return signed;
    throw new RepositoryError(
      `key ${id.slice(0, 12)} may sign none of the drafts; 'coldrig fleet release list' shows who may`,
    );
  }

  /** Publishes the drafts that enough have signed, and what the server's key vouches for. Throws where one has too few. */
  publish(server: Signer): { version: number; releases: Release[] } {
    for (const name of ['root', 'targets'] as const) {
      const draft = this.files.draft(name);
      if (draft === undefined) continue;
      for (const { by, role } of this.trustees(name, draft)) {
        try {
          by.verifyDelegate(role, draft);
        } catch {
          const text = signaturesText(this.signaturesOf(name, draft));
          throw new RepositoryError(`the draft of ${name} has ${text}: 'coldrig fleet release sign' adds one`);
        }
      }
      this.files.put(`${draft.signed.version}.${name}.json`, draft);
      this.files.removeDraft(name);
    }
    this.refresh(server);
    return { version: this.files.targets().signed.version, releases: this.releases() };
  }

  /** New snapshot and timestamp of what is published, before the old ones expire. */
  refresh(server: Signer): void {
    const targets = this.files.targets().signed.version;
    const before = this.files.newest('snapshot');
    const version = (before ?? 0) + 1;
    const meta = { 'targets.json': new MetaFile({ version: targets }) };
    const snapshot = new Metadata(new Snapshot({ ...this.common('snapshot', version), meta }));
    const timestamp = new Metadata(
      new Timestamp({
        ...this.common('timestamp', (this.files.timestamp()?.signed.version ?? 0) + 1),
        snapshotMeta: new MetaFile({ version }),
      }),
    );
    const root = this.files.root();
    for (const [name, metadata] of [['snapshot', snapshot] as const, ['timestamp', timestamp] as const]) {
      signWith(metadata, server);
      try {
        root.verifyDelegate(name, metadata);
      } catch {
        const id = keyOf(server.publicKey).keyID.slice(0, 12);
        throw new RepositoryError(`key ${id} is not the server's key that the root names for ${name}`);
      }
    }
    this.files.put(`${version}.snapshot.json`, snapshot);
    this.files.put('timestamp.json', timestamp);
  }

  get isPublished(): boolean {
    return this.files.newest('targets') !== undefined;
  }

  /** What is published. */
  releases(): Release[] {
    return Object.values(this.files.targets().signed.targets).map(releaseOfTarget);
  }

  /** Until when what is published counts. Without a root that counts nothing does, and so on down to the timestamp. */
  terms(): Term[] {
    if (!this.isPublished) return [];
    const { files } = this;
    const all = {
      root: files.root(),
      targets: files.targets(),
      snapshot: files.snapshot(),
      timestamp: files.timestamp(),
    };
    return Object.entries(all).flatMap(([name, metadata]): Term[] => {
      if (metadata === undefined) return [];
      const { expires } = metadata.signed;
      return [{ name: name as RoleName, expires, leftMs: Date.parse(expires) - this.nowMs }];
    });
  }

  drafts(): Signatures[] {
    return (['root', 'targets'] as const).flatMap((name) => {
      const draft = this.files.draft(name);
      return draft === undefined ? [] : [this.signaturesOf(name, draft)];
    });
  }

  /** The bytes of the newest root, for devices to begin with. */
  rootBytes(): Buffer {
    return this.files.rootBytes();
  }

  private nextTargets(): Targets {
    const draft = this.files.draft('targets');
    if (draft !== undefined) return this.renewed(draft.signed, draft.signed.version);
    const { signed } = this.files.targets();
    return this.renewed(signed, signed.version + 1);
  }

  private renewed({ targets }: Targets, version: number): Targets {
    return new Targets({ ...this.common('targets', version), targets: { ...targets } });
  }

  private rootOf(roles: Record<RoleName, RoleKeys>, version: number): Root {
    const keys = Object.values(roles).flatMap((role) => role.keys);
    const { expires } = this.common('root', version);
    return Root.fromJSON({
      ...{ _type: 'root', spec_version: specVersion, version, expires, consistent_snapshot: true },
      keys: Object.fromEntries(keys.map((key) => [key.keyID, key.toJSON()])),
      roles: Object.fromEntries(
        Object.entries(roles).map(([name, role]) => [
          name,
          { keyids: role.keys.map(({ keyID }) => keyID), threshold: role.threshold },
        ]),
      ),
    });
  }

  /** Who has to accept a draft: of a root, the root before it as well as itself. */
  private trustees(
    name: DraftName,
    draft: Metadata<Root> | Metadata<Targets>,
  ): { by: Metadata<Root>; role: RoleName }[] {
    const current = this.files.newest('root') === undefined ? undefined : this.files.root();
    if (name === 'root') {
      const itself = { by: draft as Metadata<Root>, role: 'root' as const };
      return current === undefined ? [itself] : [itself, { by: current, role: 'root' }];
    }
    const by = this.files.draft('root') ?? current;
    return by === undefined ? [] : [{ by, role: 'targets' }];
  }

  private rolesFor(name: DraftName): Root['roles'][string][] {
    const draft = this.files.draft(name);
    return draft === undefined ? [] : this.trustees(name, draft).map(({ by, role }) => by.signed.roles[role]);
  }

  private signaturesOf(name: DraftName, draft: Metadata<Root> | Metadata<Targets>): Signatures {
    // Of the trustee who is furthest from satisfied.
    const trustees = this.trustees(name, draft);
    const isOther = new Set(trustees.map(({ by, role }) => [...by.signed.roles[role].keyIDs].sort().join())).size > 1;
    const each = trustees.map(({ by, role }): Signatures => {
      const { keyIDs, threshold } = by.signed.roles[role];
      const signed = keyIDs.filter((id) => isSignedBy(by.signed.keys[id], draft)).length;
      const keys = by === draft ? 'new' : 'old';
      return { name, version: draft.signed.version, signed, needed: threshold, ...(isOther && { keys }) };
    });
    return each.reduce((worst, one) => (one.needed - one.signed > worst.needed - worst.signed ? one : worst));
  }

  private common(role: RoleName, version: number) {
    const expires = new Date(this.nowMs + lifetimes[role] * dayMs).toISOString().replace(/\.\d+Z$/, 'Z');
    return { version, specVersion, expires };
  }
}
