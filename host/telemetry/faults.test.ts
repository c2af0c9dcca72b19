// Nothing lost without a word, nothing twice, order kept: a hundred stories of each kind of fault, on played disks, network and clock.

import { describe, expect, test } from 'vitest';
import { chooser } from '../board/random.ts';
import { seeds } from '../board/testing/cases.ts';
import { type Fault, playStory, type World } from './testing/play-story.ts';

const hourMs = 3_600_000;

interface FaultRow extends Fault {
  /** What at least one story must have seen, so that the fault did strike. */
  seen: (worlds: readonly World[], kinds: Record<string, number>) => boolean;
}

const rows: Record<string, FaultRow> = {
  'a gateway is killed at any write': {
    strike: ({ gateways: [gateway], luck }) => gateway.killAtWrite(luck(12), 200 + luck(3_000)),
    seen: (worlds) => worlds.some(({ gateways }) => gateways[0].kills > 1),
  },
  'a gateway loses power at any write': {
    // Long enough that a device would be asked again before.
    log: { syncWithinMs: 1_500 },
    strike: ({ gateways: [gateway], luck }) => gateway.killAtWrite(luck(12), 200 + luck(3_000), luck),
    seen: (worlds) => worlds.some(({ gateways }) => gateways[0].kills > 1),
  },
  'the hub is killed, or loses power, at any write': {
    strike: ({ hub, luck }) => hub.killAtWrite(luck(12), 200 + luck(3_000), luck(2) === 0 ? luck : undefined),
    seen: (worlds) => worlds.some(({ hub }) => hub.kills > 1),
  },
  'the disk is full for a while': {
    strike: ({ gateways: [{ disk }], luck, time }) => {
      disk.room = 1_000 + luck(4_000);
      time.after(luck(8_000), () => {
        disk.room = Number.POSITIVE_INFINITY;
      });
    },
    seen: (_, kinds) => kinds.dropped > 0,
  },
  'the disk of the hub is full for a while': {
    strike: ({ hub, luck, time }) => {
      const { disk } = hub;
      disk.room = luck(2_000);
      time.after(luck(8_000), () => {
        disk.room = Number.POSITIVE_INFINITY;
      });
    },
    seen: (worlds) => worlds.some(({ hub }) => hub.log.status().refused > 0),
  },
  'the log is full while nobody is above': {
    log: { bytesMost: 5_000 },
    strike: ({ net, luck, time }) => {
      net.isUp = false;
      net.cut();
      time.after(luck(12_000), () => {
        net.isUp = true;
      });
    },
    seen: (_, kinds) => kinds.dropped > 0 && kinds['given-up'] > 0,
  },
  'the disk fails to sync': {
    strike: ({ gateways: [{ disk }], luck }) => {
      disk.failingSyncs = 1 + luck(6);
    },
    seen: (_, kinds) => kinds.event > 0,
  },
  'the link is cut at any byte': {
    strike: ({ net, luck }) => {
      net.bytesUntilCut = luck(900);
    },
    seen: (_, kinds) => kinds.event > 0,
  },
  'the link is away for an hour': {
    beatMs: 300_000,
    pollMs: 60_000,
    strike: ({ net, time }) => {
      if (!net.isUp) return;
      net.isUp = false;
      net.cut();
      time.after(hourMs, () => {
        net.isUp = true;
      });
    },
    seen: (worlds) => worlds.some(({ time }) => time.monotonicMs() > hourMs),
  },
  'the clock of the gateway is stepped': {
    strike: ({ time, luck }) => {
      time.wallAheadMs += (luck(2) === 0 ? 1 : -1) * [2_000, hourMs, 400 * 24 * hourMs][luck(3)];
    },
    seen: (_, kinds) => kinds['clock-stepped'] > 0,
  },
  'records are of a schema from the future': {
    before: ({ devices }) => {
      for (const device of devices) device.schema = 9;
    },
    // Words behind the last field, and a kind that nobody knows.
    strike: ({ devices: [device], luck }) =>
      device.make(2, ([kind, ...rest]) => [luck(2) === 0 ? 77 : kind, ...rest, 1, 2, 3]),
    seen: (_, kinds) => kinds['kind-77'] > 0,
  },
  'a record is poisoned': {
    strike: ({ devices: [device], luck }) =>
      device.make(2, (wire) => [wire.slice(0, 7), [wire[0], 9, ...wire.slice(2)], [...wire.slice(0, 8), 'x']][luck(3)]),
    seen: (_, kinds) => kinds.poisoned > 0,
  },
  'two gateways read the same devices': {
    gateways: 2,
    strike: ({ gateways, luck, devices }) => {
      devices[luck(2)].lostAnswers = 1 + luck(2);
      gateways[luck(2)].killAtWrite(luck(12), 200 + luck(3_000));
    },
    seen: (_, kinds) => kinds.gap > 0,
  },
  'the boot log of a device is erased, and its numbers begin again': {
    before: ({ devices }) => {
      for (const device of devices) for (let boots = 0; boots < 5; boots++) device.reset();
    },
    strike: ({ devices: [device], gateways: [gateway], luck }) => {
      // Its numbers are behind those that it was told to forget, for long enough that somebody looks.
      if ((device.acknowledged?.boot ?? 0) < 4) return;
      device.erase();
      gateway.killAtWrite(luck(12), 200 + luck(3_000));
    },
    seen: (worlds, kinds) => kinds.renumbered > 0 && worlds.some(({ gateways }) => gateways[0].kills > 0),
  },
  'a device is silent, and answers are lost': {
    strike: ({ devices, luck, time }) => {
      const device = devices[luck(2)];
      device.lostAnswers = luck(3);
      device.isSilent = true;
      time.after(luck(10_000), () => {
        device.isSilent = false;
      });
    },
    seen: (_, kinds) => kinds.dropped > 0,
  },
};

test('a gateway that acknowledges before its disk has it is found out', async () => {
  const fault = { ...rows['a gateway loses power at any write'], isHasty: true };
  const wrong: string[] = [];
  for (const seed of seeds(20)) wrong.push(...(await playStory(fault, chooser(seed))).wrong);
  expect(wrong.join('\n')).toMatch(/is lost, and nobody says so/);
});

describe('nothing is lost without a word, nothing is there twice, and order is kept, when', () => {
  test.each(Object.entries(rows))('%s', async (_, fault) => {
    const kinds: Record<string, number> = {};
    const worlds: World[] = [];
    for (const seed of seeds(100)) {
      const { wrong, kinds: seen, world } = await playStory(fault, chooser(seed));
      expect(wrong, `seed ${seed}`).toEqual([]);
      for (const [kind, count] of Object.entries(seen)) kinds[kind] = (kinds[kind] ?? 0) + count;
      worlds.push(world);
    }
    expect(fault.seen(worlds, kinds), 'the fault has struck').toBe(true);
  });
});
