// A device that is locked to its gateway, with its real bootloader and firmware: who may do what on which line, what a refused request changes, and
// what power that fails in between leaves.

import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { refusedBecause } from '../../../cli/flash-words.ts';
import { fuseTearPatterns } from '../../../host/board/devices/fuse-tear.ts';
import { burnNs } from '../../../host/board/devices/fuses.ts';
import { readAccess, setLocked } from '../../../host/tools/smp/access.ts';
import { encodeMessage, type SmpError } from '../../../host/tools/smp/index.ts';
import { updateDevice } from '../../../host/tools/update.ts';
import type { ConstantTable } from '../../../protocol/constants.ts';
import { FUSES, type PeripheralEntry, peripheralTable } from '../../../protocol/generated/registers.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { ACCESS_REASON, accessCommands } from '../../../protocol/smp/access.ts';
import { attestationCommands } from '../../../protocol/smp/attestation.ts';
import { bootCommands } from '../../../protocol/smp/boot.ts';
import { multiplexerCommands } from '../../../protocol/smp/multiplexer.ts';
import { readoutCommands } from '../../../protocol/smp/readout.ts';
import { sequencerCommands } from '../../../protocol/smp/sequencer.ts';
import {
  cryoCommands,
  enumCommands,
  imgCommands,
  osCommands,
  Smp,
  SmpGroup,
  smpGroups,
  statCommands,
} from '../../../protocol/smp/smp.ts';
import { telemetryCommands } from '../../../protocol/smp/telemetry.ts';
import { body } from '../../prove/noise/cbor-noise.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { firmwareImage } from '../../rig/images.ts';
import type { LineName } from '../../rig/lines.ts';
import { second } from '../../rig/time.ts';
import { some } from '../hostile/properties.ts';

const commandTables: Record<keyof typeof SmpGroup, ConstantTable> = {
  ...{ OS: osCommands, IMG: imgCommands, STAT: statCommands, ENUM: enumCommands, SEQUENCER: sequencerCommands },
  ...{ BOOT: bootCommands, CRYO: cryoCommands, MULTIPLEXER: multiplexerCommands, READOUT: readoutCommands },
  ...{ TELEMETRY: telemetryCommands, ATTESTATION: attestationCommands, ACCESS: accessCommands },
};

/** What the console of a locked device may: `r` a read, `w` a write; in capitals what it may not. */
const verbs: Record<keyof typeof SmpGroup, Record<string, string>> = {
  OS: {
    ECHO: 'rw',
    TASKSTAT: 'r',
    MPSTAT: 'r',
    DATETIME: '',
    RESET: 'W',
    PARAMS: 'r',
    INFO: 'r',
    BOOTLOADER_INFO: 'r',
  },
  IMG: { STATE: 'rW', UPLOAD: 'W', ERASE: 'W', SLOT_INFO: 'r' },
  STAT: { READ: 'r', LIST: 'r' },
  ENUM: { COUNT: 'r', LIST: 'r', SINGLE: 'r', DETAILS: 'r' },
  SEQUENCER: { UPLOAD: 'W', CONFIGURE: 'W', START: 'W', STOP: 'W', STATE: 'r', RESULTS: 'r', CLEAR: 'W' },
  BOOT: { LOG: 'r', RECORD: 'r', FAULT: 'r', TRUST: 'r', TOKEN: 'W' },
  CRYO: { TEMPERATURES: 'r', INTERLOCKS: 'rW', HEARTBEAT: 'r', POWER: 'r', HEATER: 'rW' },
  MULTIPLEXER: { UPLOAD: 'W', CONFIGURE: 'W', RUN: 'W', WRITE: 'W', STATE: 'r', CELL: 'r' },
  READOUT: {
    ...{
      RECORD: 'rW',
      STATE: 'r',
      CONFIGURE: 'rW',
      CHANNEL: 'r',
      CAPTURE: 'rW',
      CLEAR: 'W',
      CLAIM: 'rW',
      SELF_TEST: 'rW',
    },
  },
  TELEMETRY: { RECORDS: 'rW' },
  ATTESTATION: { TOKEN: 'R' },
  ACCESS: { LOCK: 'rW' },
};

interface Verb {
  name: string;
  group: number;
  command: number;
  write: boolean;
  isOpen: boolean;
}

