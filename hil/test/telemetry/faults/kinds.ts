// The faults: how each strikes, and how one sees that it did.

import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Luck } from '../../../../host/telemetry/testing/play-story.ts';
import type { GatewayName, World } from './world.ts';

export interface FaultKind {
  /** Strikes; the answer ends it, once the devices have made their records. Without: it is over by itself. */
  strike: (world: World, luck: Luck) => Promise<undefined | (() => Promise<void>)>;
  /** How often it has struck, as the world shows it. Without: each time that it was told to. */
  seen?: (world: World) => number;
  /** Records that each device makes more in a beat, while it lasts. */
  atOnce?: number;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const hourMs = 3_600_000;

async function killGateway(world: World, name: GatewayName): Promise<void> {
  await world.gateway(name).end();
  await world.startGateway(name);
}

/** Fills the disk of gateway a to its last byte. */
function fill(disk: string): string {
  const path = join(disk, 'filler');
  try {
    execFileSync('dd', ['if=/dev/zero', `of=${path}`, 'bs=4k'], { stdio: 'pipe' });
  } catch {
    // Until there is no room.
  }
  return path;
}

export const faultKinds: Readonly<Record<string, FaultKind>> = {
  'gateway killed': {
    strike: async (world) => {
      await killGateway(world, 'a');
      return undefined;
    },
  },
  'NATS server killed': {
    strike: async ({ nats }, luck) => {
      await nats.kill();
      await pause(luck(300));
      await nats.start();
      return undefined;
    },
  },
  'Prometheus killed': {
    strike: async ({ store }, luck) => {
      await store.kill();
      await pause(luck(300));
      await store.start();
      return undefined;
    },
  },
  'one of two ingesters killed': {
    strike: async (world, luck) => {
      const number = 1 + luck(2);
      await world.ingesters[number - 1].end();
      await world.startIngester(number);
      return undefined;
    },
  },
  'disk of the gateway full': {
    strike: async ({ smallDisk }) => {
      if (smallDisk === undefined) throw new Error('a file system in memory cannot be mounted by this user');
      const filler = fill(smallDisk);
      return async () => rmSync(filler);
    },
    seen: (world) => world.gateway('a').said.filter((line) => line.includes('"event":"refused"')).length,
    atOnce: 20,
  },
  'link cut for an hour and back': {
    // The hour is that of its clock: what is made meanwhile was received up to an hour ago when it comes through.
    strike: async (world, luck) => {
      world.link.cut();
      world.step('a', -hourMs - 1_000);
      return async () => {
        await pause(luck(500));
        world.step('a', 0);
        world.link.isUp = true;
      };
    },
    atOnce: 30,
  },
  'clock stepped': {
    strike: async (world, luck) => {
      world.step('a', [2_000, -2_000, hourMs, -hourMs, hourMs / 4][luck(5)]);
      return async () => world.step('a', 0);
    },
    seen: ({ gateways }) => gateways.get('a')?.said.filter((line) => line.includes('clock-stepped')).length ?? 0,
  },
  'schema from the future': {
    strike: async ({ devices }, luck) => {
      for (const device of devices) {
        device.schema = 9;
        device.make(2, ([kind, ...rest]) => [luck(2) === 0 ? 77 : kind, ...rest, 1, 2, 3]);
      }
      return async () => {
        for (const device of devices) device.schema = 1;
      };
    },
    seen: ({ stream }) => stream.counts.get('newer') ?? 0,
  },
  'a record is poisoned': {
    strike: async ({ devices }, luck) => {
      const wrong = (wire: readonly unknown[]) =>
        [wire.slice(0, 7), [wire[0], 9, ...wire.slice(2)], [...wire.slice(0, 8), 'x']][luck(3)];
      devices[luck(devices.length)].make(2, wrong);
      return undefined;
    },
    seen: ({ stream }) => stream.poisoned.size,
  },
  'two gateways for one device, one killed': {
    strike: async (world) => {
      await killGateway(world, 'b');
      return undefined;
    },
  },
};

/** Faults that strike together, each at a moment of its own: a run of each of them. */
export const faultRounds: readonly (readonly string[])[] = [
  ['gateway killed', 'one of two ingesters killed', 'schema from the future', 'a record is poisoned'],
  ['NATS server killed', 'clock stepped', 'two gateways for one device, one killed'],
  ['Prometheus killed', 'disk of the gateway full', 'link cut for an hour and back'],
];
