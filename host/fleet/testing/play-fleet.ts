// A fleet that is played: devices with a behaviour each, a person who approves, and a server that can be killed at any event it writes.
//
// Time goes in seconds. A device does one thing a second, as the server told it when it asked; what it was not answered it does again. What a device has
// installed is its own: it survives every death of the server.

import { apply } from '../rollout/apply.ts';
import type { FleetCommand } from '../rollout/commands.ts';
import { perform, settle } from '../rollout/engine.ts';
import type { Recorded, Release, RingPlan } from '../rollout/events.ts';
import { noReadings } from '../rollout/react.ts';
import { emptyFleet, type FleetState, isOver, type Rollout } from '../rollout/state.ts';

/**
 * `goes-back`: its bootloader takes the old image again. `alarms`: it confirms, and shows some seconds later that it should not have. `loses-it`: it
 * confirms, and runs the old image again some seconds later; `loses-it-late`: after the soak time. `crashes`: it confirms, and its watchdog resets it some
 * seconds later; it runs the new image again. `keeps-bad`: it says that it has failed, and runs the new image.
 */
export type Behaviour =
  | 'good'
  | 'goes-back'
  | 'refuses'
  | 'alarms'
  | 'loses-it'
  | 'loses-it-late'
  | 'will-not-cancel'
  | 'crashes'
  | 'keeps-bad';

export const played = {
  release: (name: string, securityCounter = 1): Release => ({
    ...{
      hash: Buffer.from(name).toString('hex').padEnd(64, '0'),
      name,
      version: '1.0.0',
      file: `${name}.bin`,
      bytes: 1,
      sha256: ''.padEnd(64, '1'),
    },
    securityCounter,
  }),
  ring: (name: string, devices: string[], more: Partial<RingPlan> = {}): RingPlan => ({
    ...{ name, devices, soakMs: 20_000, approval: false, failuresMost: 0, gates: {} },
    ...more,
  }),
};

const [oldImage, newImage] = [played.release('old'), played.release('new')];
export const images = { old: oldImage.hash, new: newImage.hash };

export class PlayedServer {
  log: Recorded[] = [];
  state: FleetState = emptyFleet();
  deaths = 0;
  nowMs = 0;
  /** Dies when it has written so many more events. */
  dieAfter = Number.POSITIVE_INFINITY;
  onDeath = () => {};

  /** False: it died before it answered. */
  ask(command: FleetCommand, who = 'test'): boolean {
    return this.write(perform(this.state, command, who, { atMs: this.nowMs }, noReadings));
  }

  tick(): void {
    this.write(settle(this.state, { atMs: this.nowMs }, noReadings));
  }

  private write(events: readonly Recorded[]): boolean {
    for (const event of events) {
      this.log.push(event);
      if (--this.dieAfter > 0) continue;
      this.deaths++;
      this.state = emptyFleet();
      for (const kept of this.log) apply(this.state, kept);
      this.onDeath();
      return false;
    }
    return true;
  }
}

export class PlayedDevice {
  readonly name: string;
  readonly behaviour: Behaviour;
  image = images.old;
  /** How often each image was installed. */
  readonly installs: Record<string, number> = {};
  private action = 0;
  private step = 0;
  /** How the present action has ended. */
  private result: 'success' | 'failure' | undefined;
  private confirmedMs: number | undefined;

  constructor(name: string, behaviour: Behaviour) {
    [this.name, this.behaviour] = [name, behaviour];
  }

  turn(server: PlayedServer): void {
    const { name: device } = this;
    this.lose(server.nowMs);
    if (!server.ask({ do: 'report', device, attributes: this.attributes(server.nowMs) })) return;
    this.alarm(server);
    const open = server.state.devices.get(device)?.open;
    if (open === undefined) return;
    const action = server.state.actions.get(open) as { kind: string; release: string; state: string };
    if (open !== this.action) [this.action, this.step, this.result] = [open, 0, undefined];
    const of = { device, action: open, detail: '' };
    if (action.state === 'CANCELING' && this.result === undefined) {
      const isWilling = this.behaviour !== 'will-not-cancel';
      const finished = isWilling ? 'success' : 'failure';
      if (server.ask({ ...of, do: 'cancel-feedback', execution: 'closed', finished }) && isWilling) this.step = 0;
      return;
    }
    if (this.step === 0 && !server.ask({ do: 'retrieved', device, action: open })) return;
    if (this.step === 1 && !server.ask({ ...of, do: 'feedback', execution: 'download', finished: 'none' })) return;
    if (this.step >= 2) {
      this.result ??= this.install(action.kind, action.release, server.nowMs);
      server.ask({ do: 'report', device, attributes: this.attributes(server.nowMs) });
      server.ask({ ...of, do: 'feedback', execution: 'closed', finished: this.result });
      return;
    }
    this.step++;
  }

