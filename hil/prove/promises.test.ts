// The judge of the promises: what it accepts and what it finds, as a table of two moments and what happened in between.

import { expect, test } from 'vitest';
import { LogKind, type LogRecord } from '../../host/board/log.ts';
import { RESET } from '../../protocol/generated/registers.ts';
import { BootDecision, BootPolicy, SlotState } from '../../protocol/image/boot-state.ts';
import { RejectReason } from '../../protocol/image/reasons.ts';
import { MemoryMap } from '../../protocol/memory-map.ts';
import { EventKind } from '../../protocol/telemetry/events.ts';
import type { Known, KnownImage, KnownSlot } from './device/known.ts';
import { freshRow, type Happening, judgePromises, rowAfter } from './promises.ts';

const { CONFIRMED, PENDING, REJECTED, TRIAL, UNMARKED } = SlotState;
const causes = RESET.registers.CAUSE.fields.CAUSE.values;
const turn = BootPolicy.RESETS_IN_A_ROW_MAX;

function image(name: string, version: number, more: Partial<KnownImage> = {}): KnownImage {
  const hash = new Uint8Array(32).fill(version);
  return { name, hash, version, securityCounter: 1, revokes: 0, isAllowed: true, ...more };
}
const v1 = image('v1', 1);
const v2 = image('v2', 2);
const counted = image('counted', 3, { securityCounter: 9, revokes: 1 });

function slot(held: KnownImage | undefined, state: number, more: Partial<KnownSlot> = {}): KnownSlot {
  const earned = more.earned ?? state === CONFIRMED;
  const hash = held?.hash ?? new Uint8Array(32);
  const entry = {
    state,
    reason: more.reason ?? 0,
    bootsLeft: 0,
    version: 0,
    hash,
    earned,
    permanent: false,
    older: false,
  };
  return { image: held, state, reason: 0, earned, older: false, entry, ...more };
}

function known(a: KnownSlot, b: KnownSlot, more: Partial<Known> = {}): Known {
  const base = { confirmedLast: 0, running: 0, securityCounter: 1, revokedKeys: 0, isFirm: true };
  return { slots: [a, b], ...base, ...more };
}

const row = { ...freshRow, failed: 0 };
const found = (before: Known, after: Known, happening: Partial<Happening>) =>
  judgePromises(before, after, { runs: undefined, row, ...happening }).map(({ invariant }) => invariant);

const a1 = slot(v1, CONFIRMED);
const empty = slot(undefined, UNMARKED);
const both = known(a1, slot(v2, CONFIRMED), { confirmedLast: 1, running: 1 });
/** Slot B was confirmed last, and has a reason kept against it. */
const refused = (reason: number, held: KnownImage | undefined) =>
  known(a1, { ...slot(v2, CONFIRMED, { reason }), image: held }, { confirmedLast: 1 });
const looped = refused(RejectReason.LOOPING, v2);
const onTrial = known(a1, slot(v2, TRIAL), { running: 1 });

