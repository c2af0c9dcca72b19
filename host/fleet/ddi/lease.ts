// One agent for a device: two that flash it at once would hand it two images at a time, and each would take the other's reset for a failure.
//
//   nobody ──takes──> agent A, heard with every request ──silent for 600 s──> whoever asks next
//                          └──a person frees the device──> A hears of it, or 30 s pass ──> whoever asks next, and is not A
//
// What must stay true: who has a device is an event, so a restart of the server changes nothing, and the silence of its agent begins anew with it; an agent that
// dies and comes back with its folder goes on at once; of two with copies of one folder neither has the device; one that is refused is told who has the device;
// a client that says nothing about itself is refused as well while somebody has the device.

import {
  agentHeader,
  agentLease,
  agentPattern,
  agentRunHeader,
  agentRunPattern,
  lockedStatus,
} from '../../../protocol/fleet/ddi.ts';
import type { Who } from '../doors.ts';
import type { Fleet } from '../fleet.ts';
import { type Asked, problem, type Told } from '../http.ts';
import type { Device } from '../rollout/state.ts';

const [leaseMs, farewellMs] = [agentLease.seconds * 1_000, agentLease.farewellSeconds * 1_000];
const lateMs = agentLease.lateSeconds * 1_000;
/** One that dies again and again is another process each time. */
const runsMost = 8;

/** A process that has shown the id of an agent. */
interface Run {
  name: string;
  firstMs: number;
  lastMs: number;
}

export class Leases {
  private readonly fleet: Fleet;
  private readonly startedMs: number;
  /** When the agent of a device was heard last, in the fleet's time. */
  private readonly heard = new Map<string, number>();
  /** Agents that were told that their device was taken from them: `DEVICE ID`. */
  private readonly told = new Set<string>();
  /** By device: the folder of an agent is locked, so that these come one after the other, unless it is copied. */
  private readonly runs = new Map<string, Run[]>();

  constructor(fleet: Fleet) {
    this.fleet = fleet;
    this.startedMs = fleet.nowMs();
  }

  /** Undefined: this agent has the device. */
  async check(asked: Asked, who: Who): Promise<Told | undefined> {
    const device = this.fleet.state.devices.get(who.name);
    const [, id, place] = agentPattern.exec(asked.headers[agentHeader] ?? '') ?? [];
    const run = asked.headers[agentRunHeader];
    if (device === undefined) return undefined;
    if (device.agent !== undefined && device.agent.id === id) {
      this.heard.set(who.name, this.fleet.nowMs());
      if (!this.isCopied(who.name, run)) return undefined;
      const copied = `device ${who.name} has two agents with one id: the folder of one is a copy, as of a cloned disk, and neither has the device. End the copy and remove its folder; the other goes on ${agentLease.seconds} s after the copy was heard last`;
      return this.refused(who, place, copied);
    }
    const refusal = this.refusalOf(device, id);
    if (refusal !== undefined) return this.refused(who, place, refusal);
    if (id === undefined) return undefined;
    const from = device.agent?.id;
    await this.fleet.ask(who, { do: 'take', device: who.name, agent: id, place, from });
    this.heard.set(who.name, this.fleet.nowMs());
    this.runs.delete(who.name);
    this.isCopied(who.name, run);
    return undefined;
  }

  private async refused(who: Who, place: string | undefined, refusal: string): Promise<Told> {
    await this.fleet.refuse(who, 'take', { kind: 'device', name: who.name }, `${place ?? 'no agent'}: ${refusal}`);
    return problem(lockedStatus, refusal);
  }

  /** Notes that this process was heard. Whether another one with the same id lives: the one before was heard after the next one had begun. */
  private isCopied(device: string, name: string | undefined): boolean {
    if (name === undefined || !agentRunPattern.test(name)) return false;
    const nowMs = this.fleet.nowMs();
    const others = (this.runs.get(device) ?? []).filter((run) => run.name !== name && nowMs - run.lastMs < leaseMs);
    const known = this.runs.get(device)?.find((run) => run.name === name);
    const own: Run = { name, firstMs: known?.firstMs ?? nowMs, lastMs: nowMs };
    this.runs.set(device, [...others, own].slice(-runsMost));
    return others.some((other) => {
      const [before, after] = other.firstMs <= own.firstMs ? [other, own] : [own, other];
      return before.lastMs - after.firstMs > lateMs;
    });
  }

  private refusalOf({ name, agent, freed }: Device, id: string | undefined): string | undefined {
    const nowMs = this.fleet.nowMs();
    if (agent !== undefined) {
      const silentMs = nowMs - (this.heard.get(name) ?? this.startedMs);
      if (silentMs >= leaseMs) return undefined;
      const heard = `it was heard ${Math.round(silentMs / 1_000)} s ago`;
      return `device ${name} has an agent already, ${agent.place} (${heard}): end one of the two. Another may have the device when that one was silent for ${agentLease.seconds} s, or when a person says so: coldrig fleet device free ${name}`;
    }
    if (freed === undefined) return undefined;
    const sinceMs = nowMs - freed.atMs;
    const key = `${name} ${freed.id}`;
    if (freed.id === id) {
      if (sinceMs >= leaseMs) return undefined;
      this.told.add(key);
      return `a person has taken device ${name} from this agent, for another one; it may have it again in ${secondsText(leaseMs - sinceMs)}`;
    }
    if (this.told.has(key) || sinceMs >= farewellMs) return undefined;
    return `device ${name} is being taken from ${freed.place}, which has ${secondsText(farewellMs - sinceMs)} to hear of it`;
  }
}

const secondsText = (milliseconds: number) => `${Math.ceil(milliseconds / 1_000)} s`;
