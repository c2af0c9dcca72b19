// A running controller in a fridge, under faults: what it noticed, when it was safe, how warm each stage got, and what it remembers.
//
// It is started once and let settle; every play begins from that snapshot, so a play is a function of faults, load and length alone.
// What must stay true: every result is read from the board's log, its registers or the cryostat, never from the fault.

import { ResetCause } from '../../../host/board/device.ts';
import { LogKind } from '../../../host/board/log.ts';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import { type StageName, stageNames } from '../../../host/plant/cryostat/stages.ts';
import { openFridge } from '../../../host/tools/open-fridge.ts';
import { INTERLOCK } from '../../../protocol/generated/registers.ts';
import { Heater } from '../../../protocol/plant/places.ts';
import { EventKind } from '../../../protocol/telemetry/events.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { millisecond, second } from '../../rig/time.ts';
import { WiredCryostat } from '../../rig/wiring.ts';

/** What keeps the controller busy meanwhile. */
export const loads = ['idle', 'traffic', 'heating'] as const;
export type Load = (typeof loads)[number];

export interface Noticed {
  event: string;
  /** Seconds since the play began. */
  at: number;
  argument0: number;
}

export interface Course {
  /** What the firmware recorded, and the chip's own resets, in order; heartbeats left out. */
  noticed: Noticed[];
  /** When all output gates were closed, seconds; undefined: never. */
  safeAt: number | undefined;
  /** Warmest each stage got, kelvin. */
  warmest: Record<string, number>;
  /** Whether it beats at the end. */
  beats: boolean;
  /** Interlocks in the latch at the end, after one more reset. */
  latched: number;
  /** Events of the recorder's ring at the end, after one more reset. */
  remembered: Set<string>;
  logHash: string;
}

const eventName = (kind: number) =>
  Object.keys(EventKind).find((name) => EventKind[name as keyof typeof EventKind] === kind) ?? `${kind}`;
const causeName = (cause: number) => Object.entries(ResetCause).find(([, value]) => value === cause)?.[0] ?? `${cause}`;
const settleNs = 20 * second;
const stepNs = 250 * millisecond;
/** Events that say that something is wrong, or that it is right again. */
const quiet = new Set([
  'HEARTBEAT',
  'BOOT_START',
  'BOOT_VERIFY',
  'BOOT_DECISION',
  'BOOT_HANDOVER',
  'FIRMWARE_START',
  'SECURITY_COUNTER',
]);

export class FaultBench {
  readonly wired: WiredCryostat;
  readonly device: DeviceUnderTest;
  private readonly healthy: Snapshot;

  private constructor(wired: WiredCryostat, device: DeviceUnderTest) {
    this.wired = wired;
    this.device = device;
    this.healthy = device.snapshot();
  }

  /** In its fridge, settled, its heaters at what this load asks for. */
  static async settled(load: Load, fridge = 'uts', seed = 1): Promise<FaultBench> {
    const wired = new WiredCryostat(openFridge(fridge), { seed, drift: false });
    const device = await DeviceUnderTest.running({ seed, surroundings: () => wired });
    device.board.runFor(2 * second);
    if (load === 'heating') {
      device.cryo('HEATER', { heater: Heater.STILL, microwatts: 5_000 });
      device.cryo('HEATER', { heater: Heater.MXC, microwatts: 3 });
    }
    // Heated stages take their minutes; the averages of the interlocks follow them.
    device.board.runFor(load === 'heating' ? 1800 * second : settleNs);
    return new FaultBench(wired, device);
  }

  /** Temperatures, kelvin, by stage. */
  temperatures(): Record<string, number> {
    const { cryostat } = this.wired;
    return Object.fromEntries(cryostat.stages.map((stage) => [stage, cryostat.temperatureKelvin(stage)]));
  }

  /** The highest each stage may ever be. */
  safeKelvin(stage: StageName): number {
    return this.wired.cryostat.fridge.stages[stageNames.indexOf(stage)].safeKelvin;
  }

  /** Lets these faults happen to it, from where it was healthy, for so long. */
  run(faults: readonly string[], forNs: number, load: Load = 'idle'): Course {
    const { device } = this;
    const { board } = device;
    device.restore(this.healthy);
    const began = board.now;
    for (const text of faults) device.fault(text);
    const warmest = this.temperatures();
    while (board.now < began + forNs) {
      if (load === 'traffic' && board.state === 'firmware') device.sendTraffic();
      board.runFor(stepNs);
      for (const [stage, kelvin] of Object.entries(this.temperatures()))
        warmest[stage] = Math.max(warmest[stage], kelvin);
    }
    const { logHash } = board;
    const safeAt = this.safeAt(began);
    return { safeAt, warmest, logHash, ...this.judge(began) };
  }

  /** When all gates were closed, by the firmware or by a reset: rails follow in the same run of the core. */
  private safeAt(began: number): number | undefined {
    const closing = this.device.log.find(
      ({ kind, a }) => kind === LogKind.RESET || (kind === LogKind.OUTPUTS && a === 0),
    );
    return closing && (closing.timeNs - began) / second;
  }

  private judge(began: number): Pick<Course, 'noticed' | 'beats' | 'latched' | 'remembered'> {
    const { board, log } = this.device;
    const noticed: Noticed[] = [];
    for (const { timeNs, kind, a, b } of log) {
      if (kind === LogKind.RESET)
        noticed.push({ event: `RESET_${causeName(a)}`, at: (timeNs - began) / second, argument0: a });
      if (kind !== LogKind.RECORDER) continue;
      const event = eventName(a & 0xffff);
      if (!quiet.has(event)) noticed.push({ event, at: (timeNs - began) / second, argument0: b });
    }
    const beat = () => this.device.events('HEARTBEAT').at(-1)?.number ?? -1;
    const before = beat();
    board.runFor(3 * second);
    const beats = beat() > before;
    // What is known must outlive a reset: it is read only after one.
    board.pullResetPin();
    board.runFor(5 * second);
    const remembered = new Set(board.recorderEvents().map(({ kind }) => eventName(kind)));
    return { noticed, beats, latched: board.machine.peek(INTERLOCK, 'TRIPPED'), remembered };
  }
}
