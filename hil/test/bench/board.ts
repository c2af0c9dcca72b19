// What a bus access costs, seen from the core, and what it costs to try something on a board and take it back.
//
// bus-access: a guest's loop that reads a register, per access, the loop itself included; so is the exact time of each access, the
// look for due events, and decoding with refusal. The peer is the plain way to write a bus in JavaScript: a Map from
// address to an object with a read method, called from the same loop.
//
// fork-restore: a board running a guest with 128 KiB of RAM is snapshot, and the snapshot put into another board of the same kind. The
// peer copies the same state (RAM, device state, flash) with structuredClone, once out and once in.
//
// fork-memory: what a fork takes that is alive beside its board: 128 KiB are its RAM, 64 KiB its devices' state. The peer takes a copy of
// RAM, device state and flash each.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Board } from '../../../host/board/board.ts';
import { assemble, image } from '../../../host/board/cpu/testing/modules.ts';
import { INTC, UART0 } from '../../../protocol/generated/registers.ts';
import { millisecondsOf } from './measure.ts';
import { type BenchRow, median } from './row.ts';

const accesses = 2_000_000;
const rounds = 11;
const forksARound = 200;
const liveForks = 300;
const readAddress = UART0.base + UART0.registers.BAUD.offset;

const loop = `(local $i i32) (local $sum i32)
  (loop $again
    (local.set $sum (i32.add (local.get $sum) (call $read32 (i32.const ${readAddress}))))
    (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const ${accesses}))))`;

export async function benchBoard(): Promise<BenchRow[]> {
  const rows = [await busAccess(), await forkRestore()];
  // What those made is garbage once their calls are over, and is to be gone before anything is counted.
  await new Promise((resolve) => setTimeout(resolve, 100));
  return [...rows, forkMemory()];
}

function poweredBoard(bootloader: Uint8Array): Board {
  const board = new Board();
  board.provision({ bootloader, keys: [] });
  board.powerOn();
  board.runUntil(board.now + 1);
  return board;
}

async function busAccess(): Promise<BenchRow> {
  const ours = poweredBoard(image('', { reset: loop, pages: 2 }));
  const peer = mapBus();
  const second = 1_000_000_000;
  const [own, other]: [number[], number[]] = [[], []];
  // The first rounds warm the engine's tiers up; the median is of the later ones.
  for (let round = 0; round < rounds + 3; round++) {
    ours.pullResetPin();
    ours.runFor(1);
    own.push(await millisecondsOf(() => ours.runFor(second)));
    other.push(await millisecondsOf(peer));
    if (ours.fault.cause !== 0) throw new Error(`bench: the board faulted: ${ours.faultDetail}`);
  }
  const perAccess = (milliseconds: number[]) => (median(milliseconds.slice(3)) * 1_000_000) / accesses;
  return {
    id: 'bus-access',
    value: perAccess(own),
    unit: 'ns',
    goal: 15,
    peer: 'bus as a Map of address to device, untimed',
    peerValue: perAccess(other),
  };
}

/** The same loop on a bus that is a Map. */
function mapBus(): () => void {
  const devices = new Map<number, { read(offset: number): number }>();
  for (let base = 0; base < 0x1_0000; base += 4) {
    const words = new Uint32Array(1);
    devices.set(0x4000_0000 + base, { read: (offset) => words[offset] });
  }
  const module = new WebAssembly.Module(
    assemble(`(module
      (import "bus" "read32" (func $read32 (param i32) (result i32)))
      (func (export "run") ${loop}))`) as Uint8Array<ArrayBuffer>,
  );
  const read32 = (address: number) => {
    const device = devices.get(address);
    if (!device) throw new Error(`nothing at ${address}`);
    return device.read(0);
  };
  return new WebAssembly.Instance(module, { bus: { read32 } }).exports.run as () => void;
}

const forkGuest = () =>
  image('(global $g (mut i32) (i32.const 0))', {
    reset: `(memory.fill (i32.const 0) (i32.const 90) (i32.const 0x20000))
      (call $write32 (i32.const ${INTC.base + INTC.registers.ENABLE.offset}) (i32.const 4))`,
    pages: 2,
  });

async function forkRestore(): Promise<BenchRow> {
  const guest = forkGuest();
  const [board, other] = [poweredBoard(guest), poweredBoard(guest)];
  for (const each of [board, other]) each.runFor(1_000_000);
  let snapshot = board.snapshot();
  const state = { ram: board.ram().slice(), arena: snapshot.arena.slice(), flash: board.flashImage() };
  const [own, peer]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds + 3; round++) {
    own.push(
      await millisecondsOf(() => {
        for (let i = 0; i < forksARound; i++) {
          snapshot = board.snapshot(snapshot);
          other.restore(snapshot);
        }
      }),
    );
    peer.push(await millisecondsOf(() => structuredClone(structuredClone(state))));
  }
  if (other.logHash !== board.logHash) throw new Error('bench: the fork is not the board');
  return {
    id: 'fork-restore',
    value: (median(own.slice(3)) * 1000) / forksARound,
    unit: 'us',
    goal: 25,
    peer: 'structuredClone of RAM, devices and flash, out and in',
    peerValue: median(peer.slice(3)) * 1000,
  };
}

function forkMemory(): BenchRow {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = () => {
    // What a first collection frees may have held more.
    for (let round = 0; round < 3; round++) collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const board = poweredBoard(forkGuest());
  const kibibytesOf = (make: () => unknown) => {
    const kept: unknown[] = [make()];
    const before = used();
    for (let i = 0; i < liveForks; i++) kept.push(make());
    return (used() - before) / (kept.length - 1) / 1024;
  };
  const state = { ram: board.ram().slice(), arena: board.snapshot().arena, flash: board.flashImage() };
  return {
    ...{ id: 'fork-memory', value: kibibytesOf(() => board.fork()), unit: 'KiB', goal: 300 },
    ...{ peer: 'structuredClone of RAM, devices and flash', peerValue: kibibytesOf(() => structuredClone(state)) },
  };
}