const allVerbs: Verb[] = Object.entries(verbs).flatMap(([group, commands]) =>
  Object.entries(commands).flatMap(([name, letters]) =>
    [...letters].map((letter) => ({
      name: `${group} ${name}, ${letter.toLowerCase() === 'w' ? 'write' : 'read'}`,
      group: SmpGroup[group as keyof typeof SmpGroup],
      command: commandTables[group as keyof typeof SmpGroup].values[name][0],
      write: letter.toLowerCase() === 'w',
      isOpen: letter === letter.toLowerCase(),
    })),
  ),
);
const shut = allVerbs.filter(({ isOpen }) => !isOpen);

let open: DeviceUnderTest;
let locked: DeviceUnderTest;
beforeAll(async () => {
  open = await DeviceUnderTest.running();
  locked = open.fork();
  await setLocked(locked.client(), true);
});

/** The reason with which a fork of the device refuses an empty request: ACCESS_REASON for one that its line may not make. */
async function answered(device: DeviceUnderTest, line: LineName, { name, group, command, write }: Verb, fields = {}) {
  try {
    await device.fork().client(line).request({ what: name, group, command, write }, fields);
    return 'done';
  } catch (error) {
    const { name: code, reason } = error as SmpError;
    return reason === ACCESS_REASON ? `${code}: ${reason}` : code;
  }
}

const refusal = `EACCESSDENIED: ${ACCESS_REASON}`;

describe('every verb of every group', () => {
  test('stands in the table', () => {
    expect(Object.keys(verbs)).toEqual(Object.keys(smpGroups.values));
    for (const [group, { values }] of Object.entries(commandTables)) {
      const numbers = Object.keys(values).filter(
        (name) => !/^COUNT$|_MAX$|^LOCKS$|_MS$/.test(name) || group === 'ENUM',
      );
      expect(Object.keys(verbs[group as keyof typeof verbs]), group).toEqual(numbers);
    }
  });

  test.each(allVerbs)('$name over the console of a locked device: open $isOpen', async (verb) => {
    const said = await answered(locked, 'console', verb);
    if (verb.isOpen) expect(said).not.toBe(refusal);
    else expect(said).toBe(refusal);
    // A device knows each of them, and the gateway is never refused.
    for (const [device, line] of [
      [locked, 'gateway'],
      [open, 'gateway'],
      [open, 'console'],
    ] as const) {
      const elsewhere = await answered(device, line, verb);
      expect(elsewhere).not.toBe('ENOTSUP');
      if (line === 'gateway' || verb.group !== SmpGroup.ACCESS) expect(elsewhere).not.toBe(refusal);
    }
  });
});

// --- what a refused request changes ------------------------------------------------------------------------------------------

/** Peripherals that every request moves, whatever it is: its bytes, their time, and what is told of it (RETAINED holds telemetry). */
const moved = ['UART1', 'DMA', 'TIMER', 'RECORDER', 'RETAINED', 'INTC', 'ACTIVITY'];

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Everything of the chip that lasts or acts: flash, fuses, registers, the memories of its parts. */
function stateOf(device: DeviceUnderTest) {
  const { sequencers, multiplexer, readout } = device.board.snapshot();
  const registers: Record<string, number[]> = {};
  for (const peripheral of peripheralTable.filter(({ name }) => !moved.includes(name))) {
    const { words } = device.board.machine.registers(peripheral as PeripheralEntry);
    registers[peripheral.name] = [...words];
  }
  const parts = { flash: device.programmer.read(0, MemoryMap.FLASH_SIZE), sequencers, multiplexer, readout };
  const hashes = Object.entries(parts).map(([name, bytes]) => [name, bytes && hashOf(bytes)]);
  return { ...Object.fromEntries(hashes), fuses: [...device.board.fuseWords()], registers };
}

test('a refused request changes nothing that lasts or acts, whatever stands in it', async () => {
  const bodies = some(body, 4);
  for (const { name, group, command, write } of shut) {
    const [asked, left] = [locked.fork(), locked.fork()];
    for (const bytes of bodies) {
      for (const [device, header] of [
        [asked, { group, command, write }],
        [left, { group: SmpGroup.OS, command: 0, write: true }],
      ] as const) {
        const client = device.client('console');
        await client.request({ what: name, ...header }, bytes as never).catch((error: SmpError) => error);
      }
    }
    const until = Math.max(asked.now, left.now) + second;
    for (const device of [asked, left]) device.board.runUntil(until);
    expect(stateOf(asked), name).toEqual(stateOf(left));
  }
});

