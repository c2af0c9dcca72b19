// The side of the update server for people: what there is, and what is to be done. Rollouts, targets and their words as in hawkBit's management API.
//
//   GET   /rest/v1/rollouts  /rest/v1/rollouts/{id}  /rest/v1/targets  /rest/v1/releases  /rest/v1/events?from=N  /rest/v1/audit?last=N  /rest/v1/me
//   POST  /rest/v1/credentials                         {do: revoke | admit, device, reason}
//   POST  /rest/v1/commands                            {do: …}, a command of rollout/commands.ts; of a rollout: rings by names, cryostats or the rest
//
// What must stay true: a stranger is told nothing, and is on record; a command is read field by field, and refused with the place.

import { DdiError, JsonPlace } from '../ddi/json.ts';
import { answerOf } from '../ddi/server.ts';
import type { Who } from '../doors.ts';
import type { Enrolment } from '../enrol/enrolment.ts';
import type { Fleet } from '../fleet.ts';
import { type Asked, problem, type Told, told } from '../http.ts';
import type { PersonCommand } from '../rollout/commands.ts';
import type { GateLimits } from '../rollout/events.ts';
import { type RingRequest, ringsOf } from '../rollout/plan.ts';
import type { Identities } from './identity.ts';
import { deviceSummary, rolloutSummary } from './summary.ts';

export interface ManageOptions {
  fleet: Fleet;
  identities: Identities;
  /** The newest entries of the audit log. */
  auditTail(most: number): Promise<object[]>;
  /** When a device asked last. */
  seenOf: (device: string) => string | undefined;
  /** Where devices get certificates; undefined: not here. */
  enrolment?: Enrolment;
}

const root = '/rest/v1/';
const eventsAtOnce = 1_000;
const auditMost = 500;
const unauthorized: Told = {
  ...problem(401, "send 'Authorization: Bearer …' with a token that is good here, or show your certificate"),
  headers: { 'www-authenticate': 'Bearer' },
};

/** A browser shows a certificate to whoever asks; this header a page of somebody else's cannot send. */
const isOfAnotherPage = ({ headers }: Asked) =>
  headers.authorization === undefined && headers['x-coldrig-person'] === undefined;
const anotherPage = problem(403, "send 'X-Coldrig-Person: …' with a command, so that no other page asks in your name");

export class ManageServer {
  private readonly options: ManageOptions;

  constructor(options: ManageOptions) {
    this.options = options;
  }

  /** Undefined: the path is none of these. */
  async answer(asked: Asked): Promise<Told | undefined> {
    if (!asked.path.startsWith(root)) return undefined;
    const who = this.options.identities.of(asked);
    if (typeof who === 'string') {
      await this.options.fleet.refuseStranger(asked.source, { kind: 'fleet', name: asked.path }, who);
      return unauthorized;
    }
    try {
      const path = asked.path.slice(root.length);
      if (asked.method === 'POST' && isOfAnotherPage(asked)) return anotherPage;
      if (asked.method === 'POST' && path === 'commands') return await this.command(who, asked.body);
      if (asked.method === 'POST' && path === 'credentials') return await this.credential(who, asked.body);
      if (asked.method === 'GET') return await this.read(who, path, asked.query);
      return problem(405, `${asked.method} ${asked.path} is not known`);
    } catch (error) {
      return answerOf(error);
    }
  }

  private async read(who: Who, path: string, query: URLSearchParams): Promise<Told> {
    const { fleet, seenOf } = this.options;
    const state = await fleet.look(who, 'read', { kind: 'fleet', name: path });
    const [, id] = /^rollouts\/(\d{1,9})$/.exec(path) ?? [];
    if (id !== undefined) {
      const rollout = state.rollouts.get(Number(id));
      return rollout
        ? told(200, rolloutSummary(state, rollout, fleet.nowMs(), fleet.readings))
        : problem(404, `there is no rollout ${id}`);
    }
    switch (path) {
      case 'rollouts':
        return told(200, {
          content: [...state.rollouts.values()].map((one) => rolloutSummary(state, one, fleet.nowMs(), fleet.readings)),
        });
      case 'targets':
        return told(200, {
          content: [...state.devices.values()].map((one) => deviceSummary(state, one, seenOf(one.name))),
        });
      case 'releases':
        return told(200, { content: [...state.releases.values()] });
      case 'me':
        return told(200, { name: who.name });
      case 'audit': {
        const last = Math.min(auditMost, Math.max(1, Math.floor(Number(query.get('last') ?? 50)) || 50));
        return told(200, { content: await this.options.auditTail(last) });
      }
      case 'events': {
        const from = Math.max(0, Number(query.get('from') ?? 0) || 0);
        return told(200, { from, ...(await fleet.history(who, from, eventsAtOnce)) });
      }
      default:
        return problem(404, `there is nothing at ${root}${path}`);
    }
  }