  private attributes(nowMs: number): Record<string, string> {
    const hasCrashed =
      this.behaviour === 'crashes' && this.image === images.new && nowMs >= (this.confirmedMs ?? nowMs) + 3_000;
    // It had faults under the old image.
    return { 'image.hash': this.image, 'faults.count': hasCrashed ? '3' : '2' };
  }

  private install(kind: string, release: string, nowMs: number): 'success' | 'failure' {
    const bad = kind === 'update' && release === images.new;
    if (bad && this.behaviour === 'refuses') return 'failure';
    this.installs[release] = (this.installs[release] ?? 0) + 1;
    if (bad && this.behaviour === 'goes-back') return 'failure';
    this.image = release;
    this.confirmedMs = nowMs;
    return bad && this.behaviour === 'keeps-bad' ? 'failure' : 'success';
  }

  private lose(nowMs: number): void {
    const afterMs = { 'loses-it': 3_000, 'loses-it-late': 25_000 }[this.behaviour as string];
    if (afterMs === undefined || this.confirmedMs === undefined || nowMs < this.confirmedMs + afterMs) return;
    [this.image, this.confirmedMs] = [images.old, undefined];
  }

  private alarm(server: PlayedServer): void {
    if (this.behaviour !== 'alarms' || this.image !== images.new || this.confirmedMs === undefined) return;
    if (server.nowMs < this.confirmedMs + 3_000) return;
    server.ask({ do: 'alert', device: this.name, gate: 'heartbeat', detail: 'no heartbeat for 3 s' });
  }
}

export interface PlayedStory {
  behaviours: readonly Behaviour[];
  /** How many devices the rings have. */
  sizes: readonly number[];
  ring?: Partial<RingPlan>;
  onError?: 'hold' | 'ring' | 'rollout';
  /** Events from one death of the server to the next. */
  deaths: readonly number[];
}

export interface PlayedEnd {
  server: PlayedServer;
  rollout: Rollout;
  devices: PlayedDevice[];
  /** What must be the same, however often the server died. */
  outcome: { state: string; rings: string[]; images: Record<string, string> };
}

export const nameOf = (index: number): string => `device-${String(index).padStart(4, '0')}`;
const secondsMost = 3_000;

export function playStory({ behaviours, sizes, ring, onError = 'ring', deaths }: PlayedStory): PlayedEnd {
  const server = new PlayedServer();
  const left = [...deaths];
  server.onDeath = () => {
    server.dieAfter = left.shift() ?? Number.POSITIVE_INFINITY;
  };
  server.onDeath();
  server.deaths = 0;
  const devices = behaviours.map((behaviour, index) => new PlayedDevice(nameOf(index), behaviour));
  const until = (isSo: () => boolean, command: FleetCommand) => {
    while (!isSo()) server.ask(command);
  };
  for (const { name } of devices) until(() => server.state.devices.has(name), { do: 'add-device', device: name });
  for (const release of [oldImage, newImage])
    until(() => server.state.releases.has(release.hash), { do: 'add-release', release });
  for (const device of devices) device.turn(server);
  let first = 0;
  const rings = sizes.map((size, index) => {
    const names = devices.slice(first, first + size).map(({ name }) => name);
    first += size;
    return played.ring(`ring-${index}`, names, { approval: index === 1, ...ring });
  });
  until(() => server.state.rollouts.size > 0, {
    do: 'create-rollout',
    name: 'one',
    release: newImage.hash,
    rings,
    onError,
  });
  const rollout = () => server.state.rollouts.get(1) as Rollout;
  for (let second = 0; !isOver(rollout()); second++) {
    if (second > secondsMost) throw new Error(`the rollout is still ${rollout().state}`);
    server.nowMs += 1_000;
    server.tick();
    person(server, rollout());
    for (const device of devices) device.turn(server);
  }
  const end = rollout();
  return {
    ...{ server, devices, rollout: end },
    outcome: {
      state: end.state,
      rings: end.rings.map(({ state }) => state),
      images: Object.fromEntries(devices.map(({ name, image }) => [name, image === images.old ? 'old' : 'new'])),
    },
  };
}

/** Starts, approves and goes on as soon as it may, and leaves out a device that has failed where the ring allows that. */
function person(server: PlayedServer, rollout: Rollout): void {
  if (rollout.state === 'WAITING_FOR_APPROVAL') server.ask({ do: 'approve', rollout: 1 });
  else if (rollout.state === 'READY') server.ask({ do: 'start', rollout: 1 });
  else if (rollout.state === 'PAUSED') server.ask({ do: 'resume', rollout: 1 });
  else if (rollout.state === 'RUNNING') {
    const failed = [...rollout.members].find(([, { state }]) => state === 'failed');
    if (failed !== undefined) server.ask({ do: 'waive', rollout: 1, device: failed[0], reason: 'looked at' });
  }
}
