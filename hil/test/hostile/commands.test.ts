import { Encoder } from 'cbor-x';
import { describe, expect, test } from 'vitest';
import type { ConstantTable } from '../../../protocol/constants.ts';
import { accessCommands } from '../../../protocol/smp/access.ts';
import { attestationCommands } from '../../../protocol/smp/attestation.ts';
import { bootCommands } from '../../../protocol/smp/boot.ts';
import { multiplexerCommands } from '../../../protocol/smp/multiplexer.ts';
import { readoutCommands } from '../../../protocol/smp/readout.ts';
import { sequencerCommands } from '../../../protocol/smp/sequencer.ts';
import { cryoCommands, SmpGroup } from '../../../protocol/smp/smp.ts';
import { telemetryCommands } from '../../../protocol/smp/telemetry.ts';
import { body } from '../../prove/noise/cbor-noise.ts';
import type { CheckedDevice } from '../../prove/noise/checked-device.ts';
import { commands, groups, messageOf } from '../../prove/noise/noise.ts';
import { gateway, serialConsole } from '../../prove/noise/wire.ts';
import { checkedDevices } from './devices.ts';
import { some } from './properties.ts';

const encoder = new Encoder({ useRecords: false, variableMapSize: true, tagUint8Array: false });
const encode = (value: unknown) => new Uint8Array(encoder.encode(value));
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const [read, write] = [0, 2];

interface Spoken {
  group: number;
  command: number;
  operation: number;
  /** Keys that it reads, with the kinds a value may have. */
  keys: Record<string, string>;
  /** It reads no key, and still refuses a body that is no map. */
  looks?: true;
}

/** What every device speaks. */
const spokenByAll: Spoken[] = [
  { group: 0, command: 0, operation: read, keys: { d: 'text' } },
  { group: 0, command: 0, operation: write, keys: { d: 'text' } },
  { group: 0, command: 2, operation: read, keys: {} },
  { group: 0, command: 3, operation: read, keys: {} },
  { group: 0, command: 5, operation: write, keys: { force: 'flag', boot_mode: 'unsigned' } },
  { group: 0, command: 6, operation: read, keys: {} },
  { group: 0, command: 7, operation: read, keys: { format: 'text' } },
  { group: 0, command: 8, operation: read, keys: { query: 'text' } },
  { group: 1, command: 0, operation: read, keys: {} },
  { group: 1, command: 0, operation: write, keys: { hash: 'bytes', confirm: 'flag' } },
  { group: 1, command: 1, operation: write, keys: { off: 'unsigned', data: 'bytes', len: 'unsigned', sha: 'bytes' } },
  { group: 1, command: 5, operation: write, keys: { slot: 'unsigned' } },
  { group: 1, command: 6, operation: read, keys: {} },
  { group: 2, command: 0, operation: read, keys: { name: 'text' } },
  { group: 2, command: 1, operation: read, keys: {} },
  { group: 10, command: 0, operation: read, keys: {} },
  { group: 10, command: 1, operation: read, keys: {} },
  { group: 10, command: 2, operation: read, keys: { index: 'unsigned' } },
  { group: 10, command: 3, operation: read, keys: { groups: 'array' } },
  { group: 65, command: 0, operation: read, keys: { from: 'unsigned', count: 'unsigned' } },
  { group: 65, command: 1, operation: read, keys: {} },
  { group: 65, command: 2, operation: read, keys: {} },
  { group: 65, command: 3, operation: read, keys: {} },
  { group: 65, command: 4, operation: write, keys: { token: 'bytes' } },
];
const position = { boot: 'unsigned', seq: 'unsigned', max: 'unsigned' };
const piece = { off: 'unsigned', len: 'unsigned', data: 'bytes' };
const chunk = { off: 'unsigned', len: 'unsigned', crc: 'unsigned', seq: 'unsigned', data: 'bytes' };
const setting = { setting: 'unsigned', index: 'unsigned' };
/** What a running firmware speaks as well. */
const spokenByFirmware: Spoken[] = [
  { group: 64, command: 0, operation: write, keys: { seq: 'unsigned', ...piece, crc: 'unsigned' } },
  { group: 64, command: 1, operation: write, keys: { seq: 'unsigned', ...setting, value: 'unsigned' } },
  { group: 64, command: 2, operation: write, keys: { mask: 'unsigned' } },
  { group: 64, command: 3, operation: write, keys: { mask: 'unsigned' } },
  { group: 64, command: 4, operation: read, keys: { seq: 'unsigned' } },
  {
    group: 64,
    command: 5,
    operation: read,
    keys: { seq: 'unsigned', acq: 'unsigned', bin: 'unsigned', count: 'unsigned' },
  },
  { group: 64, command: 6, operation: write, keys: { seq: 'unsigned' } },
  { group: 66, command: 0, operation: read, keys: {} },
  { group: 66, command: 1, operation: read, keys: {} },
  { group: 66, command: 1, operation: write, keys: { clear: 'unsigned' } },
  { group: 66, command: 2, operation: read, keys: {} },
  { group: 66, command: 3, operation: read, keys: {} },
  { group: 66, command: 4, operation: read, keys: {} },
  {
    ...{ group: 66, command: 4, operation: write },
    keys: { heater: 'unsigned', microwatts: 'unsigned', plate_setpoint_uk: 'unsigned' },
  },
  { group: 67, command: 0, operation: write, keys: piece },
  { group: 67, command: 1, operation: write, keys: { cell: 'unsigned', setting: 'unsigned', value: 'unsigned' } },
  { group: 67, command: 2, operation: write, keys: { on: 'unsigned' } },
  { group: 67, command: 3, operation: write, keys: { cell: 'unsigned', code: 'unsigned' } },
  { group: 67, command: 4, operation: read, keys: {}, looks: true },
  { group: 67, command: 5, operation: read, keys: { cell: 'unsigned' } },
  { group: 68, command: 0, operation: read, keys: { off: 'unsigned' } },
  { group: 68, command: 0, operation: write, keys: chunk },
  { group: 68, command: 1, operation: read, keys: {} },
  { group: 68, command: 2, operation: read, keys: setting },
  { group: 68, command: 2, operation: write, keys: { ...setting, value: 'unsigned' } },
  { group: 68, command: 3, operation: read, keys: { channel: 'unsigned' } },
  { group: 68, command: 4, operation: read, keys: { off: 'unsigned' } },
  { group: 68, command: 4, operation: write, keys: { line: 'unsigned', source: 'unsigned', length: 'unsigned' } },
  { group: 68, command: 5, operation: write, keys: { what: 'unsigned', line: 'unsigned' } },
  { group: 68, command: 6, operation: read, keys: {} },
  { group: 68, command: 6, operation: write, keys: { id: 'unsigned', ms: 'unsigned' } },
  { group: 68, command: 7, operation: read, keys: { line: 'unsigned' } },
  { group: 68, command: 7, operation: write, keys: { line: 'unsigned' } },
  { group: 69, command: 0, operation: read, keys: position },
  { group: 69, command: 0, operation: write, keys: position },
  { group: 70, command: 0, operation: read, keys: { nonce: 'bytes' } },
  { group: 71, command: 0, operation: read, keys: {} },
  { group: 71, command: 0, operation: write, keys: { locked: 'flag' } },
];
const tooNew = { rc: 13 };
const unsupported = { rc: 8 };
const invalid = { rc: 3 };

