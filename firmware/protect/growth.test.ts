// A row more in a table of the plant either works or is refused in words: nothing is left out, and nothing is written over its neighbour.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
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

const counted = (name: string, count: number): SourceChange => ({
  path: constants,
  find: `export const ${name}: u32 = ${count};`,
  replace: `export const ${name}: u32 = ${count + 1};`,
});

describe('a seventh kind of activity', () => {
  test('is counted by the budget and by the interlocks, neither of which disturbs the other', async () => {
    const changes = [
      counted('COUNTED_KINDS', Activity.KINDS),
      { path: plant, find: '20000, 1000000,\n]', replace: '20000, 1000000, 3000000,\n]' },
    ];
    // The chip has no such counter yet: this bus answers for it.
    const counter = ACTIVITY.base + ACTIVITY.registers.COUNT.offset + 4 * Activity.KINDS;
    const unit = new GuestUnit();
    let count = 0;
    const { bus } = unit.board;
    const part = await instantiateGuest<{
      runBudget(): void;
      measureLoad(): void;
      estimatedMicrowatts(): number;
      coreEstimatedMicrowatts(): number;
      explainedMicrokelvin(): number;
    }>(
      'firmware/protect/protect.entry.ts',
      { read32: (address) => (address >>> 0 === counter ? count : bus.read32(address)), write32: bus.write32 },
      { changes },
    );
    const looks: number[][] = [];
    for (const more of [10, 10_000, 0, 10_000, 0]) {
      unit.skip(second);
      count += more;
      part.measureLoad();
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

/** One more interlock, of a condition that holds from the start and lasts two seconds; when it tripped, in tenths of a second. */
async function tripsWith(condition: number, more: SourceChange[] = []) {
  const number = interlocks.length;
  const { of, ...row } = interlocks[number - 1];
  const last = [row.condition, of, row.threshold, row.hysteresis, row.persistenceMs, row.action, row.clearer];
  const changes = [
    ...more,
    counted('INTERLOCK_NUMBER_COUNT', number),
    {
      path: plant,
      find: `  ${last.join(', ')},\n]`,
      replace: `  ${last.join(', ')},\n  ${condition}, 0, 1, 0, 2000, 1, 1,\n]`,
    },
    { path: plant, find: `assert(number < ${number}`, replace: `assert(number < ${number + 1}` },
  ];
  const unit = await GuestUnit.of('firmware/protect/protect.entry.ts', { changes });
  unit.setReading(Reading.CLOCK, 0);
  const bits: number[] = [];
  for (let tenth = 0; tenth < 30; tenth++) {
    unit.skip(second / 10);
    unit.part.runInterlock();
    bits.push((unit.peek(INTERLOCK, 'TRIPPED') >>> number) & 1);
  }
  return { bits, number, last: unit.peek(INTERLOCK, 'LAST') };
}

describe('one more interlock', () => {
  test('trips by its condition, and is told by its number', async () => {
    const { bits, number, last } = await tripsWith(Condition.CLOCK_GONE);
    expect([bits[15], bits[29], last]).toEqual([0, 1, number]);
  });
});

describe('one more condition', () => {
  const value = Object.keys(conditionTable.values).length;
  const values = { ...conditionTable.values, SPARE: [value, 'Says what the test says'] as const };
  const first = `export const CONDITION_HOT: u32 = ${Condition.HOT};`;
  const generated = 'firmware/protect/generated/measured.ts';
  const inTable: SourceChange[] = [
    { path: constants, find: first, replace: `${first}\nexport const CONDITION_SPARE: u32 = ${value};` },
    {
      path: generated,
      find: readFileSync(join(repositoryRoot, generated), 'utf8'),
      replace: guestConditions({ ...conditionTable, values }),
    },
  ];

  test('is measured by its function', async () => {
    const declared = 'export function measureHot(';
    const code: SourceChange = {
      path: 'firmware/protect/conditions.ts',
      find: declared,
      replace: `export function measureSpare(_subject: u32): u32 {\n  return 1;\n}\n\n${declared}`,
    };
    const { bits, number, last } = await tripsWith(value, [...inTable, code]);
    expect([bits[15], bits[29], last]).toEqual([0, 1, number]);
  });

  test('without its function is refused by the compiler, which names it', async () => {
    const compiled = compileGuest('firmware/protect/protect.entry.ts', { changes: inTable });
    await expect(compiled).rejects.toThrow(/measureSpare/);
  });
});

describe('what would need code as well is refused by the compiler, in words', () => {
  test('a fourth heater needs the thermometer that watches it', async () => {
    const changes = [counted('HEATER_COUNT', Heater.COUNT)];
    await expect(compileGuest('firmware/drive/heaters.ts', { changes })).rejects.toThrow(
      /a heater has no thermometer that watches it/,
    );
  });

  test('a seventh channel needs what its plate can move by, and room in the heartbeat', async () => {
    const changes = [counted('CHANNEL_COUNT', Channel.COUNT)];
    await expect(compileGuest('firmware/sense/thermometry.ts', { changes })).rejects.toThrow(
      /a channel has no limit for what its plate can move by/,
    );
  });
});
