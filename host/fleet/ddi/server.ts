// The device side of the update server (DDI, protocol/fleet/ddi.ts): a request in, an answer out; http.ts does sockets.
//
// What must stay true: a device that is not known by its token or certificate learns nothing, not even whether a name exists; a device sees its own
// actions only; what it is answered is durable; asking again changes nothing.

import { createHash, timingSafeEqual } from 'node:crypto';
import { deviceNamePattern } from '../../../protocol/fleet/ddi.ts';
import { AuditError } from '../audit/error.ts';
import { AccessRefused, type Who } from '../doors.ts';
import type { Fleet } from '../fleet.ts';
import { type Asked, type FileSlice, problem, type Told, told } from '../http.ts';
import { begunAttribute } from '../rollout/attributes.ts';
import type { FleetCommand } from '../rollout/commands.ts';
import type { Release } from '../rollout/events.ts';
import { FleetRefusal, type RefusalCode } from '../rollout/refusal.ts';
import { type Action, type FleetState, isOpen } from '../rollout/state.ts';
import { FleetStoreError } from '../store/fleet-store.ts';
import { DdiError } from './json.ts';
import { Leases } from './lease.ts';
import {
  baseJson,
  cancelJson,
  deploymentJson,
  type LinkName,
  mergedAttributes,
  readConfigData,
  readConfirmation,
  readFeedback,
} from './wire.ts';

/** The file of a release. */
export interface ReleaseFile {
  path: string;
  bytes: number;
  sha1: string;
  sha256: string;
}

export interface DdiOptions {
  fleet: Fleet;
  tenant: string;
  /** Undefined: it is not there any more. */
  fileOf(release: Release): ReleaseFile | undefined;
  /** Between two polls of a device. */
  pollSeconds: number;
  /** Is told that a device has asked. */
  onSeen?: (device: string) => void;
}

export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('hex');

type Handler = (this: DdiServer, asked: Asked, device: Who, id: number) => Promise<Told>;

export class DdiServer {
  private readonly options: DdiOptions;
  private readonly root: string;
  private readonly leases: Leases;

  constructor(options: DdiOptions) {
    this.options = options;
    this.root = `/${options.tenant}/controller/v1/`;
    this.leases = new Leases(options.fleet);
  }

  /** Undefined: the path is none of DDI's. */
  async answer(asked: Asked): Promise<Told | undefined> {
    if (!asked.path.startsWith(this.root)) return undefined;
    const [name, ...rest] = asked.path.slice(this.root.length).split('/');
    try {
      const who = await this.identify(decodeURIComponent(name), asked);
      if (typeof who === 'string') {
        await this.options.fleet.refuseStranger(asked.source, { kind: 'device', name: decodeURIComponent(name) }, who);
        return unauthorized;
      }
      const isOther = await this.leases.check(asked, who);
      if (isOther !== undefined) return isOther;
      this.options.onSeen?.(who.name);
      const route = routes.find(({ method, pattern }) => method === asked.method && pattern.test(rest.join('/')));
      if (route === undefined) return problem(404, `there is nothing at ${asked.method} ${asked.path}`);
      const [, word] = route.pattern.exec(rest.join('/')) ?? [];
      return await route.handle.call(this, asked, who, Number(word ?? 0));
    } catch (error) {
      return answerOf(error);
    }
  }

  /** A text: why it is not this device, for the record alone. */
  private async identify(name: string, asked: Asked): Promise<Who | string> {
    if (!deviceNamePattern.test(name)) return 'it is no name of a device';
    const known = await this.options.fleet.claimed(name);
    if (known === undefined) return 'there is no such device';
    if (asked.certificateName === name) return { kind: 'device', name };
    const [, token] = /^TargetToken (\S{16,256})$/.exec(asked.headers.authorization ?? '') ?? [];
    if (token === undefined) {
      if (asked.certificateName !== undefined) return `its certificate is of device ${asked.certificateName}`;
      return asked.certificate?.trouble ?? 'it shows neither a token nor a certificate';
    }
    if (known.tokenHash === undefined) return 'the device has no token';
    const isIt = timingSafeEqual(Buffer.from(tokenHash(token)), Buffer.from(known.tokenHash));
    return isIt ? { kind: 'device', name } : 'its token is another';
  }