const header = (version: number, operation: number, group: number, command: number) => ({
  ...{ first: (version << 3) | operation, flags: 0, sequence: (operation * 31 + command) & 0xff },
  ...{ group, command },
});

/** The groups that are ours, and their commands; what stands behind the commands in a table is a limit. */
const ownGroups: readonly (readonly [group: number, table: ConstantTable<string>])[] = [
  [SmpGroup.SEQUENCER, sequencerCommands],
  [SmpGroup.BOOT, bootCommands],
  [SmpGroup.CRYO, cryoCommands],
  [SmpGroup.MULTIPLEXER, multiplexerCommands],
  [SmpGroup.READOUT, readoutCommands],
  [SmpGroup.TELEMETRY, telemetryCommands],
  [SmpGroup.ATTESTATION, attestationCommands],
  [SmpGroup.ACCESS, accessCommands],
];

test('every command of our groups has a row above, so that it is tried', () => {
  const groupsOfOurs = Object.values(SmpGroup).filter((group) => group >= SmpGroup.SEQUENCER);
  expect(ownGroups.map(([group]) => group)).toEqual(groupsOfOurs);
  const tried = [...spokenByAll, ...spokenByFirmware];
  const untried = ownGroups.flatMap(([group, { prefix, values }]) =>
    Object.entries(values)
      .filter(([name]) => name !== 'COUNT' && !name.endsWith('_MAX'))
      .filter(([, [command]]) => !tried.some((row) => row.group === group && row.command === command))
      .map(([name, [command]]) => `${prefix}_${name}: add a row { group: ${group}, command: ${command}, ... }`),
  );
  expect(untried, untried.join('\n')).toEqual([]);
});

