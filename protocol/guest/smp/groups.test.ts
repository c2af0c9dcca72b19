import { beforeEach, describe, expect, test } from 'vitest';
import { GuestBench, message, milliseconds, type SmpGuest } from '../../../hil/rig/guest/smp-bench.ts';
import { RECORDER, RESET } from '../../generated/registers.ts';
import { EventKind } from '../../telemetry/events.ts';

interface Guest extends SmpGuest {
  resetWhenDue(): void;
  setResetBusy(busy: number): void;
}

let bench: GuestBench<Guest>;

beforeEach(async () => {
  bench = new GuestBench<Guest>('protocol/guest/smp/server.entry.ts');
  await bench.boot(0);
});

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const request = (operation: number, group: number, command: number, payload: string, version = 1) =>
  message(operation, group, command, bytes(payload), version).toString('hex');
const payloadOf = (reply: string) => reply.slice(16);

describe('the OS group', () => {
  const text = (reply: string) => Buffer.from(payloadOf(reply), 'hex').toString('latin1');

  test('says it boots as MCUboot does, in place and with revert', () => {
    expect(text(bench.exchange(request(0, 0, 8, 'a0'))[0])).toBe('\xbfjbootloadergMCUboot\xff');
    expect(bench.exchange(request(0, 0, 8, 'a1657175657279646d6f6465')).map(payloadOf)).toEqual(['bf646d6f646505ff']);
    expect(bench.exchange(request(0, 0, 8, 'a165717565727962 7878')).map(payloadOf)).toEqual([
      'bf63657272bf6567726f75700062726303ffff',
    ]);
  });

  test('gives info fields in their natural order, whatever the order asked for', () => {
    expect(text(bench.exchange(request(0, 0, 7, 'a0'))[0])).toBe('\xbffoutputgcoldrig\xff');
    expect(text(bench.exchange(request(0, 0, 7, 'a166666f726d6174626d73'))[0])).toBe('\xbffoutputncoldrig wasm32\xff');
    expect(text(bench.exchange(request(0, 0, 7, 'a166666f726d61746161'))[0])).toContain(
      'coldrig unknown 1.2.3 unknown',
    );
  });

  test('reports tasks with all the fields that clients insist on', () => {
    const reply = text(bench.exchange(request(0, 0, 2, 'a0'))[0]);
    const fields = ['tasks', 'smp', 'prio', 'tid', 'state', 'stkuse', 'stksiz', 'cswcnt', 'runtime', 'last_checkin'];
    for (const field of fields) expect(reply).toContain(field);
  });

  test('reports the frame pool', () => {
    const reply = text(bench.exchange(request(0, 0, 3, 'a0'))[0]);
    for (const field of ['mpools', 'smp_frames', 'blksiz', 'nblks', 'nfree', 'min']) expect(reply).toContain(field);
  });

  test('answers a reset first and resets a quarter of a second later', () => {
    expect(bench.exchange(request(2, 0, 5, 'a0')).map(payloadOf)).toEqual(['bfff']);
    bench.guest.resetWhenDue();
    expect(bench.board.resetController.resetRequested).toBe(false);
    bench.board.machine.advanceTo(bench.board.machine.now + 51 * milliseconds);
    bench.guest.resetWhenDue();
    expect(bench.board.resetController.resetRequested).toBe(true);
    expect(bench.board.machine.peek(RESET, 'BOOT_REQUEST')).toBe(0);
    expect(lastEvent()).toEqual([EventKind.RESET_REQUESTED, 0, 0]);
  });

  test('resets into safe mode when asked to, and refuses a mode it does not know', () => {
    expect(bench.exchange(request(2, 0, 5, 'a169626f6f745f6d6f646502')).map(payloadOf)).toEqual(['bf62726303ff']);
    bench.exchange(request(2, 0, 5, 'a169626f6f745f6d6f646501'));
    bench.board.machine.advanceTo(bench.board.machine.now + 300 * milliseconds);
    bench.guest.resetWhenDue();
    expect(bench.board.machine.peek(RESET, 'BOOT_REQUEST')).toBe(1);
    expect(bench.board.resetController.resetRequested).toBe(true);
  });

  test('refuses a reset while busy, unless it is forced by a boolean or a number', () => {
    bench.guest.setResetBusy(1);
    expect(bench.exchange(request(2, 0, 5, '')).map(payloadOf)).toEqual(['bf6272630aff']);
    expect(bench.exchange(request(2, 0, 5, 'a165666f72636500')).map(payloadOf)).toEqual(['bf6272630aff']);
    expect(bench.exchange(request(2, 0, 5, 'a165666f72636501')).map(payloadOf)).toEqual(['bfff']);
    expect(bench.exchange(request(2, 0, 5, 'a165666f726365f5')).map(payloadOf)).toEqual(['bfff']);
  });

  function lastEvent(): number[] {
    bench.board.machine.poke(RECORDER, 'INDEX', bench.board.machine.peek(RECORDER, 'COUNT') - 1);
    return (['ENTRY_KIND', 'ENTRY_ARGUMENT0', 'ENTRY_ARGUMENT1'] as const).map((name) =>
      bench.board.machine.peek(RECORDER, name),
    );
  }
});

describe('statistics', () => {
  test('are listed by name and read where they are', () => {
    expect(bench.exchange(request(0, 2, 1, 'a0')).map(payloadOf)).toEqual([
      'bf69737461745f6c6973749f6d736d705f7376725f7374617473ffff',
    ]);
    bench.exchange(request(0, 99, 0, 'a0'));
    const reply = Buffer.from(
      payloadOf(bench.exchange(request(0, 2, 0, 'a1646e616d656d736d705f7376725f7374617473'))[0]),
      'hex',
    ).toString('latin1');
    expect(reply).toContain('\xbfdnamemsmp_svr_statsffields\xbfhrequests\x02grefused\x01kframes_lost\x00');
  });
});

describe('enumeration', () => {
  test('counts and lists the groups in the order of their registration', () => {
    expect(bench.exchange(request(0, 10, 0, 'a0')).map(payloadOf)).toEqual(['bf65636f756e7403ff']);
    expect(bench.exchange(request(0, 10, 1, 'a0')).map(payloadOf)).toEqual(['bf6667726f7570739f00020affff']);
  });

  test('goes through them one by one and says when it is done', () => {
    expect(bench.exchange(request(0, 10, 2, 'a165696e64657800')).map(payloadOf)).toEqual(['bf6567726f757000ff']);
    expect(bench.exchange(request(0, 10, 2, 'a165696e64657802')).map(payloadOf)).toEqual([
      'bf6567726f75700a63656e64f5ff',
    ]);
  });

  test('gives names and handler counts, of those asked for or of all', () => {
    const stat = 'bf6567726f757002646e616d656973746174206d676d746868616e646c65727302ff';
    expect(bench.exchange(request(0, 10, 3, 'a16667726f7570738102')).map(payloadOf)).toEqual([
      `bf6667726f7570739f${stat}ffff`,
    ]);
    const all = payloadOf(bench.exchange(request(0, 10, 3, 'a0'))[0]);
    expect(all).toContain(stat);
    expect(all).toContain('6f73206d676d74'); // "os mgmt"
    expect(bench.exchange(request(0, 10, 3, 'a16667726f7570736131')).map(payloadOf)).toEqual(['bf62726303ff']);
  });
});
