// The update server as a process: the fleet, its repository, and HTTP for devices and people, put together.
//
//   folder/log             events of the fleet              folder/operator.token    who has it may do everything, where there is no file of people
//   folder/audit           what was asked and decided       folder/audit.vkey        what it is checked with (kept-audit.ts)
//   folder/alerts.json     alerts that fire                 folder/alerts.token      what the webhook of an Alertmanager shows (gates/alert-inbox.ts)
//   folder/authority.*     of certificates for devices that attest (enrol/authority.ts)
//   repository/metadata    what is released (TUF)           repository/targets       the images
//
// What must stay true: only releases that the repository vouches for, as a device would read it, are releases of the fleet; nothing listens where it was not told to.

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { alertInbox } from '../../protocol/fleet/ddi.ts';
import { writeDurably } from '../links/whole-file.ts';
import { nodeLogDisk } from '../telemetry/log/disk.ts';
import { LogError } from '../telemetry/log/record-log.ts';
import { rest, type Time } from '../telemetry/time.ts';
import { AccessError } from './access/error.ts';
import { readPolicyFile } from './access/files.ts';
import { PolicyAccess } from './access/policy.ts';
import type { AuditLog } from './audit/audit-log.ts';
import { DdiServer } from './ddi/server.ts';
import { type Access, localAccess } from './doors.ts';
import { openAuthority } from './enrol/authority.ts';
import { Fleet, type FleetOptions, theFleet } from './fleet.ts';
import { AlertInbox, withInbox } from './gates/alert-inbox.ts';
import { GateWatch } from './gates/gate-watch.ts';
import { readingsSource, type SourceKind } from './gates/readings.ts';
import { type Asked, type FleetHttpOptions, problem, serveFleetHttp, type Told } from './http.ts';
import { openKeptAudit, tailOf } from './kept-audit.ts';
import { OperatorToken, PeopleFile } from './manage/identity.ts';
import { ManageServer } from './manage/server.ts';
import { fleetPage } from './page/files.ts';
import { folderFiles, RepositoryReader } from './repository/reader.ts';
import { Shelf } from './repository/shelf.ts';
import { TermWatch } from './repository/terms.ts';
import type { Recorded } from './rollout/events.ts';

export interface ServeOptions {
  folder: string;
  /** Undefined: there are no releases, until there is one. */
  repository: string;
  host: string;
  port: number;
  tls?: FleetHttpOptions['tls'];
  tenant: string;
  pollSeconds: number;
  time: Time;
  /** File of people (access/people.ts): each may what the policy permits. Without: who has the operator's token may do everything. */
  people?: string;
  /** File of the policy; without: that of the package. */
  policy?: string;
  /** Files of what devices are believed by (enrol/authority.ts): they may then attest, and get certificates. Needs TLS. */
  enrol?: { devices: string; references: string };
  /** Where the gates of rings get their readings. */
  readings?: { kind: SourceKind; address: string };
  /** Takes alerts from the webhook of an Alertmanager, in place of those of the readings. */
  hasAlertmanager?: boolean;
  onEvent: (event: ServeEvent) => void;
}

export type ServeEvent =
  | { event: 'ready'; origin: string; tenant: string; devices: number; releases: number; tokenFile: string | null }
  | { event: 'fleet'; what: Recorded }
  | { event: 'repository'; releases: number }
  | { event: 'trouble'; reason: string };

const tickMs = 1_000;
const lookMs = 5_000;
const textFormat = 'text/plain; version=0.0.4; charset=utf-8';

export const tokenFileOf = (folder: string): string => join(folder, 'operator.token');

