import { expect, test } from 'vitest';
import { LogKind, type LogRecord } from '../../host/board/log.ts';
import { EventKind } from '../../protocol/telemetry/events.ts';
import { lastLines } from './event-log.ts';

const recorded = (timeNs: number, event: number, argument0: number, argument1 = 0): LogRecord => ({
  ...{ timeNs, kind: LogKind.RECORDER, a: event | (argument1 << 16), b: argument0 },
});
const beat = (second: number, health = 0) => recorded(second * 1e9, EventKind.HEARTBEAT, second, health);

test('heartbeats in a row with the same health are one line, so that what happened before them is seen', () => {
  const lost = recorded(5.5e9, EventKind.SENSOR_LOST, 1, 2);
  const lines = lastLines([...[1, 2, 3, 4, 5].map((at) => beat(at)), lost, beat(6, 8), beat(7, 8), beat(8)], 4);
  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatch(/^1000\.000000 ms 5 heartbeats, the last: HEARTBEAT: sequence number 5, health word 0$/);
  expect(lines[1]).toMatch(/^5500\.000000 ms SENSOR_LOST/);
  expect(lines[2]).toMatch(/^6000\.000000 ms 2 heartbeats, the last: .*sequence number 7, health word 8$/);
  expect(lines[3]).toMatch(/^8000\.000000 ms HEARTBEAT: sequence number 8/);
});