  /** Takes a device its credentials, or lets it attest again. */
  private async credential(who: Who, body: string): Promise<Told> {
    const { fleet, enrolment } = this.options;
    const request = JsonPlace.parse(body, 'the request');
    const what = request.need('do').oneOf(['revoke', 'admit'] as const);
    const [device, reason] = [request.need('device').text(64), request.need('reason').text(256)];
    if (enrolment === undefined) return problem(404, 'this server gives devices no certificates; it needs --devices');
    // Who may let a device in may let it in again.
    await fleet.look(who, what === 'revoke' ? 'revoke' : 'enrol', { kind: 'device', name: device });
    if (what === 'revoke') await enrolment.revoke(device, who.name, reason);
    else if (!(await enrolment.admit(device, who.name, reason))) return problem(409, `device ${device} is not revoked`);
    return told(200, {});
  }

  private async command(who: Who, body: string): Promise<Told> {
    const { fleet } = this.options;
    const request = JsonPlace.parse(body, 'the command');
    const state = await fleet.look(who, 'read', { kind: 'fleet', name: 'fleet' });
    const isRollout = request.need('do').text(32) === 'create-rollout';
    const command = isRollout
      ? { ...readRollout(request), rings: ringsOf(state, readRings(request), fleet.hasReadings) }
      : readCommand(request);
    await fleet.ask(who, command);
    return told(200, isRollout ? { id: fleet.state.rollouts.size } : {});
  }
}

const idMost = 999_999_999;
const text = (of: JsonPlace, name: string, most = 256) => of.need(name).text(most);
const rolloutId = (of: JsonPlace) => of.need('rollout').integer(1, idMost);
const simple = ['approve', 'deny', 'start', 'pause', 'resume'] as const;
const words = [
  ...simple,
  ...(['stop', 'waive', 'retry', 'add-device', 'remove-device', 'free-device', 'create-rollout'] as const),
] as const;

function readCommand(of: JsonPlace): PersonCommand {
  const what = of.need('do').oneOf(words);
  switch (what) {
    case 'stop':
      return {
        do: what,
        rollout: rolloutId(of),
        scope: of.need('scope').oneOf(['hold', 'rollout']),
        reason: text(of, 'reason'),
      };
    case 'waive':
      return { do: what, rollout: rolloutId(of), device: text(of, 'device', 64), reason: text(of, 'reason') };
    case 'retry':
      return { do: what, device: text(of, 'device', 64), release: text(of, 'release', 64) };
    case 'add-device': {
      const [cryostat, hash] = [of.get('cryostat')?.text(64), of.get('tokenHash')?.text(64)];
      if (hash !== undefined && !/^[0-9a-f]{64}$/.test(hash))
        throw new DdiError('the command: tokenHash: expected a SHA-256 in hexadecimal');
      return {
        do: what,
        device: text(of, 'device', 64),
        ...(cryostat && { cryostat }),
        ...(hash && { tokenHash: hash }),
      };
    }
    case 'free-device':
      return { do: what, device: text(of, 'device', 64), reason: text(of, 'reason') };
    case 'remove-device':
      return { do: what, device: text(of, 'device', 64) };
    case 'create-rollout':
      throw new DdiError('the command: a rollout is read by another function');
    default:
      return { do: what, rollout: rolloutId(of) };
  }
}

function readRollout(of: JsonPlace) {
  const onError = of.get('onError')?.oneOf(['hold', 'ring', 'rollout'] as const) ?? 'ring';
  return { do: 'create-rollout' as const, name: text(of, 'name', 128), release: text(of, 'release', 64), onError };
}

const ringsMost = 64;
const devicesMost = 20_000;
const monthMs = 31 * 86_400_000;

function readRings(of: JsonPlace): RingRequest[] {
  return of
    .need('rings')
    .list(ringsMost)
    .map((ring) => {
      const [devices, cryostat, count, deadline] = ['devices', 'cryostat', 'count', 'deadlineMs'].map((name) =>
        ring.get(name),
      );
      return {
        ...{ name: text(ring, 'name', 64), soakMs: ring.need('soakMs').integer(0, monthMs) },
        ...{
          approval: ring.get('approval')?.boolean() ?? false,
          confirmation: ring.get('confirmation')?.boolean() ?? false,
        },
        failuresMost: ring.get('failuresMost')?.integer(0, devicesMost) ?? 0,
        ...(devices && { devices: devices.list(devicesMost).map((one) => one.text(64)) }),
        ...(cryostat && { cryostat: cryostat.text(64) }),
        ...(ring.get('rest')?.boolean() && { rest: true }),
        ...(count && { count: count.integer(1, devicesMost) }),
        ...(deadline && { deadlineMs: deadline.integer(1, monthMs) }),
        gates: readGates(ring.get('gates')),
      };
    });
}

function readGates(of: JsonPlace | undefined): GateLimits {
  const limits: GateLimits = {};
  for (const name of ['heartbeatMs', 'temperatureKelvin', 'powerShare', 'calibrationDecibel'] as const) {
    const value = of?.get(name)?.number(0, 1e9);
    if (value !== undefined) limits[name] = value;
  }
  if (of?.get('alerts')?.boolean()) limits.alerts = true;
  return limits;
}
