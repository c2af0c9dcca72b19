// The boot log and the boot record, on the real board: they say what happened in a boot, also after power cuts.

import { crc32 } from 'node:zlib';
import { Decoder } from 'cbor-x';
import { beforeAll, describe, expect, test } from 'vitest';
import { LogKind } from '../../../host/board/log.ts';
import { parseImage } from '../../../host/tools/image/index.ts';
import {
  type LoggedBoot,
  readBootRecord,
  readFuseReport,
  readLastFault,
  readWholeBootLog,
} from '../../../host/tools/smp/boot-group.ts';
import { nameOf } from '../../../protocol/constants.ts';
import { FLASH, RESET } from '../../../protocol/generated/registers.ts';
import { BootLog } from '../../../protocol/image/boot-log.ts';
import { BootPolicy, bootDecisions } from '../../../protocol/image/boot-state.ts';
import { rejectReasons } from '../../../protocol/image/reasons.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { firmwareImage } from '../../rig/images.ts';
import { keys } from '../../rig/keys.ts';
import { image, ObedientDevice } from './obedient.ts';

const Cause = RESET.registers.CAUSE.fields.CAUSE.values;
const second = 1_000_000_000;
let v1: Uint8Array;
let v2: Uint8Array;

beforeAll(async () => {
  v1 = await image('1.0.0');
  v2 = await image('2.0.0');
});

/** In safe mode, for the obedient firmware answers no SMP. */
async function logOf(bench: ObedientDevice): Promise<LoggedBoot[]> {
  bench.tellAndReboot('s');
  return readWholeBootLog(bench.client());
}

function tell({ decision, ran, reasons }: LoggedBoot): string {
  const names = reasons.map((reason) => (reason === 0 ? '' : nameOf(rejectReasons, reason)));
  const what = ran ? 'AB'[ran.slot] : '-';
  return `${nameOf(bootDecisions, decision)} ${what} ${names.join('/')}`;
}

describe('the boot log', () => {
  test('distinguishes builds of one version', async () => {
    const bench = await ObedientDevice.make({ slots: { A: await image('1.1.0+1') } });
    bench.powerOn();
    bench.programmer.place('B', await image('1.1.0+70000'));
    bench.tell('p');
    bench.tellAndReboot('r');
    const versions = (await logOf(bench)).map(({ ran }) => ran && [ran.version, ran.build]);
    expect(versions).toEqual([[0x0101_0000, 1], [0x0101_0000, 70000], undefined]);
  });

  test('goes on from records of a bootloader that did not know build numbers', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.powerOn();
    const { MAGIC_VALUE, NUMBER, OLD_MAGIC_VALUE, OLD_NUMBER, CRC, SIZE } = BootLog;
    expect(MAGIC_VALUE).not.toBe(OLD_MAGIC_VALUE);
    const record = bench.board.flashImage().slice(MemoryMap.BOOT_LOG, MemoryMap.BOOT_LOG + SIZE);
    const words = new DataView(record.buffer);
    words.setUint32(OLD_NUMBER, words.getUint32(NUMBER, true) + 40, true);
    words.setUint32(0, OLD_MAGIC_VALUE, true);
    words.setUint32(CRC, crc32(record.subarray(0, CRC)), true);
    bench.programmer.write(MemoryMap.BOOT_LOG, record);
    const boots = await logOf(bench);
    expect(boots.map(({ number }) => number)).toEqual([41, 42]);
    expect(boots[0].ran).toMatchObject({ version: 0x0100_0000, build: 0 });
  });

  test('has every boot of a day of updates', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.powerOn();
    bench.programmer.place('B', v2);
    bench.tell('p');
    bench.tellAndReboot('r');
    bench.powerCycle();
    bench.tellAndReboot('x');
    const boots = await logOf(bench);
    expect(boots.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
    expect(boots.map(tell)).toEqual([
      'CONFIRMED A /',
      'TRIAL_FIRST B /',
      'TRIAL_AGAIN B /',
      'REVERTED A /FAULT',
      'SAFE_MODE_REQUESTED - /FAULT',
    ]);
    expect(boots.map(({ cause }) => cause)).toEqual([
      Cause.POWER_ON,
      Cause.SOFTWARE,
      Cause.POWER_ON,
      Cause.FAULT,
      Cause.SOFTWARE,
    ]);
    expect(boots[3].fault?.cause).toBe(RESET.registers.FAULT_CAUSE.fields.CAUSE.values.UNREACHABLE);
    const measured = boots.map(({ ran }) => ran && Buffer.from(ran.hash).toString('hex'));
    const hashes = [v1, v2].map((bytes) => Buffer.from(parseImage(bytes).computedHash).toString('hex'));
    expect(measured).toEqual([hashes[0], hashes[1], hashes[1], hashes[0], undefined]);
    expect(boots.every(({ securityCounter }) => securityCounter === 1)).toBe(true);
  });

  test('keeps the last 192 boots at least, in order, round and round', async () => {
    const bench = await ObedientDevice.make();
    bench.powerOn();
    for (let boot = 2; boot <= 700; boot++) {
      bench.board.pullResetPin();
      bench.settle();
    }
    const numbers = (await readWholeBootLog(bench.client())).map(({ number }) => number);
    expect(numbers.at(-1)).toBe(700);
    expect(numbers.length).toBeGreaterThanOrEqual(192);
    expect(numbers).toEqual(numbers.map((_, index) => numbers[0] + index));
  });

  test('continues behind the remains of a power cut, wherever in a boot the cut was', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.powerOn();
    bench.board.cutPower();
    const whole = bench.snapshot();
    let end = false;
    for (let access = 1; !end; access += 3) {
      bench.restore(whole);
      bench.board.cutPowerAtAccess(access);
      bench.board.powerOn();
      while (bench.board.state === 'bootloader') bench.board.runFor(second / 10_000);
      end = bench.board.state !== 'off';
      if (end) break;
      bench.powerOn();
      const boots = await logOf(bench);
      const numbers = boots.map(({ number }) => number);
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
      expect(numbers.length === 3 || numbers.length === 4).toBe(true);
    }
  });

  test('begins again when it has no valid record, and the device still boots', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.programmer.write(MemoryMap.BOOT_LOG, new Uint8Array(MemoryMap.BOOT_LOG_SIZE).fill(0x42));
    expect(bench.powerOn().slot).toBe('A');
    expect((await logOf(bench)).map(({ number }) => number)).toEqual([1, 2]);
  });

  test('cannot be changed by the firmware', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.powerOn();
    const { PROTECT } = FLASH.registers;
    expect(bench.board.machine.peek(FLASH, 'PROTECT') & PROTECT.fields.BOOT_LOG.mask).not.toBe(0);
  });
});

