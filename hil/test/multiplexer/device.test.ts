// The multiplexer as a client meets it on a running device: 96 cells set up, a table uploaded over SMP, values that are held within
// their tolerance, a gate that closes, snapshots in between.

import { beforeAll, describe, expect, test } from 'vitest';
import { MULTIPLEXER, OUTPUTS } from '../../../protocol/generated/registers.ts';
import { Mux, MuxCell, MuxSetting } from '../../../protocol/multiplexer/module.ts';
import { MuxCommand, MuxError } from '../../../protocol/smp/multiplexer.ts';
import { Smp, SmpGroup } from '../../../protocol/smp/smp.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { millisecond, second } from '../../rig/time.ts';
import { tableBytes } from './table-bytes.ts';

const cellCount = 96;
const chunkBytes = 512;
/** Services of 10 us, 96 in 5 ms: fast enough for the drift just after the largest step, 18 mV/s at 100 uV. */
const cells = Array.from({ length: cellCount }, (_, cell) => ({
  ...{ cell, line: cell % 2, bank: Math.floor(cell / 16), service: 10 },
}));
const table = {
  ...{ slotNs: 1000, period: 5000, switch: 2, cells },
  lines: [0, 1].map((line) =>
    cells.filter((cell) => cell.line === line).map(({ cell }, index): [number, number] => [index * 100, cell]),
  ),
};

type Fields = Record<string, number>;

let device: DeviceUnderTest;

function ask(command: keyof typeof MuxCommand, body?: Record<string, unknown>, on = device): Fields {
  const operation = body === undefined || command === 'CELL' ? Smp.OP_READ : Smp.OP_WRITE;
  return on.request(operation, SmpGroup.MULTIPLEXER, MuxCommand[command], (body ?? {}) as never) as Fields;
}

function refusal(answer: Fields): string | undefined {
  const { err } = answer as unknown as { err?: { group: number; rc: number } };
  if (err === undefined) return undefined;
  expect(err.group).toBe(SmpGroup.MULTIPLEXER);
  return Object.keys(MuxError).find((name) => MuxError[name as keyof typeof MuxError] === err.rc);
}

function upload(bytes: Uint8Array): Fields {
  for (let off = 0; ; off += chunkBytes) {
    const answer = ask('UPLOAD', {
      off,
      data: bytes.subarray(off, off + chunkBytes),
      ...(off === 0 && { len: bytes.length }),
    });
    if (refusal(answer) !== undefined || answer.off === bytes.length) return answer;
  }
}

/** What a cell should hold, in uV. */
const microvoltsOf = (code: number) => code * Mux.CODE_MICROVOLTS;
const codeOf = (cell: number) => 1000 + cell * 150;

beforeAll(async () => {
  device = await DeviceUnderTest.running();
  device.run(second);
  for (const { cell } of cells) {
    expect(refusal(ask('CONFIGURE', { cell, setting: MuxSetting.USED, value: 1 }))).toBeUndefined();
    expect(refusal(ask('WRITE', { cell, code: codeOf(cell) }))).toBeUndefined();
  }
  expect(refusal(ask('RUN', { on: 1 }))).toBe('NO_TABLE');
  expect(refusal(upload(tableBytes(table)))).toBeUndefined();
  expect(refusal(ask('RUN', { on: 1 }))).toBeUndefined();
});

describe('ninety-six cells behind two lines', () => {
  test('hold their values within their tolerance', () => {
    const worst = cells.map(() => 0);
    for (let at = 0; at < 20; at++) {
      device.run(143 * millisecond);
      for (const { cell } of cells)
        worst[cell] = Math.max(worst[cell], Math.abs(ask('CELL', { cell }).uv - microvoltsOf(codeOf(cell))));
    }
    // Tolerance, and what kicks and the settling of the converter add.
    expect(Math.max(...worst)).toBeLessThan(100 + 60);
    expect(Math.max(...worst)).toBeGreaterThan(0);
    expect(ask('STATE')).toMatchObject({ run: 1, late: 0, invalid: 0, tables: 1, cells: 96, lines: 2, last: 0xffff });
  });

  test('are invalid and served anew when their gate was closed for too long, and that is told', () => {
    const before = ask('STATE').late;
    device.board.machine.poke(OUTPUTS, 'DISABLE', OUTPUTS.registers.DISABLE.fields.MULTIPLEXER.mask);
    expect(ask('STATE').run).toBe(0);
    device.run(second);
    const after = ask('STATE');
    expect(after.late).toBeGreaterThan(before);
    expect(after).toMatchObject({ run: 1, invalid: 0 });
    expect(device.events('CELL_LATE').length).toBeGreaterThan(0);
  });

  test('a snapshot goes on as the device does', () => {
    const snapshot = device.snapshot();
    const fork = device.fork();
    device.run(second);
    fork.run(second);
    const one = ask('STATE');
    expect(ask('STATE', undefined, fork)).toEqual(one);
    device.restore(snapshot);
    device.run(second);
    expect(ask('STATE')).toEqual(one);
    expect(ask('CELL', { cell: 17 })).toEqual(ask('CELL', { cell: 17 }, fork));
  });

  test('requests that make no sense are refused by name', () => {
    expect(refusal(ask('WRITE', { cell: 96, code: 1 }))).toBe('NO_CELL');
    expect(refusal(ask('WRITE', { cell: 1, code: 40_000 }))).toBe('CODE');
    expect(refusal(ask('CELL', { cell: 1024 }))).toBe('NO_CELL');
    expect(refusal(ask('CONFIGURE', { cell: 3, setting: MuxSetting.TOLERANCE, value: 5 }))).toBe('SETTING');
    expect(refusal(ask('UPLOAD', { data: Uint8Array.of(1, 2, 3, 4) }))).toBe('NO_OFFSET');
    expect(refusal(ask('UPLOAD', { off: 0, len: 1_000_000, data: Uint8Array.of(1, 2, 3, 4) }))).toBe('LENGTH');
    for (let command = 0; command < 256; command++)
      for (const operation of [Smp.OP_READ, Smp.OP_WRITE]) device.request(operation, SmpGroup.MULTIPLEXER, command, {});
    expect(device.statistics('faults').count).toBe(0);
    const worse = structuredClone(table);
    worse.lines[0].pop();
    expect(refusal(upload(tableBytes(worse)))).toBe('NOT_SERVED');
    expect(ask('STATE').place).toBe(94);
    expect(ask('CELL', { cell: 3 }).state).toBe(MuxCell.VALID);
  });

  test('a device that was reset leaves its cells alone until somebody asks', () => {
    device.reset();
    expect(device.board.machine.peek(MULTIPLEXER, 'CONTROL')).toBe(0);
    expect(device.board.snapshot().multiplexer).toBeUndefined();
  });
});
