import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CborMap } from '../../../host/tools/smp/cbor.ts';
import { body } from '../../prove/noise/cbor-noise.ts';
import type { CheckedDevice } from '../../prove/noise/checked-device.ts';
import { messageOf, peaceful } from '../../prove/noise/noise.ts';
import { wires } from '../../prove/noise/wire.ts';
import { firmwareImage } from '../../rig/images.ts';
import { read, write } from '../../rig/lines.ts';
import { Programmer } from '../../rig/programmer.ts';
import { millisecond, second } from '../../rig/time.ts';
import { checkedDevices } from './devices.ts';
import { hashIn } from './images.ts';
import { always } from './properties.ts';

const [os, img, enumeration] = [0, 1, 10];
let first: Uint8Array;
let update: Uint8Array;
beforeAll(async () => {
  [first, update] = [await firmwareImage('1.0.0'), await firmwareImage('1.2.0')];
});

type Action = { line: 0 | 1; version: 1 | 2 } & (
  | { does: 'write state'; hash: 'first' | 'update' | 'unknown' | 'short' | 'none' | 'null'; confirm?: boolean }
  | { does: 'erase'; slot?: number }
  | { does: 'begin an upload'; size: number }
  | { does: 'reset'; boot_mode?: number; force?: boolean }
  | { does: 'list'; command: number }
  | { does: 'wait'; ns: number }
  | { does: 'put an update into slot B' }
  | { does: 'say anything'; message: Uint8Array }
);

const how = { line: fc.constantFrom<0 | 1>(0, 1), version: fc.constantFrom<1 | 2>(1, 2) };
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const stateWrite = fc.record({
  ...how,
  does: fc.constant('write state' as const),
  hash: fc.constantFrom('first', 'update', 'update', 'update', 'unknown', 'short', 'none', 'null'),
  confirm: maybe(fc.boolean()),
});
const others: fc.Arbitrary<Action>[] = [
  fc.record({ ...how, does: fc.constant('erase' as const), slot: maybe(fc.nat(2)) }),
  fc.record({ ...how, does: fc.constant('begin an upload' as const), size: fc.integer({ min: 32, max: 1900 }) }),
  fc.record({ ...how, does: fc.constant('reset' as const), boot_mode: maybe(fc.nat(2)), force: maybe(fc.boolean()) }),
  fc.record({ ...how, does: fc.constant('list' as const), command: fc.constantFrom(0, 6) }),
  fc.record({ ...how, does: fc.constant('wait' as const), ns: fc.nat(3000 * millisecond) }),
  fc.record({ ...how, does: fc.constant('say anything' as const), message: peaceful }),
  fc.record({ ...how, does: fc.constant('put an update into slot B' as const) }),
];
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: stateWrite as fc.Arbitrary<Action> },
  ...others.map((arbitrary) => ({ weight: 1, arbitrary })),
);

const hashes = {
  first: () => hashIn(first),
  update: () => hashIn(update),
  unknown: () => new Uint8Array(32).fill(9),
  short: () => new Uint8Array(31),
  null: () => null,
  none: () => undefined,
};

/** Which slot runs, by the list; undefined in safe mode. */
function running(device: CheckedDevice): number | undefined {
  const images = device.ask(read, img, 0).fields.images as { slot: number; active: boolean }[];
  return images.find(({ active }) => active)?.slot;
}

function perform(device: CheckedDevice, each: Action): void {
  const options = { wire: wires[each.line], version: each.version };
  if (each.does === 'wait') device.board.runFor(each.ns);
  else if (each.does === 'list') device.ask(read, img, each.command, {}, options);
  else if (each.does === 'erase') device.ask(write, img, 5, { slot: each.slot }, options);
  else if (each.does === 'reset') device.ask(write, os, 5, { boot_mode: each.boot_mode, force: each.force }, options);
  else if (each.does === 'write state')
    device.ask(write, img, 0, { hash: hashes[each.hash](), confirm: each.confirm }, options);
  else if (each.does === 'begin an upload')
    device.ask(write, img, 1, { off: 0, len: update.length, data: update.subarray(0, each.size) }, options);
  else if (each.does === 'say anything') device.deliver(options.wire, options.wire.encode(each.message, 3));
  else if (running(device) === 0) new Programmer(device.board).place('B', update);
}