// A device on trial speaks as any running device does.
describe.each([
  [...checkedDevices[0], [...spokenByAll, ...spokenByFirmware]],
  [...checkedDevices[2], spokenByAll],
] as const)('%s', (_name, make, spoken) => {
  test('answers every operation, group, command and version, and executes only those that it knows', async () => {
    const device = await make();
    const bodies = some(body, 61);
    let turn = 0;
    for (const version of [0, 1, 2, 3]) {
      // What is too new is refused before anybody looks at the group.
      for (const group of version > 1 ? [0, 1, 0xffff] : [...groups, 64, 66, 67]) {
        device.restart();
        for (const command of commands) {
          for (let operation = 0; operation < 8; operation++) {
            const payload = bodies[turn++ % bodies.length];
            const answer = device.request(gateway, messageOf(header(version, operation, group, command), payload));
            const known = spoken.some((each) => isFor(each, operation, group, command));
            const what = `version ${version}, operation ${operation}, group ${group}, command ${command}`;
            if (version > 1) expect(answer?.fields, what).toEqual(tooNew);
            else if (!known) expect(answer?.fields, what).toEqual(unsupported);
            else expect(answer?.fields, what).not.toEqual(unsupported);
          }
        }
        device.judge();
      }
    }
  });

  test('refuses a known key with a value of the wrong type, and a key that is there twice, before it does anything', async () => {
    const device = await make();
    const values = {
      unsigned: bytes('01'),
      negative: bytes('20'),
      text: bytes('6161'),
      bytes: bytes('4161'),
      array: bytes('80'),
      map: bytes('a0'),
      flag: bytes('f5'),
      nothing: bytes('f6'),
      float: bytes('f93c00'),
    };
    const alsoTaken: Record<string, string[]> = { force: ['unsigned', 'negative'], hash: ['nothing'] };
    device.restart();
    for (const { group, command, operation, keys } of spoken) {
      for (const [key, kind] of Object.entries(keys)) {
        const field = (value: Uint8Array) => Buffer.concat([encode(key), value]);
        const ask = (pairs: Buffer[]) => {
          const payload = Buffer.concat([Uint8Array.of(0xa0 + pairs.length), ...pairs]);
          return device.request(gateway, messageOf(header(1, operation, group, command), payload))?.fields;
        };
        // What else an upload says is looked at only where one begins.
        const rest = group === 1 && command === 1 && key !== 'off' ? [Buffer.concat([encode('off'), bytes('00')])] : [];
        const { [kind as 'text']: right, ...wrong } = values;
        for (const [name, value] of Object.entries(wrong)) {
          if (!alsoTaken[key]?.includes(name))
            expect(ask([field(value), ...rest]), `${key} as ${name}`).toEqual(invalid);
        }
        expect(ask([field(right), field(right), ...rest]), `${key} twice`).toEqual(invalid);
      }
    }
    device.judge();
  });

  test('refuses a body that is not a map, for every command that reads one', async () => {
    const device = await make();
    const bodies = [
      'ff',
      '80',
      '6161',
      'a1',
      'a16164',
      'bf',
      '9f',
      'c0a0',
      'bf6164ff',
      'bb00000000ffffffff',
      '5f',
      '1c',
    ];
    for (const { group, command, operation, keys, looks } of spoken) {
      device.restart();
      for (const each of bodies) {
        const fields = asked(device, header(1, operation, group, command), bytes(each));
        const reads = looks ?? Object.keys(keys).length > 0;
        if (reads) expect(fields, `group ${group}, command ${command}, ${each}`).toEqual(invalid);
        else expect(fields, `group ${group}, command ${command}, ${each}`).not.toHaveProperty('rc');
      }
      device.judge();
    }
  });

  test.each([gateway, serialConsole])(
    'is not moved by headers that announce any other length ($name)',
    async (wire) => {
      const device = await make();
      const echo = encode({ d: 'hello' });
      for (const length of [
        0,
        1,
        echo.length - 1,
        echo.length,
        echo.length + 1,
        255,
        256,
        2040,
        2041,
        0x7fff,
        0xffff,
      ]) {
        device.restart();
        const answers = device.deliver(wire, wire.encode(messageOf(header(1, write, 0, 0), echo, length), 9));
        const first = length > echo.length ? { rc: 9 } : length < echo.length ? invalid : { r: 'hello' };
        expect(answers.map(({ fields }) => fields)).toEqual([first]);
        device.judge();
      }
    },
  );

  test.each([gateway, serialConsole])(
    'takes messages of any size up to 16 KiB as the buffers allow ($name)',
    async (wire) => {
      const device = await make();
      for (const size of [0, 1, 7, 8, 9, 2047, 2048, 2049, 2050, 2051, 4096, 8191, 16_383, 16_384]) {
        device.restart();
        const message = new Uint8Array(size);
        message.set(messageOf(header(1, write, 0, 0), new Uint8Array(0), Math.max(0, size - 8)).subarray(0, size));
        const answers = device.deliver(wire, wire.encode(message, 9)).map(({ fields }) => fields);
        // The gateway cuts a datagram at its buffer, and it is then too short; the console drops what it has no room for.
        if (size < 8 || (wire === serialConsole && size > 2048)) expect(answers, `${size}`).toEqual([]);
        else expect(answers, `${size}`).toEqual([size > 2048 ? { rc: 9 } : invalid]);
        device.judge();
      }
    },
  );
});

function isFor(each: Spoken, operation: number, group: number, command: number): boolean {
  return each.operation === operation && each.group === group && each.command === command;
}

function asked(device: CheckedDevice, to: ReturnType<typeof header>, payload: Uint8Array) {
  return device.request(gateway, messageOf(to, payload))?.fields;
}
