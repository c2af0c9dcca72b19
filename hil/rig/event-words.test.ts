// A log is told in words: every record says what its numbers are.

import { expect, test } from 'vitest';
import { LogKind } from '../../host/board/log.ts';
import { BootDecision } from '../../protocol/image/boot-state.ts';
import { RejectReason } from '../../protocol/image/reasons.ts';
import { Fuse, MemoryMap } from '../../protocol/memory-map.ts';
import { EventKind } from '../../protocol/telemetry/events.ts';
import { eventLines } from './event-log.ts';
import { recordWords } from './event-words.ts';

const words = (kind: number, a: number, b: number) => recordWords({ kind, a, b });
const recorder = (kind: number, first: number, second: number) =>
  recordWords({ kind: LogKind.RECORDER, a: (second << 16) | kind, b: first, argument1: second >>> 0 });

test.each<[string, string]>([
  [recorder(EventKind.BOOT_VERIFY, 1, RejectReason.HASH_MISMATCH), 'BOOT_VERIFY: slot B, HASH_MISMATCH'],
  [recorder(EventKind.BOOT_VERIFY, 0, 0), 'BOOT_VERIFY: slot A, good'],
  [recorder(EventKind.BOOT_DECISION, BootDecision.REVERTED, 0), 'BOOT_DECISION: REVERTED, slot A'],
  [recorder(EventKind.BOOT_HANDOVER, 1, 0x0102_0304), 'BOOT_HANDOVER: slot B, version 1.2.772'],
  [recorder(EventKind.UPLOAD_START, 1, 200_930), 'UPLOAD_START: slot B, bytes 200930'],
  [recorder(EventKind.SENSOR_BACK, 1, 3_075_900), 'SENSOR_BACK: channel 1, microkelvin 3075900'],
  [recorder(EventKind.KEYS_REVOKED, 4, 1), 'KEYS_REVOKED: which 4, slot B'],
  [recorder(EventKind.SEQUENCER_DEADLOCK, 1, 6), 'SEQUENCER_DEADLOCK: those in wait_sync 1, those they wait for 6'],
  [
    recorder(EventKind.PHASES_CORRECTED, 0xffff_fffe, 3),
    'PHASES_CORRECTED: parts in 10^9 that it is fast -2, sequencers that run 3',
  ],
  [recorder(EventKind.READOUT_LOST, 0, 0xffff_ff38), 'READOUT_LOST: channel 0, SNR in hundredths of a decibel -200'],
  [recorder(EventKind.SLOT_ERASED, 1, 0), 'SLOT_ERASED: slot B'],
  [recorder(999, 1, 2), 'event of kind 999, arguments 1 and 2'],
  [words(LogKind.FLASH_TORN, (4 << 24) | MemoryMap.SLOT_B, 0), 'flash torn: start of slot B, left as RANDOM_BITS'],
  [words(LogKind.FLASH_DONE, MemoryMap.SLOT_A + 0x1200, 7), 'flash done: slot A + 0x1200'],
  [words(LogKind.FLASH_DONE, MemoryMap.SLOT_B - MemoryMap.SECTOR_SIZE, 7), 'flash done: trailer of slot A'],
  [words(LogKind.FLASH_DONE, MemoryMap.BOOT_STATE_1 + 256, 7), 'flash done: boot state, sector 1, record 2'],
  [words(LogKind.FUSE, Fuse.SECURITY_COUNTER + 1, 5), 'fuse: security counter, word 1 now bits 0, 2'],
  [words(LogKind.FUSE_START, Fuse.KEY_REVOKED, 1), 'fuse start: burn revoked keys, bit 0'],
  [words(LogKind.POWER_ON, 0, 0), 'power on'],
])('%s', (told, wanted) => expect(told).toBe(wanted));

test('every kind of recorder event tells its fields by name', () => {
  for (const [name, kind] of Object.entries(EventKind)) {
    const text = recorder(kind, 0, 0);
    expect(text, name).toMatch(new RegExp(`^${name}: \\w+`));
    expect(text, name).not.toMatch(/: \d|, \d/);
  }
});

test('an image is named where whoever tells the story knows it', () => {
  const record = { timeNs: 5, kind: LogKind.HANDOVER, a: MemoryMap.SLOT_B + 32, b: 99 };
  expect(eventLines([record], (slot) => (slot === 1 ? 'v2' : undefined))).toEqual([
    '0.000005 ms handover: slot B, image v2',
  ]);
  expect(eventLines([record])).toEqual(['0.000005 ms handover: slot B, image of 99 bytes']);
});