/** What broke a law once, as small as it could be made. */
const broken: [string, Action[]][] = [
  [
    'the confirmed image put on trial in safe mode lost its confirmation, and with it the device its image at the next reset',
    [
      { line: 0, version: 2, does: 'reset', boot_mode: 1 },
      { line: 0, version: 2, does: 'write state', hash: 'first', confirm: false },
      { line: 0, version: 2, does: 'reset' },
      { line: 0, version: 2, does: 'reset' },
    ],
  ],
];

describe.each(checkedDevices)('%s', (_name, make) => {
  test.each(broken)('no longer breaks: %s', async (_what, actions) => {
    const device = await make();
    for (const each of actions) perform(device, each);
    device.judge();
  });

  test('keeps the running image and the one to fall back to, whatever is requested in whatever order', async () => {
    const device = await make();
    always(fc.array(action, { minLength: 1, maxLength: 14 }), 100, (actions) => {
      device.restart();
      for (const each of actions) perform(device, each);
      device.judge();
    });
  });
});

/** Group codes in the words of version 1; what is not listed is 1, unknown. */
const generic: Record<number, [number, number][]> = {
  0: [
    [2, 3],
    [3, 5],
  ],
  1: [
    [3, 5],
    [4, 5],
    [9, 6],
    [27, 6],
    [28, 6],
    [14, 3],
    [19, 3],
    [20, 3],
    [21, 3],
    [22, 3],
    [24, 3],
    [25, 3],
  ],
  2: [
    [3, 5],
    [2, 5],
  ],
  10: [[4, 3]],
};

test.each(checkedDevices)(
  '%s says in version 1 what it says in version 2, in the words that version has',
  async (_name, make) => {
    const device = await make();
    const header = fc.record({
      group: fc.constantFrom(0, 1, 2, 10),
      command: fc.nat(8),
      operation: fc.constantFrom(read, write),
    });
    const version1 = (fields: CborMap) => {
      const { err } = fields as { err?: { group: number; rc: number } };
      return err ? { rc: new Map(generic[err.group]).get(err.rc) ?? 1 } : fields;
    };
    always(fc.tuple(header, body), 300, ([{ group, command, operation }, payload]) => {
      const [first, second] = [0, 1].map((version) => {
        device.restart();
        const to = { first: (version << 3) | operation, flags: 0, group, sequence: 1, command };
        return device.request(wires[0], messageOf(to, payload))?.fields as CborMap;
      });
      // Words stand beside a plain code, in either version; the error map has no room for them.
      const [{ rsn, ...said }, { rsn: again, ...saidAgain }] = [first, second];
      if (rsn !== undefined) expect(said.rc).toBeDefined();
      if (again !== undefined) expect(again).toBe(rsn);
      expect(said).toEqual(version1(saidAgain));
    });
  },
);

test('the details of any list of groups are those of each existing group, once, in the order of the device', async () => {
  const device = await checkedDevices[0][1]();
  const all = device.ask(read, enumeration, 3).fields.groups as { group: number }[];
  const group = fc.oneof(
    fc.constantFrom(0, 1, 2, 10),
    fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    fc.constant(2n ** 32n + 1n),
  );
  always(fc.array(group, { maxLength: 250 }), 60, (groups) => {
    const { fields } = device.ask(read, enumeration, 3, { groups });
    expect(fields.groups).toEqual(all.filter((each) => groups.includes(each.group)));
  });
  expect(device.ask(read, enumeration, 3, { groups: [0, -1] }).fields).toEqual({ rc: 3 });
  expect(device.ask(read, enumeration, 3, { groups: new Array(254).fill(1) }).fields).toEqual({ rc: 3 });
  device.judge();
});

test('a boot state that is written through all its places and begun again answers in time, and holds the last change', async () => {
  const device = await checkedDevices[0][1]();
  for (let turn = 0; turn < 45; turn++) {
    new Programmer(device.board).place('B', update);
    expect(device.ask(write, img, 0, { hash: hashIn(update), confirm: false }).fields.images).toHaveLength(2);
    if (turn % 15 === 7) {
      device.board.cutPower();
      device.recover();
      device.board.brownOut();
      device.recover();
      device.ask(write, os, 5);
    }
    expect(device.ask(write, img, 5).fields).toEqual({});
    // Whoever has images verified one after the other waits for the power that takes; with pauses nobody waits.
    device.board.runFor(second);
  }
  device.judge();
});

test('a request of eight bytes and nothing else has its answer, too', async () => {
  const device = await checkedDevices[0][1]();
  for (const wire of wires) {
    const header = { first: 10, flags: 0, group: os, sequence: 1, command: 0 };
    expect(device.request(wire, messageOf(header, new Uint8Array(0)))?.fields).toEqual({ rc: 3 });
  }
});
