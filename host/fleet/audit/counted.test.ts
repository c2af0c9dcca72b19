// Strangers who come again and again are on record, and cannot make the log grow.

import { describe, expect, test } from 'vitest';
import { VirtualTime } from '../../telemetry/testing/virtual-time.ts';
import { CountedRecord, minuteMs, sourcesMost } from './counted.ts';
import type { AuditEvent } from './event.ts';

function counting() {
  const time = new VirtualTime();
  const entries: AuditEvent[] = [];
  const record = new CountedRecord({ record: async (event) => entries.push(event) }, time);
  const come = (source: string, reason = 'its token is another') =>
    record.note(source, {
      ...{ time: '2026-11-30T03:00:00Z', who: { kind: 'stranger', name: source }, verb: 'enter' },
      ...{ what: { kind: 'device', name: 'rig-1' }, decision: 'refused', reason },
    });
  return { time, entries, record, come, reasons: () => entries.map(({ reason }) => reason) };
}

describe('refusals of strangers', () => {
  test('the first is on record at once, those of the minute behind it in one entry, with the last of them', async () => {
    const { time, come, record, reasons } = counting();
    await come('10.0.0.9');
    expect(reasons()).toEqual(['its token is another']);
    for (let times = 0; times < 40; times++) await come('10.0.0.9', `try ${times}`);
    await record.write();
    expect(reasons()).toHaveLength(1);
    await time.pass(minuteMs);
    await record.write();
    expect(reasons().slice(1)).toEqual(['40 times more within 60 s, the last: try 39']);
  });

  test('nothing is said of the last one where it has no reason, as somebody who looks has none', async () => {
    const { time, come, record, reasons } = counting();
    for (let times = 0; times < 3; times++) await come('10.0.0.9', '');
    await time.pass(minuteMs);
    await record.write();
    expect(reasons().slice(1)).toEqual(['2 times more within 60 s']);
  });

  test('a source has one entry a minute, however often it comes, and the first again after a minute of rest', async () => {
    const { time, come, record, entries } = counting();
    for (let second = 0; second < 600; second++) {
      for (let times = 0; times < 10; times++) await come('10.0.0.9');
      await time.pass(1_000);
      await record.write();
    }
    expect(entries).toHaveLength(11);
    for (let second = 0; second < 130; second++) {
      await time.pass(1_000);
      await record.write();
    }
    await come('10.0.0.9');
    expect(entries.at(-1)?.reason).toBe('its token is another');
  });

  test('any number of sources has as many entries a minute as the bound says', async () => {
    const { time, come, record, entries } = counting();
    for (let source = 0; source < 5_000; source++) await come(`10.0.${source >> 8}.${source & 255}`);
    expect(entries).toHaveLength(sourcesMost + 1);
    await time.pass(minuteMs);
    await record.write();
    expect(entries).toHaveLength(sourcesMost + 2);
    expect(entries.at(-1)).toMatchObject({
      who: { kind: 'stranger', name: 'other sources' },
      reason: `${5_000 - sourcesMost - 1} times more within 60 s, the last: its token is another`,
    });
  });

  test('what was counted is written before an end', async () => {
    const { come, record, reasons } = counting();
    for (let times = 0; times < 2; times++) await come('10.0.0.9');
    await record.write(true);
    expect(reasons()).toEqual(['its token is another', 'once more within 0 s, the last: its token is another']);
  });
});
