// What counting cycles costs: the same code on the core, metered, and in the engine as it was compiled. SHA-256 of the guest's
// own crypto, and a loop of a few instructions with one load, which is as bad as it gets.

import { type Bus, budgetCyclesMax, Core, prepareImage } from '../../../host/board/cpu/cpu.ts';
import { image } from '../../../host/board/cpu/testing/modules.ts';
import { compileGuest } from '../../../host/tools/guest.ts';
import { inTurn } from './measure.ts';
import type { BenchRow } from './row.ts';

// Single calls, many of them: a call is shorter than the slices a busy machine is shared in, so most are undisturbed.
const rounds = 401;
const hashedBytes = 65536;
const loopIterations = 300_000;
const goalPercent = 10;

const silentBus: Bus = { read32: () => 0, write32: () => {} };

const tightLoop = image('', {
  interrupt: `(local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load (i32.and (local.get $i) (i32.const 0xfffc)))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $lines))))
    (i32.store (i32.const 0) (local.get $sum))`,
});

/** By how many percent `interrupt(lines)` is slower on the core; `place` puts the operands into both memories. */
async function overheadOf(
  bytes: Uint8Array,
  lines: number,
  place = (_memory: Uint8Array): void => {},
): Promise<number> {
  const core = new Core(prepareImage(bytes), silentBus);
  const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  const plain = new WebAssembly.Instance(module, { bus: { ...silentBus } }).exports;
  const interrupt = plain.interrupt as (lines: number) => void;
  place(core.memory);
  place(new Uint8Array((plain.memory as WebAssembly.Memory).buffer));
  const metered = () => {
    const { outcome } = core.run('interrupt', lines, budgetCyclesMax);
    if (outcome !== 'returned') throw new Error(`the benchmark ended in a ${outcome}`);
  };
  const unmetered = () => interrupt(lines);
  // The engine optimises in the background; what is measured before it has finished says nothing.
  await inTurn(300, metered, unmetered);
  const [ours, theirs] = await inTurn(rounds, metered, unmetered);
  return (ours / theirs - 1) * 100;
}

export async function benchMetering(): Promise<BenchRow[]> {
  const crypto = await compileGuest('bootloader/crypto/crypto.entry.ts');
  const plain = new WebAssembly.Instance(new WebAssembly.Module(crypto as Uint8Array<ArrayBuffer>), {
    bus: { ...silentBus },
  }).exports;
  const constant = (name: string): number => (plain[name] as WebAssembly.Global).value;
  const lengthAt = constant('SLOTS') + 2 * constant('SLOT_SIZE');
  const sha256 = await overheadOf(crypto, constant('SHA256_LINE'), (memory) => {
    new DataView(memory.buffer).setUint32(lengthAt, hashedBytes, true);
  });
  const loop = await overheadOf(tightLoop, loopIterations);
  const peer = 'the same code, unmetered';
  return [
    { id: 'metering-overhead', value: sha256, unit: '% on SHA-256', goal: goalPercent, peer, peerValue: 0 },
    { id: 'metering-tight-loop', value: loop, unit: '% on one load', goal: 0, peer, peerValue: 0 },
  ];
}