/** Until the signal is aborted. Throws a LogError or an AuditError where a log cannot be opened, and the system's errors of a port or a file. */
export async function serveFleet(options: ServeOptions, signal: AbortSignal): Promise<void> {
  const { folder, repository, host, port, tls, tenant, pollSeconds, time, onEvent } = options;
  const seen = new Map<string, string>();
  const onTrouble = (reason: string) => onEvent({ event: 'trouble', reason });
  const trouble = (error: unknown) => onTrouble((error as Error).message);
  const nowMs = () => Number(time.wallNs() / 1_000_000n);
  const people = options.people === undefined ? undefined : new PeopleFile(options.people, nowMs, onTrouble);
  const access = people === undefined ? localAccess : policyAccess(people, options.policy);
  const inbox = options.hasAlertmanager ? inboxOf(folder, time, (...of) => fleet.refuseStranger(...of)) : undefined;
  const gates = gateWatchOf(options.readings, inbox, onTrouble);
  const audit = await openKeptAudit(folder, time);
  const fleet: Fleet = await openFleet(folder, {
    ...{ time, onEvent: (what) => onEvent({ event: 'fleet', what }), onTrouble },
    ...{ access, audit, ...(gates !== undefined && { readings: gates }) },
  });
  const shelf = new Shelf(repository);
  const releases = new ReleaseSource(fleet, folder, repository);
  const terms = new TermWatch(repository, nowMs, onTrouble);
  try {
    const authority = options.enrol && openAuthority({ folder, ...options.enrol, audit, time, onTrouble });
    const ddi = new DdiServer({
      ...{ fleet, tenant, pollSeconds, fileOf: (release) => shelf.fileOf(release) },
      onSeen: (device) => void seen.set(device, new Date(nowMs()).toISOString()),
    });
    const manage = new ManageServer({
      ...{ fleet, identities: people ?? new OperatorToken(keptToken(tokenFileOf(folder))) },
      ...{ seenOf: (device) => seen.get(device), enrolment: authority?.enrolment },
      auditTail: (most) => tailOf(audit, folder, most),
    });
    await releases.read().catch(trouble);
    const handlers = [
      ...[ddi.answer.bind(ddi), manage.answer.bind(manage), repositoryHandler(repository, terms), fleetPage],
      ...(authority === undefined ? [] : [authority.door]),
      ...(inbox === undefined ? [] : [inbox.answer.bind(inbox)]),
    ];
    const http = await serveFleetHttp({
      ...{ host, port, tls, deviceAuthority: authority, handlers, onError: trouble },
      ...(inbox !== undefined && { bodyBytes: { [alertInbox.path]: alertInbox.bodyBytes } }),
    });
    onEvent({
      ...{ event: 'ready', origin: http.origin, tenant, devices: fleet.state.devices.size },
      ...{ releases: fleet.state.releases.size, tokenFile: people === undefined ? tokenFileOf(folder) : null },
    });
    const looking = lookAtGates(gates, fleet, time, signal);
    try {
      await every(tickMs, time, signal, async () => {
        await fleet.tick().catch(trouble);
        await authority?.tick().catch(trouble);
        await lookAtReleases(releases, terms, onEvent).catch(trouble);
      });
    } finally {
      await looking;
      await http.close();
      await authority?.tick(true).catch(trouble);
    }
  } finally {
    await fleet.close();
    await audit.close();
  }
}

/** Closes the audit log where the fleet cannot be opened. One that was served, and whose log is gone, would be begun again without its devices. */
async function openFleet(
  folder: string,
  { audit, ...more }: Omit<FleetOptions, 'folder' | 'disk'> & { audit: AuditLog },
) {
  const log = join(folder, 'log');
  try {
    if (audit.checkpoint().size > 0 && !existsSync(log))
      throw new LogError(
        'LOG',
        `${log} is missing, and ${join(folder, 'audit')} says that a fleet was served here; bring the log back from a backup, or move ${folder} away to begin a new fleet`,
      );
    return await Fleet.open({ folder: log, disk: nodeLogDisk, audit, ...more });
  } catch (error) {
    await audit.close();
    throw error;
  }
}

function gateWatchOf(
  readings: ServeOptions['readings'],
  inbox: AlertInbox | undefined,
  onTrouble: (reason: string) => void,
): GateWatch | undefined {
  const source = readings && readingsSource(readings.kind, readings.address);
  const all = inbox === undefined ? source : withInbox(source, inbox);
  return all && new GateWatch({ source: all, onTrouble });
}

