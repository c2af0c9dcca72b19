// Events of a fleet: everything that was ever decided, in the order of decisions. The state (state.ts) is what they add up to, and nothing else is kept.
//
// What must stay true: an event is a fact and says all of it, so that no clock, file or chance is needed to read it again; a kind keeps its meaning
// for ever, because the log of a fleet is read again by every later version; new fields may be left out.

import type { ActionState, GateName } from '../../../protocol/fleet/states.ts';

/** An image that devices can get. */
export interface Release {
  /** SHA-256 of the image as its TLV states it, hexadecimal: the name that devices know it by. */
  hash: string;
  name: string;
  version: string;
  /** Name of the file at the server, its length and its SHA-256. */
  file: string;
  bytes: number;
  sha256: string;
  securityCounter: number;
  /** Number of the board that it is for; left out: any. */
  board?: number;
  /** Oldest version of the bootloader that it runs under; left out: any. */
  minimumBootloader?: string;
  /** Downgrade token (protocol/image/token.ts) in base64: devices of its board may go back to this image from newer ones. */
  token?: string;
}

/** What the gates of a ring allow. A gate that is left out is not there. */
export interface GateLimits {
  /** The longest time without a heartbeat of a device that was updated. */
  heartbeatMs?: number;
  /** How much warmer than under the old image a stage may be. */
  temperatureKelvin?: number;
  /** How much more than under the old image a device may take: 0.1 is a tenth more. */
  powerShare?: number;
  /** How much lower than under the old image the signal-to-noise ratio of a readout channel may be. */
  calibrationDecibel?: number;
  /** No alert that pages somebody may fire about the device or its cryostat that did not fire before. */
  alerts?: boolean;
}

export interface RingPlan {
  name: string;
  devices: string[];
  /** Time that must pass without an alert after the last device has confirmed. */
  soakMs: number;
  /** A person has to allow it before it begins. */
  approval: boolean;
  /** A person at the device has to allow it (DDI's confirmationBase). */
  confirmation?: boolean;
  /** How many devices may fail before the rollout stops. Until a person has dealt with each of them, the ring does not end. */
  failuresMost: number;
  /** A device that has not ended after this time counts as failed. Left out: there is no such time. */
  deadlineMs?: number;
  gates: GateLimits;
}

/** Which devices go back when a ring fails: none, those of this ring and of later ones, or all. */
export type RollbackScope = 'hold' | 'ring' | 'rollout';

/** Readings of a device under its old image. */
export interface Baseline {
  temperatureKelvin: Record<string, number>;
  powerWatts?: number;
  snrDecibel: Record<string, number>;
  /** Names of alerts that fired. */
  alerts?: string[];
}

/** An update comes from a ring; a rollback takes a device back to the image that it ran before. */
export type ActionKind = 'update' | 'rollback';

/** Why nothing new begins. */
export type PauseCause = 'person' | 'approval' | 'empty-ring' | 'image-lost' | 'release-withdrawn';

export type FleetEvent =
  | { type: 'device-added'; device: string; cryostat?: string; tokenHash?: string }
  | { type: 'device-removed'; device: string }
  /** What the device says about itself, all of it. */
  | { type: 'device-reported'; device: string; attributes: Record<string, string> }
  /** The agent that cares for it from now on: an id, and where that is. */
  | { type: 'agent-taken'; device: string; agent: string; place: string }
  /** A person gives it to another agent. */
  | { type: 'agent-freed'; device: string; reason: string }
  | { type: 'release-added'; release: Release }
  /** The repository has it no more: nobody gets it, as an update or to go back to. */
  | { type: 'release-withdrawn'; release: string }
  | {
      type: 'rollout-created';
      rollout: number;
      name: string;
      release: string;
      rings: RingPlan[];
      onError: RollbackScope;
    }
  | { type: 'rollout-approved' | 'rollout-denied' | 'rollout-started' | 'rollout-resumed'; rollout: number }
  | { type: 'rollout-paused'; rollout: number; by: PauseCause }
  /** A person ends it. */
  | { type: 'rollout-ended'; rollout: number; cause: string; scope: RollbackScope }
  | { type: 'rollout-stopped' | 'rollout-finished'; rollout: number }
  | { type: 'ring-started' | 'ring-confirmed' | 'ring-finished'; rollout: number; ring: number }
  | { type: 'ring-failed'; rollout: number; ring: number; cause: string }
  | {
      type: 'action-created';
      action: number;
      rollout: number;
      device: string;
      kind: ActionKind;
      release: string;
      /** What the device ran before, where it has said so. */
      previous?: string;
      baseline?: Baseline;
      /** It begins when a person at the device has allowed it. */
      confirmation?: boolean;
    }
  | { type: 'action-state'; action: number; state: ActionState }
  | { type: 'action-ended'; action: number; state: 'FINISHED' | 'ERROR' | 'CANCELED'; detail: string }
  | { type: 'cancel-asked' | 'cancel-rejected'; action: number }
  /** It runs the release already. */
  | { type: 'device-has-it'; rollout: number; device: string }
  /** It has failed this release before, and no person has allowed it again. */
  | { type: 'device-blocked'; rollout: number; device: string; detail: string }
  | { type: 'device-overdue'; rollout: number; device: string }
  /** It had confirmed the release, and says now that it runs another image. */
  | { type: 'device-strayed'; rollout: number; device: string; detail: string }
  /** A person has dealt with it: the ring does without it. */
  | { type: 'device-waived'; rollout: number; device: string; reason: string }
  | { type: 'rollback-impossible'; rollout: number; device: string; reason: string }
  | { type: 'retry-allowed'; device: string; release: string }
  | { type: 'gate-alert'; rollout: number; ring: number; device: string; gate: GateName; detail: string }
  /** Nothing but time: what was waited for so far counts after a restart. */
  | { type: 'time-passed' };

export type FleetEventType = FleetEvent['type'];

/** An event as it is kept. */
export type Recorded = FleetEvent & {
  /** Time of the fleet: milliseconds that its server was there (store/fleet-store.ts). */
  atMs: number;
  /** Wall clock of the server, for people only. */
  wall?: string;
  /** Who asked for it; left out: the fleet itself. */
  who?: string;
};
