import fc from 'fast-check';
import { beforeAll, describe, test } from 'vitest';
import type { Board } from '../../../host/board/board.ts';
import { encodeMessage } from '../../../host/tools/smp/message.ts';
import type { CheckedDevice } from '../../prove/noise/checked-device.ts';
import { peaceful } from '../../prove/noise/noise.ts';
import { wires } from '../../prove/noise/wire.ts';
import { firmwareImage } from '../../rig/images.ts';
import { write } from '../../rig/lines.ts';
import { millisecond } from '../../rig/time.ts';
import { checkedDevices } from './devices.ts';
import { hashIn } from './images.ts';
import { always } from './properties.ts';

const img = 1;
let update: Uint8Array;
beforeAll(async () => {
  update = (await firmwareImage('1.2.0')).slice();
});

type Action = { line: 0 | 1; does: 'begin' | 'go on' | 'erase' | 'mark' | 'noise'; noise: Uint8Array; gapNs: number };

const action: fc.Arbitrary<Action> = fc.record({
  line: fc.constantFrom(0, 1),
  does: fc.constantFrom('begin', 'go on', 'go on', 'go on', 'erase', 'mark', 'noise'),
  noise: peaceful,
  gapNs: fc.integer({ min: 0, max: 150 * millisecond }),
});

/** How the story is cut short, and how far the boot after it gets before it is cut again. */
const cut = fc.record({
  how: fc.oneof(
    fc.record({ kind: fc.constantFrom('pin', 'brown-out', 'power'), at: fc.constant(0) }),
    fc.record({ kind: fc.constant('at access'), at: fc.integer({ min: 1, max: 60_000 }) }),
    fc.record({ kind: fc.constant('at time'), at: fc.integer({ min: 1, max: 500 * millisecond }) }),
  ),
  again: fc.option(fc.integer({ min: 1, max: 3000 })),
});

function requestOf({ does, noise }: Action, off: number): Uint8Array {
  const data = update.subarray(off, off + 700);
  const body = {
    begin: { off: 0, len: update.length, data: update.subarray(0, 700) },
    'go on': { off, data },
    erase: {},
    mark: { hash: hashIn(update), confirm: false },
  };
  if (does === 'noise') return noise;
  const command = { begin: 1, 'go on': 1, erase: 5, mark: 0 }[does];
  return encodeMessage({ operation: write, version: 2, group: img, sequence: 0, command }, body[does]);
}

/** Sends without waiting for answers: requests pile up, and the cut comes in the middle of one. */
function play(device: CheckedDevice, actions: Action[]): void {
  let off = 0;
  for (const each of actions) {
    off = { begin: 700, 'go on': off + 700, erase: 0, mark: off, noise: off }[each.does];
    const frame = wires[each.line].encode(requestOf(each, Math.max(0, off - 700)), 1);
    if (device.board.state !== 'off') device.put(each.line, frame);
    device.board.runFor(each.gapNs);
  }
}

const end: Record<string, (board: Board) => void> = {
  pin: (board) => board.pullResetPin(),
  'brown-out': (board) => board.brownOut(),
  power: (board) => board.cutPower(),
};

describe.each(checkedDevices)('%s', (_name, make) => {
  test('comes back with its image from any reset and any power cut, in the middle of anything', async () => {
    const device = await make();
    const { board } = device;
    always(fc.tuple(fc.array(action, { minLength: 1, maxLength: 8 }), cut), 80, ([actions, { how, again }]) => {
      device.restart();
      if (how.kind === 'at access') board.cutPowerAtAccess(how.at);
      if (how.kind === 'at time') board.cutPowerAt(board.now + how.at);
      const start = board.now;
      play(device, actions);
      if (how.kind === 'at time') board.runUntil(start + how.at);
      if (board.state !== 'off') (end[how.kind] ?? end.power)(board);
      if (again !== null) {
        if (board.state === 'off') board.powerOn();
        board.cutPowerAtAccess(again);
        board.runFor(50 * millisecond);
        if (board.state !== 'off') board.cutPower();
      }
      device.recover();
      device.judge();
    });
  });
});
