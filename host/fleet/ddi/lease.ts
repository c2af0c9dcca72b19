// One agent for a device: two that flash it at once would hand it two images at a time, and each would take the other's reset for a failure.
//
//   nobody ──takes──> agent A, heard with every request ──silent for 600 s──> whoever asks next
//                          └──a person frees the device──> A hears of it, or 30 s pass ──> whoever asks next, and is not A
//
// What must stay true: who has a device is an event, so a restart of the server changes nothing, and the silence of its agent begins anew with it; an agent that
// dies and comes back with its folder goes on at once; one that is refused is told who has the device; a client that says nothing about itself is
// refused as well while somebody has the device.

import { agentHeader, agentLease, agentPattern, lockedStatus } from '../../../protocol/fleet/ddi.ts';
import type { Who } from '../doors.ts';
import type { Fleet } from '../fleet.ts';
import { type Asked, problem, type Told } from '../http.ts';
import type { Device } from '../rollout/state.ts';

const [leaseMs, farewellMs] = [agentLease.seconds * 1_000, agentLease.farewellSeconds * 1_000];

export class Leases {
  private readonly fleet: Fleet;
  private readonly startedMs: number;
  /** When the agent of a device was heard last, in the fleet's time. */
  private readonly heard = new Map<string, number>();
  /** Agents that were told that their device was taken from them: `DEVICE ID`. */
  private readonly told = new Set<string>();

  constructor(fleet: Fleet) {
    this.fleet = fleet;
    this.startedMs = fleet.nowMs();
  }

  /** Undefined: this agent has the device. */
  async check(asked: Asked, who: Who): Promise<Told | undefined> {
    const device = this.fleet.state.devices.get(who.name);
    const [, id, place] = agentPattern.exec(asked.headers[agentHeader] ?? '') ?? [];
    if (device === undefined) return undefined;
    if (device.agent !== undefined && device.agent.id === id) {
      this.heard.set(who.name, this.fleet.nowMs());
      return undefined;
    }
    const refusal = this.refusalOf(device, id);
    if (refusal !== undefined) {
      await this.fleet.refuse(who, 'take', { kind: 'device', name: who.name }, `${place ?? 'no agent'}: ${refusal}`);
      return problem(lockedStatus, refusal);
    }
    if (id === undefined) return undefined;
    const from = device.agent?.id;
    await this.fleet.ask(who, { do: 'take', device: who.name, agent: id, place, from });
    this.heard.set(who.name, this.fleet.nowMs());
    return undefined;
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
