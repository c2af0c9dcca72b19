// The watch of gates: asks the source for readings, takes those of devices under their old image, and judges those that have the new one.
//
//   device waits, its ring has gates ──readings before──> baseline, which goes into its action
//   device has confirmed             ──readings after───> good · missing: its ring waits · bad: an alert, and the ring fails
//
// What must stay true: a ring with gates ends only after every device of it was judged good by readings of after its soak time; a source that is away, or a device
// without readings, is no pass; nothing here is kept: after a restart it is asked again.

import { type Fleet, theFleet } from '../fleet.ts';
import type { Baseline, GateLimits } from '../rollout/events.ts';
import { hasGates, type ReadingsView, updatedOf } from '../rollout/react.ts';
import { type Action, type FleetState, isOver, type Ring } from '../rollout/state.ts';
import { baselineFrom, judge, type Subject } from './judge.ts';
import type { Readings, ReadingsSource } from './readings.ts';

export interface GateWatchOptions {
  source: ReadingsSource;
  /** Seconds before the update that its readings are compared with. */
  beforeSeconds?: number;
  /** The last seconds of the new image. */
  afterSeconds?: number;
  onTrouble: (reason: string) => void;
}

export const gateWindows = { beforeSeconds: 600, afterSeconds: 60 };

export class GateWatch implements ReadingsView {
  private readonly options: GateWatchOptions & typeof gateWindows;
  private readonly baselines = new Map<string, Baseline>();
  /** By action: when it was judged good, in the fleet's time. */
  private readonly good = new Map<number, number>();
  /** By device: what it waits for. */
  private readonly missing = new Map<string, string>();
  private isAway = false;

  constructor(options: GateWatchOptions) {
    this.options = { ...gateWindows, ...options };
  }

  baselineOf(device: string, { plan: { gates } }: Ring): Baseline | undefined {
    return hasGates(gates) ? this.baselines.get(device) : { temperatureKelvin: {}, snrDecibel: {} };
  }

  /** Devices of a ring that were not judged good since then. */
  unjudged(actions: readonly Action[], sinceMs: number): string[] {
    return actions.filter(({ id }) => (this.good.get(id) ?? -1) < sinceMs).map(({ device }) => device);
  }

  missingOf(device: string): string | undefined {
    return this.missing.get(device);
  }

  /** Asks once, and tells the fleet what it found. To be called every few seconds. */
  async look(fleet: Fleet, signal: AbortSignal): Promise<void> {
    const { source, beforeSeconds, afterSeconds } = this.options;
    const rings = ringsWithGates(fleet.state);
    if (rings.length === 0) {
      for (const kept of [this.baselines, this.good, this.missing]) kept.clear();
      return;
    }
    try {
      const isWaiting = rings.some(({ waiting }) => waiting.length > 0);
      const isDone = rings.some(({ updated }) => updated.length > 0);
      const before = isWaiting ? await source.read(beforeSeconds, signal) : undefined;
      const after = isDone ? await source.read(afterSeconds, signal) : undefined;
      this.isAway = false;
      if (before !== undefined) this.takeBaselines(fleet.state, rings, before);
      if (after !== undefined) await this.judgeAll(fleet, rings, after);
    } catch (error) {
      if (signal.aborted) return;
      // An old baseline is not one of just before the update.
      this.baselines.clear();
      if (!this.isAway) this.options.onTrouble(`gates wait for readings: ${(error as Error).message}`);
      this.isAway = true;
    }
  }

  private takeBaselines(state: FleetState, rings: readonly GatedRing[], readings: Readings): void {
    this.baselines.clear();
    for (const { gates, waiting } of rings)
      for (const device of waiting) {
        const found = baselineFrom(readings, subjectOf(state, device), gates);
        if (typeof found === 'string') this.missing.set(device, `${found} under its old image`);
        else {
          this.baselines.set(device, found);
          this.missing.delete(device);
        }
      }
  }

  private async judgeAll(fleet: Fleet, rings: readonly GatedRing[], readings: Readings): Promise<void> {
    const nowMs = fleet.nowMs();
    for (const { gates, updated } of rings)
      for (const { id, device, baseline, endedMs } of updated) {
        const sinceMs = nowMs - (endedMs ?? nowMs);
        // The window would reach back to the old image.
        const isEarly = sinceMs < this.options.afterSeconds * 1000;
        const only: GateLimits = isEarly ? { heartbeatMs: gates.heartbeatMs } : gates;
        const found = judge(readings, subjectOf(fleet.state, device), only, baseline ?? noBaseline, sinceMs);
        if (found.is === 'missing') this.missing.set(device, found.what);
        else this.missing.delete(device);
        if (found.is === 'good' && !isEarly) this.good.set(id, nowMs);
        if (found.is !== 'bad') continue;
        await fleet.ask(theFleet, { do: 'alert', device, gate: found.gate, detail: found.detail });
      }
  }
}

interface GatedRing {
  gates: GateLimits;
  waiting: string[];
  updated: Action[];
}

const noBaseline: Baseline = { temperatureKelvin: {}, snrDecibel: {} };
/** What needs readings now: of every rollout that goes on, the ring whose turn it is. */
function ringsWithGates(state: FleetState): GatedRing[] {
  const found: GatedRing[] = [];
  for (const rollout of state.rollouts.values()) {
    const ring = rollout.rings[rollout.current];
    const goesOn = !isOver(rollout) && rollout.state !== 'STOPPING' && ring.state === 'RUNNING';
    if (!goesOn || !hasGates(ring.plan.gates)) continue;
    found.push({ gates: ring.plan.gates, waiting: [...ring.waiting], updated: updatedOf(state, rollout, ring) });
  }
  return found;
}

/** Devices of ours are known to telemetry by their serial number. */
function subjectOf(state: FleetState, name: string): Subject {
  const device = state.devices.get(name);
  return { device: device?.attributes.serial ?? name, cryostat: device?.cryostat };
}
