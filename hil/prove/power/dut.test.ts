// The device under test: what is shared is what a run would show, and what is played is what a run would leave.

import { beforeAll, describe, expect, test } from 'vitest';
import { Board } from '../../../host/board/board.ts';
import { compileGuest } from '../../../host/tools/guest.ts';
import { differenceOf } from '../device/change.ts';
import { type Images, makeImages } from '../device/images.ts';
import { KnownBoots } from '../device/known-boots.ts';
import { cutsOf } from '../device/operations.ts';
import type { BegunOperation } from '../device/playback.ts';
import { DeviceUnderTest } from './dut.ts';
import { operationPoints, type Point } from './points.ts';
import { slice } from './sampling.ts';
import { scenarioByName } from './scenarios.ts';
import { whatDiffers } from './sharing-check.ts';
import { recordStory } from './story.ts';

const scenario = scenarioByName('counter advance');
let images: Images;
let points: Point[];

beforeAll(async () => {
  images = await makeImages(scenario.fleet);
  const recording = recordStory(scenario, images, await compileGuest('bootloader/main.ts'), 1);
  points = operationPoints(scenario, recording, slice, 1);
});

const newDut = () => new DeviceUnderTest(new Board({ seed: 1 }), scenario, images, new KnownBoots());
const some = (count: number) =>
  Array.from({ length: count }, (_, index) => points[Math.floor((index * points.length) / count)]);

describe('a boot that is known', () => {
  test('is run all the same with the same log, flash, fuses and ending', () => {
    const dut = newDut();
    let shared = 0;
    for (const point of some(60)) {
      dut.cut(point, 0);
      const said = dut.recall() ?? dut.run();
      if (!said.shared) continue;
      shared++;
      expect(dut.runAfterAll(said).findings, point.name).toEqual([]);
    }
    expect(shared).toBeGreaterThan(20);
  });

  test('is found out where it does not do what was said of it', () => {
    const dut = newDut();
    const [point] = some(1);
    dut.cut(point, 0);
    const seen = dut.recall() ?? dut.run();
    const { records, recovery, ending, boot } = seen;
    const lies = [
      { ...seen, records: records.slice(1) },
      { ...seen, records: records.map((record, line) => (line === 3 ? { ...record, b: record.b ^ 1 } : record)) },
      { ...seen, records: records.map((record) => ({ ...record, timeNs: record.timeNs + 4 })) },
      { ...seen, recovery: { ...recovery, tookNs: recovery.tookNs + 4 } },
      { ...seen, boot: { ...boot, work: [1, 0, 0, 0] } },
      {
        ...seen,
        ending: {
          ...ending,
          state: 'halted' as const,
          haltReason: 'tired',
          fuses: ending.fuses,
          machine: ending.machine,
        },
      },
      { ...seen, firm: false },
    ];
    expect(whatDiffers(seen, seen)).toBeUndefined();
    for (const lie of lies) expect(whatDiffers(seen, lie)).toBeDefined();
  });
});

describe('a cut beside an operation of the story', () => {
  test('leaves, played, what it leaves when the core runs up to it', () => {
    const dut = newDut();
    for (const [number, point] of points.entries()) {
      dut.cut(point, number);
      expect(dut.pointAfterAll(point, number), point.name).toEqual([]);
    }
    const kinds = new Set(points.map(({ begun }) => begun?.operation.kind));
    expect([...kinds].sort()).toEqual(['burn', 'erase', 'program']);
  });

  test('is found out where it was played from another operation', () => {
    const dut = newDut();
    const inside = points.filter(({ name }) => name.endsWith('ALL_BUT_LAST'));
    const [point, other] = [inside[0], inside.at(-1) as Point];
    const [{ operation }, { instant }] = [point, other].map(({ begun }) => begun as BegunOperation);
    dut.cut({ ...point, begun: { operation, instant }, cut: { ...point.cut, atNs: timeIn(other) } }, 0);
    expect(dut.pointAfterAll(point, 0)).not.toEqual([]);
  });
});

const timeIn = ({ cut }: Point) => ('atNs' in cut ? cut.atNs : 0);

describe('a cut in a boot that was seen', () => {
  test('leaves, played, what it leaves when the boot is run', () => {
    const dut = newDut();
    let cuts = 0;
    for (const point of some(12)) {
      dut.cut(point, 5);
      const off = dut.hold();
      const { operations, boot } = dut.recall() ?? dut.run();
      for (const operation of operations)
        for (const cut of cutsOf(operation, (unit) => unit % 5 === 0)) {
          dut.cutRecovery(off, cut, cuts, boot);
          expect(dut.cutAfterAll(off, cut, cuts), `${point.name}, then ${cut.name}`).toEqual([]);
          cuts++;
        }
    }
    expect(cuts).toBeGreaterThan(100);
  });

  test('may be at any moment, also that at which an operation begins or ends', () => {
    const dut = newDut();
    dut.cut(points[0], 0);
    const off = dut.hold();
    const { operations, boot } = dut.recall() ?? dut.run();
    const [{ startNs, endNs }] = operations;
    for (const atNs of [0, 1, startNs - 1, startNs, startNs + 1, endNs - 1, endNs, endNs + 1]) {
      const cut = { name: `${atNs} ns`, atNs };
      dut.cutRecovery(off, cut, 0, boot);
      expect(dut.cutAfterAll(off, cut, 0), cut.name).toEqual([]);
    }
  });

  test('stays where it was, though another point is gone to', () => {
    const dut = newDut();
    dut.cut(points[0], 0);
    const { operations } = dut.recall() ?? dut.run();
    const before = structuredClone(operations);
    // These begin in the middle of an operation, whose end then comes first.
    for (const point of some(30)) dut.cut(point, 0);
    expect(operations).toEqual(before);
  });
});

test('what two devices hold is compared to the last unstable bit', () => {
  const dut = newDut();
  dut.cut(points[0], 0);
  const left = dut.hold().snapshot.flash;
  const fuses = { cells: dut.board.fuses.cells.slice(), weak: dut.board.fuses.weak.slice() };
  const one = { machine: { flash: { picture: () => left } }, fuses };
  expect(differenceOf(one, dut.board)).toBeUndefined();
  dut.board.machine.flash.setWeak(0x4000, 1);
  expect(differenceOf(one, dut.board)).toBe('unstable bits of flash page 4');
  dut.board.machine.flash.setWeak(0x4000, 0);
  dut.board.machine.flash.writeBytes(0x4001, Uint8Array.of(0x5a));
  expect(differenceOf(one, dut.board)).toBe('flash page 4');
});