describe('the boot record', () => {
  const decode = (bytes: Uint8Array) => new Decoder({ mapsAsObjects: false }).decode(bytes) as Map<number, unknown>;

  test('names version, signer and measurement, and is read over SMP from the running firmware', async () => {
    const bytes = await firmwareImage('1.2.3+4');
    const device = await DeviceUnderTest.running({ slots: { A: bytes } });
    const record = decode(await readBootRecord(device.client()));
    expect([...record.keys()]).toEqual([1, 4, 5, 6, 2]);
    expect([record.get(1), record.get(4), record.get(6)]).toEqual(['coldrig', '1.2.3.4', 'SHA256']);
    const { computedHash, keyHash } = parseImage(bytes);
    expect(Buffer.from(record.get(2) as Uint8Array)).toEqual(Buffer.from(computedHash));
    expect(Buffer.from(record.get(5) as Uint8Array)).toEqual(Buffer.from(keyHash as Uint8Array));
  });

  test('an image brings is handed over with the measurement in it', async () => {
    const record = Buffer.concat([
      Buffer.from('\xa5\x01\x63APP\x04\x651.2.3\x05\x58\x20', 'latin1'),
      keys[0].keyHash,
      Buffer.from('\x06\x66SHA256\x02\x58\x20', 'latin1'),
      new Uint8Array(32),
    ]);
    const bench = await ObedientDevice.make({ slots: { A: await image('1.2.3', { bootRecord: record }) } });
    bench.powerOn();
    const words = Array.from({ length: 31 }, (_, n) => bench.board.machine.peek(RESET, 'MAILBOX', 17 + n));
    const handed = Buffer.from(Uint32Array.from(words).buffer).subarray(0, record.length);
    expect(bench.board.machine.peek(RESET, 'MAILBOX', 16)).toBe(record.length);
    const signed = parseImage(bench.programmer.read(MemoryMap.SLOT_A, MemoryMap.IMAGE_SIZE_MAX));
    expect(handed.subarray(0, -32)).toEqual(record.subarray(0, -32));
    expect(handed.subarray(-32)).toEqual(Buffer.from(signed.computedHash));
  });
});

describe('safe mode', () => {
  test('is entered when a confirmed image resets itself again and again, and says so', async () => {
    const bench = await ObedientDevice.make({ slots: { A: v1 } });
    bench.powerOn();
    for (let reset = 1; reset < BootPolicy.RESETS_IN_A_ROW_MAX; reset++)
      expect(bench.tellAndReboot('x')).toMatchObject({ decision: 'CONFIRMED', slot: 'A' });
    expect(bench.tellAndReboot('x')).toMatchObject({ decision: 'SAFE_MODE_RESETS', slot: undefined });
    const client = bench.client();
    const fault = await readLastFault(client);
    expect([fault.count, fault.functionName]).toEqual([8, 'bootloader/testing/obedient.entry/interrupt']);
    expect(await client.statRead('boot')).toMatchObject({ decision: 11, reset_cause: Cause.FAULT });
    // Whoever asks for a reset wants it tried again.
    await client.reset();
    bench.board.runFor(second / 2);
    expect(bench.settle()).toMatchObject({ decision: 'CONFIRMED', slot: 'A' });
  });

  test('beats once a second, and the beat says why', async () => {
    const bench = await ObedientDevice.make();
    bench.powerOn();
    const seen: number[][] = [];
    bench.board.onLog = ({ kind, a, b, timeNs }) => {
      if (kind === LogKind.RECORDER && (a & 0xffff) === 9) seen.push([b, a >>> 16, Math.round(timeNs / second)]);
    };
    bench.board.runFor(5 * second);
    expect(seen.map(([sequence, why]) => [sequence, why])).toEqual([1, 2, 3, 4, 5].map((n) => [n, 8]));
  });

  test('tells what the fuses say', async () => {
    const bench = await ObedientDevice.make();
    bench.powerOn();
    const { keys: burnt, cells, board, securityCounter } = await readFuseReport(bench.client());
    expect([board, cells, securityCounter]).toEqual([1, 256, 0]);
    expect(burnt).toEqual([0, 1].map((key) => ({ key, purposes: 11, revoked: false })));
  });
});