function inboxOf(folder: string, time: Time, refuse: Fleet['refuseStranger']): AlertInbox {
  const door = { kind: 'fleet', name: alertInbox.path } as const;
  return new AlertInbox({
    ...{ path: join(folder, 'alerts.json'), token: keptToken(join(folder, 'alerts.token')), time },
    refuse: (source, reason) => refuse(source, door, reason),
  });
}

async function every(milliseconds: number, time: Time, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await rest(time, milliseconds, signal);
    await work();
  }
}

async function lookAtReleases(releases: ReleaseSource, terms: TermWatch, onEvent: ServeOptions['onEvent']) {
  terms.look();
  const count = await releases.readIfChanged();
  if (count !== undefined) onEvent({ event: 'repository', releases: count });
}

async function lookAtGates(gates: GateWatch | undefined, fleet: Fleet, time: Time, signal: AbortSignal): Promise<void> {
  while (gates !== undefined && !signal.aborted) {
    await gates.look(fleet, signal);
    await rest(time, lookMs, signal);
  }
}

function policyAccess(people: PeopleFile, path: string | undefined): Access {
  return new PolicyAccess(readPolicyFile(path), (person) => people.rolesOf(person));
}

/** Makes the token when there is none. */
function keptToken(path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path)) writeDurably(path, `${randomBytes(24).toString('base64url')}\n`, 0o600);
  const token = readFileSync(path, 'utf8').trim();
  if (/^\S{16,256}$/.test(token)) return token;
  throw new AccessError(`${path} holds no token; remove it, and the next start makes a new one`);
}

/** Takes over what is published, when the repository has a new timestamp. */
class ReleaseSource {
  private readonly fleet: Fleet;
  private readonly folder: string;
  private readonly repository: string;
  private readAt = 0;

  constructor(fleet: Fleet, folder: string, repository: string) {
    [this.fleet, this.folder, this.repository] = [fleet, folder, repository];
  }

  async readIfChanged(): Promise<number | undefined> {
    const changed = statSync(join(this.repository, 'metadata', 'timestamp.json'), { throwIfNoEntry: false })?.mtimeMs;
    return changed === undefined || changed === this.readAt ? undefined : this.read();
  }

  async read(): Promise<number | undefined> {
    const timestamp = join(this.repository, 'metadata', 'timestamp.json');
    if (!existsSync(timestamp)) return undefined;
    this.readAt = statSync(timestamp).mtimeMs;
    const reader = new RepositoryReader({
      ...{ folder: join(this.folder, 'trusted'), read: folderFiles(this.repository) },
      // The first root is trusted from the beginning; every newer one is signed by the one before.
      root: readFileSync(join(this.repository, 'metadata', '1.root.json')),
    });
    const all = await reader.releases();
    const known = this.offered();
    for (const release of all) await this.fleet.ask(theFleet, { do: 'add-release', release });
    const left = new Set(all.map(({ hash }) => hash));
    for (const { hash, withdrawn } of [...this.fleet.state.releases.values()])
      if (!left.has(hash) && !withdrawn) await this.fleet.ask(theFleet, { do: 'withdraw-release', release: hash });
    return known === this.offered() ? undefined : this.offered();
  }

  private offered(): number {
    return [...this.fleet.state.releases.values()].filter(({ withdrawn }) => !withdrawn).length;
  }
}

/** The repository is public: everything in it is signed. So is until when it counts. */
function repositoryHandler(repository: string, terms: TermWatch): (asked: Asked) => Promise<Told | undefined> {
  return async ({ method, path }) => {
    if (path === '/metrics' && method === 'GET')
      return { status: 200, headers: { 'content-type': textFormat }, body: terms.metrics() };
    const [, place, name] = /^\/repository\/(metadata|targets)\/([A-Za-z0-9][A-Za-z0-9._+-]{0,255})$/.exec(path) ?? [];
    if (place === undefined) return undefined;
    const file = join(repository, place, name);
    const bytes = statSync(file, { throwIfNoEntry: false })?.size;
    if (method !== 'GET' || bytes === undefined) return problem(404, `the repository has no ${place}/${name}`);
    const type = place === 'metadata' ? 'application/json' : 'application/octet-stream';
    return { status: 200, headers: { 'content-type': type }, file: { path: file, from: 0, bytes } };
  };
}
