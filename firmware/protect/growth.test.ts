// A row more in a table of the plant either works or is refused in words: nothing is left out, and nothing is written over its neighbour.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { GuestUnit, second } from '../../hil/rig/guest/guest-unit.ts';
import { Reading } from '../../host/board/surroundings.ts';
import type { SourceChange } from '../../host/tools/guest.ts';
import { compileGuest, instantiateGuest, repositoryRoot } from '../../host/tools/guest.ts';
import { guestConditions } from '../../protocol/generate/guest-conditions.ts';
import { ACTIVITY, INTERLOCK } from '../../protocol/generated/registers.ts';
import { Activity } from '../../protocol/plant/energies.ts';
import { Condition, conditionTable, interlocks } from '../../protocol/plant/interlocks.ts';
import { Channel, Heater } from '../../protocol/plant/places.ts';

const constants = 'protocol/guest/generated/constants.ts';
const plant = 'protocol/guest/generated/plant.ts';

const interlockCount = (count: number) => `export const INTERLOCK_NUMBER_COUNT: u32 = ${count};`;
const counted = (name: string, count: number): SourceChange => ({
  path: constants,
  find: `export const ${name}: u32 = ${count};`,
  replace: `export const ${name}: u32 = ${count + 1};`,
});

const kind: SourceChange[] = [
  counted('COUNTED_KINDS', Activity.KINDS),
  { path: plant, find: '20000, 1000000,\n]', replace: '20000, 1000000, 3000000,\n]' },
];

const value = Object.keys(conditionTable.values).length;
const values = { ...conditionTable.values, SPARE: [value, 'Says what the test says'] as const };
const first = `export const CONDITION_HOT: u32 = ${Condition.HOT};`;
const generated = 'firmware/protect/generated/measured.ts';
const condition: SourceChange[] = [
  { path: constants, find: first, replace: `${first}\nexport const CONDITION_SPARE: u32 = ${value};` },
  {
    path: generated,
    find: readFileSync(join(repositoryRoot, generated), 'utf8'),
    replace: guestConditions({ ...conditionTable, values }),
  },
];
const declared = 'export function measureHot(';
const itsFunction: SourceChange = {
  path: 'firmware/protect/conditions.ts',
  find: declared,
  replace: `export function measureSpare(_subject: u32): u32 {\n  return 1;\n}\n\n${declared}`,
};

const old = interlocks.length;
const { of, ...row } = interlocks[old - 1];
const last = [row.condition, of, row.threshold, row.hysteresis, row.persistenceMs, row.action, row.clearer];
/** Of a condition that holds from the start, after this time. */
const more = (which: number, persistenceMs: number) => `  ${which}, 0, 1, 0, ${persistenceMs}, 1, 1,\n`;
const twoInterlocks: SourceChange[] = [
  { path: constants, find: interlockCount(old), replace: interlockCount(old + 2) },
  {
    path: plant,
    find: `  ${last.join(', ')},\n]`,
    replace: `  ${last.join(', ')},\n${more(Condition.CLOCK_GONE, 2000)}${more(value, 1000)}]`,
  },
  { path: plant, find: `assert(number < ${old}`, replace: `assert(number < ${old + 2}` },
];

/** One guest with all that is added: a compiler takes longer than the tests. */
const changes = [...kind, ...condition, itsFunction, ...twoInterlocks];

describe('a seventh kind of activity', () => {
  test('is counted by the budget and by the interlocks, neither of which disturbs the other', async () => {
    // The chip has no such counter yet: this bus answers for it.
    const counter = ACTIVITY.base + ACTIVITY.registers.COUNT.offset + 4 * Activity.KINDS;
    const unit = new GuestUnit();
    let count = 0;
    const { bus } = unit.board;
    const part = await instantiateGuest<{
      runBudget(): void;
      measureLoad(heats: number): void;
      estimatedMicrowatts(): number;
      coreEstimatedMicrowatts(): number;
      explainedMicrokelvin(): number;
    }>(
      'firmware/protect/protect.entry.ts',
      { read32: (address) => (address >>> 0 === counter ? count : bus.read32(address)), write32: bus.write32 },
      { changes },
    );
    const looks: number[][] = [];
    for (const turn of [10, 10_000, 0, 10_000, 0]) {
      unit.skip(second);
      count += turn;
      part.measureLoad(0);
      part.runBudget();
      looks.push([part.estimatedMicrowatts(), part.coreEstimatedMicrowatts()]);
    }
    // 10,000 of 3 uJ each in a second are 30 mW, once each time.
    expect(looks).toEqual([
      [2_030, 0],
      [32_000, 0],
      [2_000, 0],
      [32_000, 0],
      [2_000, 0],
    ]);
    expect(part.explainedMicrokelvin()).toBeGreaterThan(30_000);
  });
});

describe('one more interlock, and one more condition', () => {
  /** The latch after each tenth of a second, and which interlock tripped last. */
  const tripped: number[] = [];
  const lasts: number[] = [];
  const isTripped = (number: number, tenth: number) => (tripped[tenth] >>> number) & 1;

  beforeAll(async () => {
    const unit = await GuestUnit.of('firmware/protect/protect.entry.ts', { changes });
    unit.setReading(Reading.CLOCK, 0);
    for (let tenth = 0; tenth < 30; tenth++) {
      unit.skip(second / 10);
      unit.part.runInterlock();
      tripped.push(unit.peek(INTERLOCK, 'TRIPPED'));
      lasts.push(unit.peek(INTERLOCK, 'LAST'));
    }
  });

  test('an interlock trips by its condition, and is told by its number', () => {
    expect([isTripped(old, 15), isTripped(old, 29), lasts[29]]).toEqual([0, 1, old]);
  });

  test('a condition is measured by its function, and its interlock is told by its number', () => {
    expect([isTripped(old + 1, 8), isTripped(old + 1, 15), lasts[15]]).toEqual([0, 1, old + 1]);
  });

  test('a condition without its function is refused by the compiler, which names it', async () => {
    const compiled = compileGuest('firmware/protect/protect.entry.ts', { changes: condition });
    await expect(compiled).rejects.toThrow(/measureSpare/);
  });
});

describe('what would need code as well is refused by the compiler, in words', () => {
  test('a fourth heater needs the thermometer that watches it', async () => {
    const compiled = compileGuest('firmware/drive/heaters.ts', { changes: [counted('HEATER_COUNT', Heater.COUNT)] });
    await expect(compiled).rejects.toThrow(/a heater has no thermometer that watches it/);
  });

  test('a seventh channel needs what its plate can move by, and room in the heartbeat', async () => {
    const another = [counted('CHANNEL_COUNT', Channel.COUNT)];
    const compiled = compileGuest('firmware/sense/thermometry.ts', { changes: another });
    await expect(compiled).rejects.toThrow(/a channel has no limit for what its plate can move by/);
  });
});
