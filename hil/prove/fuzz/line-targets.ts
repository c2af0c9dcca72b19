// Safe mode on its two lines: whole messages, CBOR bodies, and raw bytes. The laws are those of hil/prove/noise/checked-device.ts. For CBOR, the echo is
// also compared with what cbor-x decodes from the same bytes.

import fc from 'fast-check';
import { LogKind, type LogRecord } from '../../../host/board/log.ts';
import golden from '../../../host/tools/smp/golden-vectors.json' with { type: 'json' };
import { FUSES } from '../../../protocol/generated/registers.ts';
import { Fuse } from '../../../protocol/memory-map.ts';
import { eventLines } from '../../rig/event-log.ts';
import { AttackBench } from '../attack/attack-bench.ts';
import { blockCounts } from '../attack/block-counts.ts';
import { specimen } from '../attack/specimens.ts';
import { body } from '../noise/cbor-noise.ts';
import { CheckedDevice } from '../noise/checked-device.ts';
import { owed } from '../noise/echo-owed.ts';
import { message, messageOf, traffic } from '../noise/noise.ts';
import { gateway, serialConsole, type Wire } from '../noise/wire.ts';
import { conversations } from './conversations.ts';
import type { Input } from './mutate.ts';
import type { FuzzTarget, TargetText } from './target.ts';

const requests = golden.vectors.map(({ request }) => new Uint8Array(Buffer.from(request, 'hex')));
const texts = [
  'd',
  'hash',
  'confirm',
  'off',
  'len',
  'data',
  'sha',
  'image',
  'slot',
  'name',
  'boot_mode',
  'force',
  'format',
];
const keyTokens = texts.map((text) => Uint8Array.of(0x60 | text.length, ...Buffer.from(text)));
const cborTokens = [
  [0xbf],
  [0xff],
  [0x9f],
  [0xf6],
  [0xf5],
  [0x1b],
  [0x5b],
  [0x7b],
  [0x58, 32],
  [0x59, 7],
  [0xa0],
  [0x80],
];
const echo = { first: 8 | 2, flags: 0, group: 0, sequence: 5, command: 0 };
const samples = 60;
const silenceNs = 1_100_000_000;

/** A device that stays in safe mode because of its fuse strap, with a confirmed image in slot A that it must not lose. */
function strapped(bootloader: Uint8Array, seed: number): { bench: AttackBench; device: CheckedDevice } {
  const bench = new AttackBench(bootloader, seed, { countBlocks: true });
  bench.place(0, specimen('1.0.0'));
  bench.confirm(0);
  bench.boot();
  bench.switchOff();
  const { words, at } = bench.board.machine.registers(FUSES);
  words[at.WORD + Fuse.STRAP] = 1;
  bench.boot();
  bench.board.runFor(1_000_000);
  return { bench, device: new CheckedDevice(bench.board, [0]) };
}

interface Laws {
  seeds: readonly Input[];
  tokens: readonly Uint8Array[];
  deliver(device: CheckedDevice, piece: Uint8Array): void;
}

function lineTarget(bootloader: Uint8Array, seed: number, { seeds, tokens, deliver }: Laws): FuzzTarget {
  const { device } = strapped(bootloader, seed);
  const { board } = device;
  const told = board.machine.logbook.listener;
  let records: LogRecord[] = [];
  board.onLog = (record) => {
    if (record.kind !== LogKind.EVENT) records.push({ ...record });
    told?.(record);
  };
  return {
    ...{ seeds, tokens },
    run(input, closely) {
      device.restart();
      records = [];
      try {
        for (const piece of input) deliver(device, piece);
        if (closely) device.judge();
        else device.judgeCalm();
        return undefined;
      } catch (broken) {
        return (broken as Error).message;
      }
    },
    counts: () => blockCounts(board, bootloader).counts,
    log: () => eventLines(records),
  };
}

/** {d: text} whose text ends with the body, one byte behind it, and one byte before. */
const bounds = ['a161646161', 'a161646261', 'a16164616161'].map((each): Input => [Buffer.from(each, 'hex')]);

const sampled = <T>(values: fc.Arbitrary<T>, seed: number) => fc.sample(values, { seed, numRuns: samples });

function lines(wire: Wire): TargetText['open'] {
  return async (bootloader, seed) =>
    lineTarget(bootloader, seed, {
      seeds: [
        ...requests.map((request): Input => [wire.encode(request, 1)]),
        ...sampled(traffic(wire), seed).map((each): Input => [each]),
      ],
      tokens: [[0xc0], [0xdb, 0xdc], [0xdb, 0xdd], [0xdb], [6, 9], [4, 0x14], [0x0a], [0x0d], [0x3d]].map((each) =>
        Uint8Array.from(each),
      ),
      deliver: (device, piece) => {
        device.deliver(wire, piece);
      },
    });
}

export const lineTargets: readonly TargetText[] = [
  {
    name: 'SMP messages',
    about:
      'whole frames on the gateway line whose messages are anything: headers that lie, several requests, sequences of them',
    ...{ slice: 500, full: 12_000 },
    open: async (bootloader, seed) =>
      lineTarget(bootloader, seed, {
        seeds: [
          ...requests.map((each): Input => [each]),
          ...conversations,
          ...sampled(message, seed).map((each): Input => [each]),
        ],
        tokens: [...keyTokens, ...cborTokens.map((each) => Uint8Array.from(each))],
        deliver(device, piece) {
          if (piece.length > 0) device.deliver(gateway, gateway.encode(piece, 1));
          // The lines are silent for a while.
          else device.board.runFor(silenceNs);
        },
      }),
  },
  {
    name: 'CBOR',
    about: 'bodies of echo requests; the answer is compared with what cbor-x decodes from the same bytes',
    ...{ slice: 700, full: 20_000 },
    open: async (bootloader, seed) =>
      lineTarget(bootloader, seed, {
        seeds: [
          ...requests.map((each): Input => [each.subarray(8)]),
          ...bounds,
          ...sampled(body, seed).map((each): Input => [each]),
        ],
        tokens: [...keyTokens, ...cborTokens.map((each) => Uint8Array.from(each))],
        deliver(device, piece) {
          const payload = piece.subarray(0, 1500);
          const answer = device.request(gateway, messageOf(echo, payload));
          const [got, expected] = [answer?.fields, owed(payload)].map((each) => JSON.stringify(each));
          if (got !== expected) throw new Error(`echo: the answer is ${got}, expected is ${expected}`);
        },
      }),
  },
  {
    name: 'gateway line',
    about: 'any bytes on the gateway line: SLIP frames damaged, nested, endless',
    ...{ slice: 300, full: 8_000 },
    open: lines(gateway),
  },
  {
    name: 'console line',
    about: 'any bytes on the console line: base64, markers, lengths and checksums',
    ...{ slice: 300, full: 8_000 },
    open: lines(serialConsole),
  },
];