test.each<[string, Known, Known, Partial<Happening>, string[]]>([
  ['the one confirmed last runs', both, both, { runs: 1 }, []],
  ['the other confirmed one runs', both, both, { runs: 0 }, ['kept', 'told']],
  ['the other one runs, for the last is broken', both, refused(RejectReason.HASH_MISMATCH, undefined), { runs: 0 }, []],
  [
    'the other one runs, for the last is kept out',
    both,
    refused(RejectReason.KEY_REVOKED, { ...v2, isAllowed: false }),
    { runs: 0 },
    [],
  ],
  ['the other one runs, for the last looped', both, looped, { runs: 0, row: { ...row, failed: 2 } }, []],
  ['the other one runs, for a reason is kept against the last', looped, looped, { runs: 0 }, []],
  [
    'a trial that ran out of time is no reason against the last',
    refused(RejectReason.TRIAL_TIMEOUT, v2),
    refused(RejectReason.TRIAL_TIMEOUT, v2),
    { runs: 0 },
    ['kept'],
  ],
  ['an image whose trial was requested is tried', known(a1, slot(v2, PENDING)), onTrial, { runs: 1 }, []],
  ['an image is tried without a request', known(a1, slot(v2, UNMARKED)), onTrial, { runs: 1 }, ['kept']],
  [
    'an older one is tried that was requested in firmware',
    known(slot(v2, CONFIRMED), slot(v1, PENDING)),
    known(slot(v2, CONFIRMED), slot(v1, TRIAL)),
    { runs: 1 },
    ['kept'],
  ],
  [
    'an older one is tried that a person requested in safe mode',
    known(slot(v2, CONFIRMED), slot(v1, PENDING, { older: true })),
    known(slot(v2, CONFIRMED), slot(v1, TRIAL)),
    { runs: 1 },
    [],
  ],
  ['a trial that was reset goes on', onTrial, onTrial, { runs: 1, endsTrial: true }, ['reverted']],
  ['a trial that lost power goes on', onTrial, onTrial, { runs: 1 }, []],
  ['an answered confirm is written', onTrial, both, { confirms: { slot: 1, answered: true } }, []],
  ['an answered confirm is not written', onTrial, onTrial, { confirms: { slot: 1, answered: true } }, ['kept']],
  ['a confirm that was cut is not written', onTrial, onTrial, { runs: 1, confirms: { slot: 1, answered: false } }, []],
  ['an image is confirmed by nobody', onTrial, both, { runs: 1 }, ['earned', 'kept']],
  ['a trial moves the counter', onTrial, known(a1, slot(counted, TRIAL), { securityCounter: 9 }), {}, ['earned']],
  [
    'a confirmed image moves counter and keys',
    known(a1, slot(counted, CONFIRMED)),
    known(a1, slot(counted, CONFIRMED), { securityCounter: 9, revokedKeys: 1 }),
    {},
    [],
  ],
  ['a key is revoked that no image names', both, { ...both, revokedKeys: 2 }, {}, ['earned']],
  ['safe mode, and nothing there', known(empty, empty), known(empty, empty), { runs: 'safe mode' }, []],
  ['safe mode, and a good image there', both, both, { runs: 'safe mode' }, ['rescued', 'rescued', 'told']],
  ['safe mode that was requested', both, both, { runs: 'safe mode', asksSafeMode: true }, []],
  [
    'safe mode after one of two had its turn',
    both,
    looped,
    { runs: 'safe mode', row: { count: 0, tried: 2, failed: 2 } },
    ['rescued'],
  ],
  ['safe mode after both had', both, looped, { runs: 'safe mode', row: { count: 0, tried: 3, failed: 3 } }, []],
  ['that an image was healthy once is forgotten', both, known(a1, slot(v2, UNMARKED)), {}, ['rescued']],
  [
    'it is forgotten for an upload over it',
    { ...both, running: 0 },
    known(a1, slot(v2, UNMARKED)),
    { rewrites: true },
    [],
  ],
  [
    'a trial was reset, and the reason is kept',
    onTrial,
    known(a1, slot(v2, REJECTED, { reason: RejectReason.UNCONFIRMED })),
    { runs: 0, endsTrial: true },
    [],
  ],
  [
    'a trial was reset, and no reason is kept',
    onTrial,
    known(a1, slot(v2, REJECTED)),
    { runs: 0, endsTrial: true },
    ['told', 'told'],
  ],
  [
    'a requested image is forgotten by a boot',
    known(a1, slot(v2, PENDING)),
    known(a1, slot(v2, UNMARKED)),
    { runs: 0 },
    ['told'],
  ],
  [
    'it is forgotten for an upload over it',
    known(a1, slot(v2, PENDING)),
    known(a1, slot(v2, UNMARKED)),
    { runs: 0, rewrites: true },
    [],
  ],
  [
    'a trial of an image that was confirmed once is rolled back, and no reason is kept',
    known(a1, slot(v2, TRIAL, { earned: true }), { running: 1 }),
    both,
    { runs: 0, endsTrial: true },
    ['told'],
  ],
  [
    'the one confirmed last was passed over, for it looped, and no reason is kept',
    both,
    both,
    { runs: 0, row: { ...row, failed: 2 } },
    ['told'],
  ],
  [
    'the one confirmed last is left for safe mode that was requested',
    both,
    both,
    { runs: 'safe mode', asksSafeMode: true },
    [],
  ],
  ['an unstable bit decides', { ...both, isFirm: false }, both, { runs: 0 }, []],
])('%s', (_name, before, after, happening, invariants) => {
  expect(found(before, after, happening)).toEqual(invariants);
});

const reset = (cause: number): LogRecord => ({ timeNs: 0, kind: LogKind.RESET, a: cause, b: 0 });
const boots = (of: number, decision: number): LogRecord[] => [
  { timeNs: 0, kind: LogKind.RECORDER, a: EventKind.BOOT_DECISION, b: decision },
  { timeNs: 0, kind: LogKind.HANDOVER, a: of === 0 ? MemoryMap.SLOT_A : MemoryMap.SLOT_B, b: 0 },
];
const hangs = (count: number) =>
  Array.from({ length: count }, () => [reset(causes.WATCHDOG), ...boots(1, BootDecision.CONFIRMED)]).flat();

test('resets in a row are counted from the log: eight end the turn of an image, power-on starts a new count, a trial has no count', () => {
  expect(rowAfter(freshRow, both, hangs(turn - 1))).toEqual({ count: turn - 1, tried: 0, failed: 0 });
  expect(rowAfter(freshRow, both, hangs(turn))).toEqual({ count: 0, tried: 2, failed: 2 });
  expect(rowAfter({ count: turn - 1, tried: 0 }, both, hangs(1))).toEqual({ count: 0, tried: 2, failed: 2 });
  expect(rowAfter(freshRow, both, [...hangs(turn), reset(causes.POWER_ON)])).toEqual({ count: 0, tried: 0, failed: 2 });
  expect(rowAfter({ count: 3, tried: 1 }, onTrial, hangs(1))).toEqual({ count: 0, tried: 1, failed: 1 });
});