  /** @internal */
  async base(asked: Asked, who: Who): Promise<Told> {
    const state = await this.look(who);
    const device = state.devices.get(who.name);
    const links: Partial<Record<LinkName, string>> = {};
    const at = `${asked.origin}${this.root}${encodeURIComponent(who.name)}`;
    if (Object.keys(device?.attributes ?? {}).length === 0) links.configData = `${at}/configData`;
    const action = device?.open === undefined ? undefined : state.actions.get(device.open);
    if (action !== undefined) links[linkOf(action)] = `${at}/${linkOf(action)}/${action.id}`;
    return told(200, baseJson(this.sleepOf(who.name), links));
  }

  /** @internal */
  async configData(asked: Asked, who: Who): Promise<Told> {
    const report = readConfigData(asked.body);
    const known = (await this.look(who)).devices.get(who.name)?.attributes ?? {};
    return this.done(who, { do: 'report', device: who.name, attributes: mergedAttributes(known, report) });
  }

  /** @internal */
  async deployment(asked: Asked, who: Who, id: number): Promise<Told> {
    const state = await this.look(who);
    const action = ownAction(state, who.name, id);
    const release = state.releases.get(action?.release ?? '');
    if (action === undefined || release === undefined) return problem(404, `device ${who.name} has no action ${id}`);
    const file = this.options.fileOf(release);
    if (file === undefined) return problem(404, `release ${release.name} ${release.version} has no file any more`);
    if (isOpen(action)) await this.options.fleet.ask(who, { do: 'retrieved', device: who.name, action: id });
    const at = `${asked.origin}${this.root}${encodeURIComponent(who.name)}/softwaremodules/${id}/artifacts`;
    const artifact = {
      ...{ filename: release.file, bytes: file.bytes, sha1: file.sha1, sha256: file.sha256 },
      href: `${at}/${encodeURIComponent(release.file)}`,
    };
    const { name, version, token } = release;
    const isBack = action.kind === 'rollback' && token !== undefined;
    return told(
      200,
      deploymentJson({
        ...{ id, chunks: [{ name, version, artifacts: [artifact], ...(isBack && { token }) }] },
        begun: begunOf(state, who.name, id),
      }),
    );
  }

  /** @internal The module of an action has its number. */
  async artifact(asked: Asked, who: Who, id: number): Promise<Told> {
    const state = await this.options.fleet.look(who, 'download', { kind: 'device', name: who.name });
    const action = ownAction(state, who.name, id);
    const release = state.releases.get(action?.release ?? '');
    const file = release && this.options.fileOf(release);
    const name = decodeURIComponent(asked.path.slice(asked.path.lastIndexOf('/') + 1));
    if (file === undefined || release?.file !== name) return problem(404, `action ${id} has no file '${name}'`);
    return slice(asked, file);
  }

  /** @internal */
  async feedback(asked: Asked, who: Who, id: number): Promise<Told> {
    const { details, ...feedback } = readFeedback(asked.body);
    const detail = details.join('; ');
    return this.done(who, { do: 'feedback', device: who.name, action: id, ...feedback, detail });
  }

  /** @internal */
  async cancellation(_asked: Asked, who: Who, id: number): Promise<Told> {
    const action = ownAction(await this.look(who), who.name, id);
    const begun = begunOf(this.options.fleet.state, who.name, id);
    if (action?.state === 'CANCELING') return told(200, cancelJson(id, begun));
    return problem(404, `action ${id} of device ${who.name} is not being cancelled`);
  }

  /** @internal */
  async cancelFeedback(asked: Asked, who: Who, id: number): Promise<Told> {
    const { details, ...feedback } = readFeedback(asked.body);
    const detail = details.join('; ');
    return this.done(who, { do: 'cancel-feedback', device: who.name, action: id, ...feedback, detail });
  }

  /** @internal */
  async confirmation(asked: Asked, who: Who, id: number): Promise<Told> {
    const { confirmation, details } = readConfirmation(asked.body);
    const detail = details.join('; ');
    return this.done(who, { do: 'confirm', device: who.name, action: id, confirmation, detail });
  }

  private async done(who: Who, command: FleetCommand): Promise<Told> {
    await this.options.fleet.ask(who, command);
    return told(200, {});
  }

  private look(who: Who): Promise<FleetState> {
    return this.options.fleet.look(who, 'poll', { kind: 'device', name: who.name });
  }

