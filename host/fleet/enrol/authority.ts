// The authority of a served fleet: its key and certificate, made when they are not there, and the lists that it believes.
//
//   folder/authority.pem    its key        folder/authority.crt    its certificate        folder/authority.json    what was given and revoked
//
// What must stay true: a change of the lists counts from the next request on; a list that cannot be read lets no device in.

import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readTextFile } from '../../links/text-file.ts';
import { writeDurably } from '../../links/whole-file.ts';
import type { Time } from '../../telemetry/time.ts';
import { generateKey, readPrivateKey } from '../../tools/image/keys.ts';
import { type Devices, type Reference, readDevices, readReferences } from '../attestation/files.ts';
import { Verifier } from '../attestation/verifier.ts';
import type { Audit } from '../audit/audit-log.ts';
import { CountedRecord } from '../audit/counted.ts';
import type { DeviceAuthority, HttpHandler } from '../http.ts';
import { EnrolDoor } from './door.ts';
import { Enrolment, makeAuthority } from './enrolment.ts';

export interface AuthorityOptions {
  folder: string;
  /** Files: keys of devices, and what releases measure (attestation/files.ts). */
  devices: string;
  references: string;
  audit: Audit;
  time: Time;
  /** Is told why a list cannot be used. */
  onTrouble: (reason: string) => void;
}

export interface Authority extends DeviceAuthority {
  enrolment: Enrolment;
  /** Where devices get certificates (door.ts). */
  door: HttpHandler;
  /** Refusals that were counted come on record. To be called about once a second; `all`: before an end. */
  tick(all?: boolean): Promise<void>;
}

/** Throws an AttestationError where a list cannot be read, an EnrolError where its own file cannot, and the system's errors of a file. */
export function openAuthority({ folder, devices, references, audit, time, onTrouble }: AuthorityOptions): Authority {
  const nowMs = () => Number(time.wallNs() / 1_000_000n);
  const keyFile = join(folder, 'authority.pem');
  const certificateFile = join(folder, 'authority.crt');
  mkdirSync(folder, { recursive: true });
  if (!existsSync(keyFile)) writeDurably(keyFile, generateKey().privateKeyPem, 0o600);
  const key = readPrivateKey(readFileSync(keyFile), { name: keyFile });
  if (!existsSync(certificateFile)) writeDurably(certificateFile, makeAuthority('coldrig fleet', key, nowMs()));
  const certificate = readFileSync(certificateFile, 'utf8');
  const known = new ListFile<Devices>(devices, readDevices, new Map(), onTrouble);
  const released = new ListFile<readonly Reference[]>(references, readReferences, [], onTrouble);
  const verifier = new Verifier({
    get devices() {
      return known.current();
    },
    get references() {
      return released.current();
    },
    nowMs: () => time.monotonicMs(),
  });
  const refusals = new CountedRecord(audit, time);
  const enrolment = new Enrolment({
    ...{ verifier, audit, refusals, key, nowMs },
    ...{ certificate: new X509Certificate(certificate), file: join(folder, 'authority.json') },
  });
  const door = new EnrolDoor(enrolment);
  return {
    ...{ enrolment, certificate, tick: (all) => refusals.write(all), door: (asked) => door.answer(asked) },
    troubleWith: (shown) => enrolment.troubleWith(shown),
  };
}

/** A list in a file, as it is now. */
class ListFile<List> {
  private readonly path: string;
  private readonly read: (text: string, name: string) => List;
  private readonly empty: List;
  private readonly onTrouble: (reason: string) => void;
  private list: List;
  private readAs: string;

  /** Throws where it cannot be read at the start. */
  constructor(
    path: string,
    read: (text: string, name: string) => List,
    empty: List,
    onTrouble: (reason: string) => void,
  ) {
    [this.path, this.read, this.empty, this.onTrouble] = [path, read, empty, onTrouble];
    this.readAs = this.stamp();
    this.list = read(readTextFile(path), path);
  }

  current(): List {
    const stamp = this.stamp();
    if (stamp === this.readAs) return this.list;
    this.readAs = stamp;
    try {
      this.list = this.read(readTextFile(this.path), this.path);
    } catch (error) {
      this.list = this.empty;
      this.onTrouble(`${(error as Error).message}; no device is enrolled until ${this.path} is right`);
    }
    return this.list;
  }

  private stamp(): string {
    const found = statSync(this.path, { throwIfNoEntry: false });
    return found === undefined ? 'missing' : `${found.mtimeMs} ${found.size} ${found.ino}`;
  }
}
