// A log is told in words: every record says what its numbers are.

import { expect, test } from 'vitest';
import { LogKind } from '../../host/board/log.ts';
import { BootDecision } from '../../protocol/image/boot-state.ts';
import { RejectReason } from '../../protocol/image/reasons.ts';
import { Fuse, MemoryMap } from '../../protocol/memory-map.ts';
import { EventKind } from '../../protocol/telemetry/events.ts';
import { eventLines } from './event-log.ts';
import { recordWords } from './event-words.ts';

const recorder = (kind: number, first: number, second: number) =>
  recordWords(LogKind.RECORDER, (second << 16) | kind, first);

test.each<[string, string]>([
  [recorder(EventKind.BOOT_VERIFY, 1, RejectReason.HASH_MISMATCH), 'BOOT_VERIFY: slot B, HASH_MISMATCH'],
  [recorder(EventKind.BOOT_VERIFY, 0, 0), 'BOOT_VERIFY: slot A, good'],
  [recorder(EventKind.BOOT_DECISION, BootDecision.REVERTED, 0), 'BOOT_DECISION: REVERTED, slot A'],
  [recorder(EventKind.BOOT_HANDOVER, 1, 0), 'BOOT_HANDOVER: slot B'],
  [recorder(EventKind.SLOT_ERASED, 1, 0), 'SLOT_ERASED: slot B'],
  [recorder(999, 1, 2), 'event of kind 999, arguments 1 and 2'],
  [
    recordWords(LogKind.FLASH_TORN, (4 << 24) | MemoryMap.SLOT_B, 0),
    'flash torn: start of slot B, left as RANDOM_BITS',
  ],
  [recordWords(LogKind.FLASH_DONE, MemoryMap.SLOT_A + 0x1200, 7), 'flash done: slot A + 0x1200'],
  [recordWords(LogKind.FLASH_DONE, MemoryMap.SLOT_B - MemoryMap.SECTOR_SIZE, 7), 'flash done: trailer of slot A'],
  [recordWords(LogKind.FLASH_DONE, MemoryMap.BOOT_STATE_1 + 256, 7), 'flash done: boot state, sector 1, record 2'],
  [recordWords(LogKind.FUSE, Fuse.SECURITY_COUNTER + 1, 5), 'fuse: security counter, word 1 now bits 0, 2'],
  [recordWords(LogKind.FUSE_START, Fuse.KEY_REVOKED, 1), 'fuse start: burn revoked keys, bit 0'],
  [recordWords(LogKind.POWER_ON, 0, 0), 'power on'],
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
