import { describe, expect, it } from 'vitest';
import { LogKind } from '../../host/board/log.ts';
import { EventKind } from '../../protocol/telemetry/events.ts';
import { LiveLog } from './live-log.ts';
import type { LogLine } from './log-line.ts';

/** A log on a board that records what it is told to. */
function watching() {
  const lines: LogLine[] = [];
  let wallMs = 0;
  const fault = { cause: 15, address: 0, cycle: 99, functionName: 'spin', count: 1 };
  const board = {
    fault,
    haltReason: 'no bootloader',
    faultDetail: '',
  };
  const log = new LiveLog(
    board,
    (line) => lines.push(line),
    () => wallMs,
  );
  return {
    texts: () => lines.splice(0).map(({ text }) => text),
    runbooks: () => lines.splice(0).map(({ runbook }) => runbook),
    wait: (ms: number) => {
      wallMs += ms;
    },
    happens: (kind: number, a = 0) => log.record({ timeNs: 0, kind, a, b: 0 }),
    records: (kind: number, argument0: number, argument1: number) => {
      log.record({ timeNs: 0, kind: LogKind.RECORDER, a: (kind | (argument1 << 16)) >>> 0, b: argument0, argument1 });
    },
  };
}

describe('the live log', () => {
  it('tells a boot in words', () => {
    const board = watching();
    board.happens(LogKind.RESET, 1);
    board.records(EventKind.BOOT_VERIFY, 0, 0);
    board.records(EventKind.BOOT_DECISION, 1, 0);
    board.records(EventKind.BOOT_HANDOVER, 0, 0x0102_0003);
    expect(board.texts()).toEqual([
      'reset: power-on',
      'bootloader: boots the confirmed image',
      'firmware 1.2.3 starts from slot A',
    ]);
  });

  it('says which image was refused and why, but not that an empty slot is empty', () => {
    const board = watching();
    board.records(EventKind.BOOT_VERIFY, 1, 1);
    board.records(EventKind.BOOT_VERIFY, 1, 18);
    board.records(EventKind.BOOT_REJECT, 1, 33);
    expect(board.texts()).toEqual([
      'slot B refused: the signature does not verify',
      'image in slot B rejected: a trial that the watchdog reset',
    ]);
  });

  it('names the page about an alarm, and none for what is as it should be', () => {
    const board = watching();
    board.happens(LogKind.RESET, 1);
    board.happens(LogKind.RESET, 7);
    board.happens(LogKind.FAULT);
    board.records(EventKind.BOOT_REJECT, 1, 38);
    board.records(EventKind.INTERLOCK_TRIPPED, 3, 4_400_000);
    board.records(EventKind.HEARTBEAT, 1, 1 << 11);
    board.records(EventKind.SIGNAL_BACK, 0, 0);
    expect(board.runbooks()).toEqual([
      ...[undefined, 'brown-out', 'watchdog', 'power-budget', 'stage-warm', 'clock', undefined],
    ]);
  });

  it('says of an upload whether its SHA-256 matched, or that there was none to match', () => {
    const board = watching();
    for (const verdict of [1, 0, 2]) board.records(EventKind.UPLOAD_DONE, 1, verdict);
    expect(board.texts()).toEqual([
      'upload into slot B complete',
      'upload into slot B complete, but its SHA-256 does not match',
      'upload into slot B complete; the client gave no SHA-256 to compare',
    ]);
  });

  it('says in words what the budget does about the load', () => {
    const board = watching();
    for (const step of [1, 3, 4, 0]) board.records(EventKind.LOAD_SHED, step, 12_000);
    expect(board.texts()).toEqual([
      'estimated power 12.0 mW: load is shed: sequencers play half of the time',
      'estimated power 12.0 mW: load is shed: waveform outputs are muted',
      'estimated power 12.0 mW: above the budget although all loads that can be shed are off',
      'estimated power 12.0 mW: below the budget, all loads are on again',
    ]);
  });

  it('names the function that faulted', () => {
    const board = watching();
    board.happens(LogKind.FAULT, 15);
    expect(board.texts()).toEqual(['fault: the watchdog ran out while the core was busy in spin, cycle 99']);
  });

  it('shows a heartbeat after a boot, then once in ten seconds', () => {
    const board = watching();
    for (let second = 1; second <= 25; second++) {
      board.records(EventKind.HEARTBEAT, second, 0);
      board.wait(1000);
    }
    expect(board.texts()).toEqual(['heartbeat 1: healthy', 'heartbeat 11: healthy', 'heartbeat 21: healthy']);
    board.happens(LogKind.RESET, 4);
    board.records(EventKind.HEARTBEAT, 1, 0);
    expect(board.texts()).toEqual(['reset: watchdog', 'heartbeat 1: healthy']);
  });

  it('shows the beat of safe mode after a boot, then once in ten seconds', () => {
    const board = watching();
    for (let second = 1; second <= 25; second++) {
      board.records(EventKind.SAFE_MODE_BEAT, second, 6);
      board.wait(1000);
    }
    board.happens(LogKind.RESET, 4);
    board.records(EventKind.SAFE_MODE_BEAT, 1, 6);
    const numbers = board.texts().flatMap((text) => /^heartbeat (\d+): /.exec(text)?.[1] ?? []);
    expect(numbers).toEqual(['1', '11', '21', '1']);
  });

  it('shows at once when the health changes', () => {
    const board = watching();
    board.records(EventKind.HEARTBEAT, 1, 0);
    board.records(EventKind.HEARTBEAT, 2, 32);
    board.records(EventKind.HEARTBEAT, 3, 32);
    expect(board.texts()).toEqual(['heartbeat 1: healthy', 'heartbeat 2: not healthy: a self-test failed']);
  });

  it('does not repeat that a task is in trouble', () => {
    const board = watching();
    for (let run = 0; run < 100; run++) board.records(EventKind.DEADLINE_MISSED, 3, 800_000);
    board.records(EventKind.DEADLINE_MISSED, 2, 1000);
    expect(board.texts()).toEqual([
      'task interlock ended 800 ms past its deadline',
      'task clock ended 1.00 ms past its deadline',
    ]);
  });

  it('is silent about the machinery', () => {
    const board = watching();
    for (const kind of [LogKind.RUN, LogKind.EVENT, LogKind.INPUT, LogKind.OUTPUT, LogKind.FLASH_START])
      board.happens(kind);
    expect(board.texts()).toEqual([]);
  });

  it('has a line for every kind of event a guest records, but for the start of the bootloader, which a reset tells', () => {
    const board = watching();
    for (const [name, kind] of Object.entries(EventKind)) {
      board.records(kind, 0, 5);
      const without = `${name} has no line: add a row to cli/run/cryo-lines.ts or cli/run/lines.ts, where the others are`;
      expect(board.texts().length, without).toBe(name === 'BOOT_START' ? 0 : 1);
    }
  });
});
