// The boot-state journal under power cuts: inside a record, inside the erase of a sector, and over many records.

import { beforeAll, describe, expect, test } from 'vitest';
import { tearPatterns } from '../../../host/board/devices/tear.ts';
import { LogKind } from '../../../host/board/log.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { image, ObedientDevice } from './obedient.ts';

const microseconds = 1_000;
const recordNs = 200 * microseconds;
const eraseNs = 45_000 * microseconds;
const recordsPerSector = 32;

let confirmed: ObedientDevice;
let onTrial: ObedientDevice;

beforeAll(async () => {
  confirmed = await ObedientDevice.make({ slots: { A: await image('1.0.0') } });
  confirmed.powerOn();
  confirmed.programmer.place('B', await image('2.0.0'));
  onTrial = confirmed.fork();
  onTrial.tell('p');
  onTrial.tellAndReboot('r');
});

/** Forgets and marks slot B in turn until there are this many records. */
function fill(bench: ObedientDevice, records: number): void {
  for (let turn = 0; bench.recordCount < records; turn++) {
    if (turn > 2 * records) throw new Error(`the journal never had ${records} records`);
    expect(bench.tell(turn % 2 === 0 ? 'p' : 'f')).toBe('+');
  }
}

/** Tells the firmware a letter and cuts the power this long after the record's first program or erase began. */
function tellAndCut(bench: ObedientDevice, letter: string, afterNs: number, tear: string): void {
  const { board } = bench;
  let began: number | undefined;
  board.onLog = ({ kind, timeNs }) => {
    if (kind === LogKind.FLASH_START) began ??= timeNs;
  };
  board.flash.chooseTear(tear);
  board.send(1, Buffer.from(letter));
  while (began === undefined) board.runUntil(Math.max(board.nextEventTime, board.now + microseconds));
  board.runUntil(began + afterNs);
  board.cutPower();
  bench.board.flash.chooseTear(undefined);
}

describe('a power cut inside a record', () => {
  const patterns = tearPatterns.filter(({ program }) => program).map(({ name }) => name);
  test.each(patterns)('torn as %s leaves the trial unconfirmed or confirmed, and it boots', (pattern) => {
    const seen = new Set<string>();
    const bench = onTrial.fork();
    const trial = bench.snapshot();
    for (let after = 0; after < recordNs + 40 * microseconds; after += 6_250) {
      bench.restore(trial);
      tellAndCut(bench, 'c', after, pattern);
      const { decision, slot } = bench.powerOn();
      expect(slot).toBe('B');
      seen.add(`${decision}`);
      expect(bench.tell('c')).toBe('+');
      expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot: 'B' });
    }
    expect([...seen].sort()).toEqual(['CONFIRMED', 'TRIAL_AGAIN']);
  });
});

test('a power cut at any bus access of a first trial boot leaves an image that boots, the update or its predecessor', () => {
  const bench = confirmed.fork();
  bench.tell('p');
  bench.board.cutPower();
  const pending = bench.snapshot();
  const outcomes = new Set<string>();
  for (let access = 1; ; access++) {
    bench.restore(pending);
    bench.board.cutPowerAtAccess(access);
    bench.board.powerOn();
    while (bench.board.state === 'bootloader') bench.board.runFor(microseconds * 100);
    if (bench.board.state !== 'off') break;
    outcomes.add(`${bench.powerOn().decision}`);
  }
  expect([...outcomes].sort()).toEqual(['TRIAL_AGAIN', 'TRIAL_FIRST']);
});

describe('the change of sectors', () => {
  test('happens every 32 records, and the last state holds', () => {
    const bench = confirmed.fork();
    for (let change = 0; change < 100; change++) {
      expect(bench.tell(change % 2 === 0 ? 'p' : 'f')).toBe('+');
      expect(bench.slotStates.B).toBe(change % 2 === 0 ? 'PENDING' : 'UNMARKED');
    }
    expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot: 'A' });
  });

  test.each(tearPatterns.map(({ name }) => name))(
    'cut inside its erase, torn as %s, keeps the old state',
    (pattern) => {
      const bench = confirmed.fork();
      fill(bench, 2 * recordsPerSector);
      const before = bench.slotStates;
      const full = bench.snapshot();
      const letter = before.B === 'PENDING' ? 'f' : 'p';
      for (let step = 0; step <= 4; step++) {
        bench.restore(full);
        tellAndCut(bench, letter, Math.round((eraseNs * step) / 4) - (step === 4 ? 30 * microseconds : 0), pattern);
        expect(bench.slotStates).toEqual(before);
        expect(bench.powerOn().slot).toBe(before.B === 'PENDING' ? 'B' : 'A');
      }
    },
  );
});

describe('a journal without a valid record', () => {
  test('is started anew', async () => {
    const bench = await ObedientDevice.make({ slots: { A: await image('1.0.0') } });
    bench.programmer.write(MemoryMap.BOOT_STATE_0, new Uint8Array(2 * MemoryMap.SECTOR_SIZE).fill(0x5a));
    // Nobody remembers that anything was confirmed: what verifies is tried, and confirms itself once it is healthy.
    expect(bench.powerOn()).toMatchObject({ decision: 'RESCUE', slot: 'A' });
    expect(bench.tell('w')).toBe('+');
    expect(bench.powerCycle()).toMatchObject({ decision: 'CONFIRMED', slot: 'A' });
  });

  test('but with older valid records is read from the newest valid one', () => {
    const bench = onTrial.fork();
    const records = bench.recordCount;
    const newest = MemoryMap.BOOT_STATE_0 + (records - 1) * 128;
    bench.programmer.flipBit(newest + 9, 0);
    expect(bench.slotStates.B).toBe('PENDING');
    expect(bench.powerCycle()).toMatchObject({ decision: 'TRIAL_FIRST', slot: 'B' });
  });
});