test('telemetry that the gateway has not acknowledged is still there when the console has tried to', async () => {
  const device = locked.fork();
  const records = async (line: LineName, write: boolean, fields = {}) =>
    (await device
      .client(line)
      .request({ what: 'records', group: SmpGroup.TELEMETRY, command: 0, write }, fields)) as unknown as Records;
  const { records: first, boot, next } = await records('gateway', false);
  await expect(records('console', true, { boot, seq: next - 1 })).rejects.toThrow(ACCESS_REASON);
  expect((await records('gateway', false)).records[0]).toEqual(first[0]);
  expect((await records('gateway', true, { boot, seq: next - 1 })).records[0]).not.toEqual(first[0]);
});

interface Records {
  boot: number;
  next: number;
  records: unknown[];
}

// --- power that fails while it is locked or unlocked -----------------------------------------------------------------------------

const erase = shut.find(({ name }) => name.startsWith('IMG ERASE')) as Verb;
const isBurning = ({ board }: DeviceUnderTest) => (board.machine.peek(FUSES, 'STATUS') & 1) !== 0;
const lockRequest = (wanted: boolean) =>
  encodeMessage(
    { operation: Smp.OP_WRITE, version: 2, group: SmpGroup.ACCESS, sequence: 1, command: 0 },
    { locked: wanted },
  );

describe.each([true, false])('power fails while locked becomes %s', (wanted) => {
  test.each(fuseTearPatterns.map(({ name }) => name))(
    'tear %s: it is one or the other, and a repeated request completes it',
    async (tear) => {
      for (const share of [0.01, 0.3, 0.6, 2]) {
        const device = (wanted ? open : locked).fork();
        device.board.fuses.chooseTear(tear);
        device.lines.sendMessage(lockRequest(wanted));
        while (!isBurning(device)) device.run(1000);
        device.run(share * burnNs);
        device.cutPower();
        device.powerOn();
        const before = await readAccess(device.client());
        for (let turn = 0; turn < 8; turn++) {
          device.powerCycle();
          expect(await readAccess(device.client('console'))).toEqual({ ...before, line: 1 });
          const said = await answered(device, 'console', erase);
          expect(said === refusal).toBe(before.locked);
        }
        // After the burn has ended the answer is certain; before it, the torn fuse decides, and in doubt it is locked.
        if (share > 1 || tear === 'ALL') expect(before.locked).toBe(wanted);
        if (tear === 'NONE' && share < 1) expect(before.locked).toBe(!wanted);
        if (tear === 'ALL_WEAK') expect(before.locked).toBe(share < 1 || wanted);
        expect((await setLocked(device.client(), wanted)).locked).toBe(wanted);
        expect(device.board.fuses.weak.every((bits) => bits === 0)).toBe(true);
        device.powerCycle();
        expect((await readAccess(device.client())).locked).toBe(wanted);
        expect(device.statistics('faults').count).toBe(0);
      }
    },
  );
});

// --- a person at the console, and the way back --------------------------------------------------------------------------------------

test('who updates over the console is told in words to use the gateway, and the gateway updates the device', async () => {
  const device = locked.fork();
  const image = await firmwareImage('1.1.0');
  const typed = await updateDevice(device.client('console'), image, { goal: 'confirm' });
  expect(typed.verdict).toBe('refused');
  expect(refusedBecause(typed)).toMatch(
    /only the line of the gateway may do this.*use the address of the device's gateway/,
  );
  await device.upload(image);
  const marked = await updateDevice(device.client('console'), image, { goal: 'trial' });
  expect(refusedBecause(marked)).toMatch(/use the address of the device's gateway/);
  expect((await updateDevice(device.client(), image, { goal: 'confirm' })).verdict).toBe('confirmed');
  expect((await readAccess(device.client())).locked).toBe(true);
});

test('the bootloader does not know the lock: in safe mode both lines may rescue the device', async () => {
  const device = locked.fork();
  for (const slot of ['A', 'B'] as const) device.programmer.erase(slot);
  device.powerCycle();
  await expect(readAccess(device.client('console'))).rejects.toThrow('ENOTSUP');
  await device.upload(await firmwareImage('1.0.0'), { line: 'console' });
  await device.client('console').reset();
  device.run(2 * second);
  expect(await readAccess(device.client('console'))).toMatchObject({ locked: true });
});
