import { beforeEach, describe, expect, test } from 'vitest';
import { decoder, encoder, GuestBench, message, milliseconds, read, write } from '../../hil/rig/guest/smp-bench.ts';
import { ConsoleDecoder, encodeConsole } from '../../host/tools/smp/console-framing.ts';
import { Fuse } from '../../protocol/memory-map.ts';
import { ACCESS_REASON, AccessCommand, AccessError } from '../../protocol/smp/access.ts';
import { OsCommand, SmpGroup, StatCommand } from '../../protocol/smp/smp.ts';
import { EventKind } from '../../protocol/telemetry/events.ts';

const refused = { rc: 11, rsn: ACCESS_REASON };
let bench: GuestBench;

beforeEach(async () => {
  bench = new GuestBench('firmware/report/access.entry.ts');
  await bench.boot(0);
});

const request = (operation: number, group: number, command: number, body: object) =>
  message(operation, group, command, encoder.encode(body));

/** Bodies of the answers to messages in one console packet. */
function typed(...requests: Uint8Array[]): unknown[] {
  bench.board.uarts[1].receive(encodeConsole(Buffer.concat(requests)));
  bench.board.run(100 * milliseconds);
  return new ConsoleDecoder().push(bench.board.take(1)).map((answer) => decoder.decode(answer.subarray(8)));
}

const consoleSays = (operation: number, group: number, command: number, body = {}) =>
  typed(request(operation, group, command, body))[0];
const resetAsked = () => consoleSays(write, SmpGroup.OS, OsCommand.RESET);
const gatewayLock = (body: object) => bench.ask(write, AccessCommand.LOCK, body, { group: SmpGroup.ACCESS });
const stateOf = () => bench.ask(read, AccessCommand.LOCK, {}, { group: SmpGroup.ACCESS });
const events = (kind: number) =>
  bench.board.recorder.events().flatMap((each) => (each.kind === kind ? [[each.argument0, each.argument1]] : []));
const word = () => bench.board.fuses.cells[Fuse.ACCESS];

describe('a controller that is not locked', () => {
  test('takes everything from the console but the lock itself', () => {
    expect(resetAsked()).toEqual({});
    expect(consoleSays(read, SmpGroup.ACCESS, AccessCommand.LOCK)).toEqual({ locked: false, line: 1, left: 16 });
    expect(consoleSays(write, SmpGroup.ACCESS, AccessCommand.LOCK, { locked: true })).toEqual(refused);
    expect(word()).toBe(0);
  });

  test('is locked by a body that says so, and by no other', () => {
    for (const body of [{}, { locked: 1 }, { locked: 'true' }, { locked: null }])
      expect(gatewayLock(body)).toEqual({ rc: 3 });
    expect(gatewayLock({ locked: false })).toEqual({ locked: false, line: 0, left: 16 });
    expect([word(), events(EventKind.ACCESS_CHANGED)]).toEqual([0, []]);
  });
});

describe('a controller that is locked', () => {
  beforeEach(() => {
    expect(gatewayLock({ locked: true })).toEqual({ locked: true, line: 0, left: 15 });
  });

  test('lets the console read and echo, and refuses the rest before it begins', () => {
    expect(consoleSays(write, SmpGroup.OS, OsCommand.ECHO, { d: 'hi' })).toEqual({ r: 'hi' });
    expect(consoleSays(read, SmpGroup.STAT, StatCommand.LIST)).toEqual({ stat_list: [] });
    expect(consoleSays(read, SmpGroup.ACCESS, AccessCommand.LOCK)).toEqual({ locked: true, line: 1, left: 15 });
    expect(resetAsked()).toEqual(refused);
    expect(consoleSays(write, SmpGroup.ACCESS, AccessCommand.LOCK, { locked: false })).toEqual(refused);
    expect((bench.guest.resetDeadlineNs as () => bigint)()).toBe(-1n);
    expect(events(EventKind.RESET_REQUESTED)).toEqual([]);
  });

  test('answers what there is not as ever, and refuses a write of what may be there one day', () => {
    expect(consoleSays(read, 999, 0)).toEqual({ rc: 8 });
    expect(consoleSays(write, 999, 0)).toEqual({ rc: 8 });
    expect(consoleSays(write, SmpGroup.STAT, 77)).toEqual(refused);
  });

  test('looks at each request of a packet, and at none behind one that was refused', () => {
    const echo = (d: string) => request(write, SmpGroup.OS, OsCommand.ECHO, { d });
    const reset = request(write, SmpGroup.OS, OsCommand.RESET, {});
    expect(typed(echo('a'), reset, echo('b'))).toEqual([{ r: 'a' }, refused]);
  });

  test('takes everything from the gateway', () => {
    expect(bench.ask(write, OsCommand.RESET, {}, { group: SmpGroup.OS })).toEqual({});
  });

  test('tells which request it refused on which line, and of a flood the number', () => {
    for (let turn = 0; turn < 5; turn++) resetAsked();
    const said = 2 | (OsCommand.RESET << 8) | (SmpGroup.OS << 16);
    expect(events(EventKind.REQUEST_REFUSED)).toEqual([[1 | (1 << 8), said]]);
    bench.board.run(10_000 * milliseconds);
    consoleSays(write, SmpGroup.STAT, 3);
    expect(events(EventKind.REQUEST_REFUSED)[1]).toEqual([1 | (5 << 8), 2 | (3 << 8) | (SmpGroup.STAT << 16)]);
  });

  test('is unlocked by the gateway, and locked again, as often as it has fuses', () => {
    for (let left = 15; left >= 0; left--) {
      expect(gatewayLock({ locked: true })).toEqual({ locked: true, line: 0, left });
      expect(gatewayLock({ locked: false })).toEqual({ locked: false, line: 0, left });
    }
    expect(gatewayLock({ locked: true })).toEqual({ err: { group: SmpGroup.ACCESS, rc: AccessError.NO_FUSE } });
    expect(resetAsked()).toEqual({});
    expect(events(EventKind.ACCESS_CHANGED).slice(-2)).toEqual([
      [1, 0],
      [0, 0],
    ]);
  });
});

describe('a fuse that a cut left half-burnt', () => {
  /** Reads as one or zero at random until it is burnt again. */
  const weaken = (bits: number) => {
    bench.board.fuses.weak[Fuse.ACCESS] = bits;
  };

  test('locks, and the repeated request completes it', () => {
    weaken(1);
    for (let turn = 0; turn < 50; turn++) expect(stateOf()).toEqual({ locked: true, line: 0, left: 15 });
    expect(resetAsked()).toEqual(refused);
    expect(gatewayLock({ locked: true })).toEqual({ locked: true, line: 0, left: 15 });
    expect([word(), bench.board.fuses.weak[Fuse.ACCESS]]).toEqual([1, 0]);
  });

  test('does not unlock, and the repeated request completes it', () => {
    gatewayLock({ locked: true });
    weaken(1 << 16);
    for (let turn = 0; turn < 50; turn++) expect(stateOf()).toEqual({ locked: true, line: 0, left: 15 });
    expect(gatewayLock({ locked: false })).toEqual({ locked: false, line: 0, left: 15 });
    expect([word(), bench.board.fuses.weak[Fuse.ACCESS]]).toEqual([0x1_0001, 0]);
    expect(resetAsked()).toEqual({});
  });
});