  /** Each device has a time of its own, a fifth longer or shorter: after an outage they do not all come at once again and again. */
  private sleepOf(device: string): number {
    const share = createHash('sha256').update(device).digest().readUInt16LE(0) / 0xffff;
    return this.options.pollSeconds * (0.8 + 0.4 * share);
  }
}

const routes: readonly { method: string; pattern: RegExp; handle: Handler }[] = [
  { method: 'GET', pattern: /^$/, handle: DdiServer.prototype.base },
  { method: 'PUT', pattern: /^configData$/, handle: DdiServer.prototype.configData },
  { method: 'POST', pattern: /^configData$/, handle: DdiServer.prototype.configData },
  { method: 'GET', pattern: /^deploymentBase\/(\d{1,15})$/, handle: DdiServer.prototype.deployment },
  { method: 'GET', pattern: /^confirmationBase\/(\d{1,15})$/, handle: DdiServer.prototype.deployment },
  { method: 'GET', pattern: /^installedBase\/(\d{1,15})$/, handle: DdiServer.prototype.deployment },
  { method: 'POST', pattern: /^deploymentBase\/(\d{1,15})\/feedback$/, handle: DdiServer.prototype.feedback },
  { method: 'POST', pattern: /^confirmationBase\/(\d{1,15})\/feedback$/, handle: DdiServer.prototype.confirmation },
  { method: 'GET', pattern: /^cancelAction\/(\d{1,15})$/, handle: DdiServer.prototype.cancellation },
  { method: 'POST', pattern: /^cancelAction\/(\d{1,15})\/feedback$/, handle: DdiServer.prototype.cancelFeedback },
  { method: 'GET', pattern: /^softwaremodules\/(\d{1,15})\/artifacts\/[^/]+$/, handle: DdiServer.prototype.artifact },
];

const unauthorized: Told = {
  ...problem(
    401,
    "unknown device or wrong token: send 'Authorization: TargetToken …', or show the device's certificate",
  ),
  headers: { 'www-authenticate': 'TargetToken' },
};

function linkOf({ state }: Action): LinkName {
  if (state === 'CANCELING') return 'cancelAction';
  return state === 'WAIT_FOR_CONFIRMATION' ? 'confirmationBase' : 'deploymentBase';
}

function ownAction(state: FleetState, device: string, id: number): Action | undefined {
  const action = state.actions.get(id);
  return action?.device === device ? action : undefined;
}

/** What an agent has begun of an action, for the one that comes after it. */
function begunOf(state: FleetState, device: string, id: number): string | undefined {
  const said = state.devices.get(device)?.attributes[begunAttribute];
  return said?.startsWith(`${id} `) ? said.slice(`${id} `.length) : undefined;
}

/** All of a file, or the part that a client asks for, so that a download that broke goes on where it was. */
function slice({ headers, method }: Asked, { path, bytes, sha256 }: ReleaseFile): Told {
  const etag = `"${sha256}"`;
  const common = { 'accept-ranges': 'bytes', etag, 'content-type': 'application/octet-stream' };
  const whole: FileSlice = { path, from: 0, bytes };
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '') ?? [];
  const isOther = headers['if-range'] !== undefined && headers['if-range'] !== etag;
  if (first === undefined || (first === '' && last === '') || isOther || method !== 'GET')
    return { status: 200, headers: common, file: whole };
  const from = first === '' ? Math.max(0, bytes - Number(last)) : Number(first);
  const to = first === '' || last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (from >= bytes || from > to)
    return { ...problem(416, `the file has ${bytes} bytes`), headers: { 'content-range': `bytes */${bytes}` } };
  return {
    ...{ status: 206, file: { path, from, bytes: to - from + 1 } },
    headers: { ...common, 'content-range': `bytes ${from}-${to}/${bytes}` },
  };
}

const statusOf: Record<RefusalCode, number> = { UNKNOWN: 404, STATE: 409, CONFLICT: 409, INVALID: 400 };

/** The answer to a request that failed. */
export function answerOf(error: unknown): Told {
  if (error instanceof DdiError || error instanceof URIError) return problem(400, error.message);
  if (error instanceof FleetRefusal) return problem(statusOf[error.code], error.message);
  if (error instanceof AccessRefused) return problem(403, error.message);
  // It may be done, and may not: to ask again is right.
  if (error instanceof FleetStoreError || error instanceof AuditError)
    return { ...problem(503, error.message), headers: { 'retry-after': '10' } };
  throw error;
}
