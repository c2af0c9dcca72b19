// A known call is left out, and nothing shows it: RAM, globals, cycles, answers, block counts and faults are those of a core that runs every call.

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { compileGuest } from '../../tools/guest.ts';
import { chooser } from '../random.ts';
import { Core, checkImage, prepareImage } from './cpu.ts';
import { type PrepareOptions, prepareUncached } from './image.ts';
import { asksFirst, asksOfSame, keptMax } from './known-calls.ts';
import { pureFunctions } from './pure-calls.ts';
import { image, recordingBus } from './testing/modules.ts';
import { TracedCalls } from './traced-calls.ts';

const budget = 10_000_000;
const work = { sharedCalls: { functions: ['work'] } };

/** `work` reads and writes with every width, moves blocks that overlap, uses a global, and takes longer for other bytes. */
const fields = `
  (global $steps (mut i32) (i32.const 3))
  (global $wide (mut i64) (i64.const 5))
  (data (i32.const 512) "constants that are never written, longer than a run of whole words: 0123456789")
  (func $work (param $at i32) (param $bits i32) (result i32) (local $sum i64)
    (local.set $sum (i64.load offset=4 (local.get $at)))
    (local.set $sum (i64.add (local.get $sum) (i64.load8_s offset=1 (local.get $at))))
    (local.set $sum (i64.add (local.get $sum) (i64.load8_u offset=2 (local.get $at))))
    (local.set $sum (i64.add (local.get $sum) (i64.load16_s offset=3 (local.get $at))))
    (local.set $sum (i64.add (local.get $sum) (i64.load16_u offset=13 (local.get $at))))
    (local.set $sum (i64.add (local.get $sum) (i64.load32_s offset=16 (local.get $at))))
    (local.set $sum (i64.xor (local.get $sum) (i64.load32_u offset=512 (i32.const 0))))
    (local.set $sum (i64.xor (local.get $sum) (i64.extend_i32_s (i32.load8_s offset=21 (local.get $at)))))
    (local.set $sum (i64.xor (local.get $sum) (i64.extend_i32_s (i32.load16_s offset=22 (local.get $at)))))
    (local.set $sum (i64.xor (local.get $sum) (i64.extend_i32_u (i32.load16_u offset=24 (local.get $at)))))
    (memory.copy (i32.const 256) (local.get $at) (i32.const 100))
    (memory.copy (i32.const 259) (i32.const 256) (i32.const 90))
    (memory.copy (i32.const 600) (i32.const 512) (i32.const 78))
    (memory.fill (i32.const 400) (local.get $bits) (i32.const 21))
    (i64.store offset=1 (i32.const 300) (local.get $sum))
    (i64.store8 (i32.const 320) (local.get $sum))
    (i64.store16 (i32.const 323) (local.get $sum))
    (i64.store32 (i32.const 326) (local.get $sum))
    (i32.store8 (i32.const 331) (local.get $bits))
    (i32.store16 (i32.const 333) (local.get $bits))
    (i32.store (i32.const 336) (i32.add (i32.load (i32.const 332)) (memory.size)))
    (global.set $wide (i64.add (global.get $wide) (local.get $sum)))
    (block $out (loop $more
      (br_if $out (i32.eqz (i32.and (i32.load8_u (local.get $at)) (i32.const 7))))
      (i32.store8 (local.get $at) (i32.sub (i32.load8_u (local.get $at)) (i32.const 1)))
      (br $more)))
    (i32.xor (global.get $steps) (i32.wrap_i64 (local.get $sum))))`;
/** Line 0: two calls. Others: one, at that address. */
const interrupt = `
  (if (local.get $lines)
    (then (i32.store (i32.const 1000) (call $work (local.get $lines) (i32.const 9))))
    (else
      (i32.store (i32.const 1000) (call $work (i32.const 40) (i32.const 1)))
      (i32.store (i32.const 1004) (call $work (i32.const 41) (i32.const 2)))))`;
const bytes = image(fields, { interrupt });

/** A core that shares and one that does not, which are always asked for the same. */
class Twins {
  readonly shares: Core;
  readonly runs: Core;

  constructor(bytes: Uint8Array, options: PrepareOptions) {
    this.shares = new Core(prepareUncached(bytes, '', options), recordingBus());
    this.runs = new Core(prepareUncached(bytes, '', { ...options, sharedCalls: undefined }), recordingBus());
  }

  run(lines: number, cycles = budget, prepare: (core: Core) => void = () => {}): string {
    const [shares, runs] = [this.shares, this.runs].map((core) => {
      prepare(core);
      const result = core.run('interrupt', lines, cycles);
      if (result.outcome === 'fault') {
        core.restart();
        const { cause, functionName, offset } = result.fault;
        return { outcome: `${cause} in ${functionName} at ${offset}` };
      }
      const globals = new Uint32Array(core.image.globalWords);
      core.saveGlobals(globals);
      const counts = core.image.blocks ? core.readBlockCounts() : undefined;
      const memory = createHash('sha1').update(core.memory).digest('hex');
      return { outcome: `${result.cyclesUsed} cycles`, globals, counts, memory };
    });
    expect(shares).toEqual(runs);
    return shares.outcome;
  }
}

describe('a core that shares calls', () => {
  it.each([false, true])('does what one does that runs them all, with blocks counted: %s', (countBlocks) => {
    const twins = new Twins(bytes, { ...work, countBlocks });
    const choose = chooser(1);
    for (let turn = 0; turn < 300; turn++) {
      // Few contents, so that most calls are known; some bytes are of those that the call reads, some are not.
      const prepare = (value: number) => (core: Core) => {
        core.memory[40 + (turn % 3)] = value;
        core.memory[2000] = turn;
      };
      twins.run(turn % 2, budget, prepare(choose(4)));
    }
  });

  it('leaves out a call whose bytes are the same, and runs one that reads another byte', () => {
    const { shares } = new Twins(bytes, work);
    const calls = () => shares.image.knownCalls?.known(0, [40, 9]);
    const ask = (place: number, value: number) => {
      shares.restart();
      shares.memory[place] = value;
      shares.run('interrupt', 40, budget);
      return calls();
    };
    for (let asks = 1; asks < asksFirst; asks++) expect(ask(0, 0)).toBe(0);
    expect(ask(0, 0)).toBe(1);
    expect(ask(2000, 1)).toBe(1);
    // Of the last byte that it reads, and of the one behind it. A call with a content that comes often is traced.
    for (let asks = 1; asks < asksOfSame; asks++) expect(ask(139, 1)).toBe(1);
    expect(ask(139, 1)).toBe(2);
    for (let asks = 0; asks < asksOfSame; asks++) expect(ask(140, 1)).toBe(2);
    // A byte that it writes before it reads it.
    for (let asks = 0; asks < asksOfSame; asks++) expect(ask(332, 1)).toBe(2);
  });

  it('forgets them all when there are too many', () => {
    const { shares } = new Twins(bytes, work);
    const ask = (content: number) => {
      shares.restart();
      shares.memory[100] = content;
      shares.memory[101] = content >>> 8;
      shares.run('interrupt', 40, budget);
      return shares.image.knownCalls?.known(0, [40, 9]);
    };
    for (let asks = 1; asks < asksFirst; asks++) ask(0);
    expect(ask(0)).toBe(1);
    const often = (content: number) => {
      for (let asks = 1; asks < asksOfSame; asks++) ask(content);
      return ask(content);
    };
    for (let content = 1; content < keptMax; content++) often(content);
    expect(ask(0)).toBe(keptMax);
    expect(often(keptMax)).toBe(1);
    // It has come often enough before.
    expect(ask(5)).toBe(2);
    expect(often(0)).toBe(3);
  });

  it('ends in the middle of a known call where its budget ends', () => {
    const twins = new Twins(bytes, work);
    const outcomes = new Set<string>();
    for (let cycles = 200; cycles >= 0; cycles--) outcomes.add(twins.run(40, cycles));
    expect([...outcomes].filter((outcome) => outcome.startsWith('budget')).length).toBeGreaterThan(1);
    expect([...outcomes].filter((outcome) => outcome.endsWith('cycles'))).toHaveLength(1);
  });

  it('faults in a call as one that runs it', () => {
    const twins = new Twins(bytes, work);
    for (let turn = 0; turn < asksFirst + 2; turn++) expect(twins.run(65_530)).toMatch(/^memory-out-of-bounds in work/);
    for (let turn = 0; turn < 3; turn++) expect(twins.run(-1)).toMatch(/^memory-out-of-bounds in work/);
  });

  it('is wrong when a byte that a call reads is not noted', () => {
    const blind = { sharedCalls: { functions: ['work'], blindTo: 60 } };
    const { shares, runs } = new Twins(bytes, blind);
    for (let asks = 0; asks < asksFirst; asks++) {
      shares.restart();
      shares.run('interrupt', 40, budget);
    }
    for (const core of [shares, runs]) {
      core.restart();
      core.memory[62] = 1;
      core.run('interrupt', 40, budget);
    }
    expect(Buffer.compare(shares.memory, runs.memory)).not.toBe(0);
  });

  it('does not look at globals that make no difference, as it was told', () => {
    const ask = (core: Core, steps: number) => {
      core.restart();
      core.restoreGlobals(Uint32Array.of(steps, 5, 0));
      core.run('interrupt', 40, budget);
      return core.memory[1000];
    };
    const knowing = (indifferentFrom?: number) => {
      const { shares } = new Twins(bytes, { sharedCalls: { functions: ['work'], indifferentFrom } });
      for (let asks = 0; asks < asksFirst; asks++) ask(shares, 3);
      return shares;
    };
    expect(ask(knowing(), 4)).not.toBe(ask(knowing(), 3));
    expect(ask(knowing(0), 4)).toBe(ask(knowing(), 3));
  });

  it('leaves a global as the call does that writes it and never reads it', () => {
    const writer = image(
      `(global $left (mut i32) (i32.const 1))
       (func $work (param $at i32) (param $bits i32) (result i32) (global.set $left (local.get $bits)) (local.get $at))`,
      { interrupt },
    );
    const twins = new Twins(writer, work);
    // The call is known from a core in which the global has that value already.
    for (let asks = 0; asks < 2 * asksFirst; asks++) twins.run(40);
    twins.run(40, budget, (core) => core.restart());
  });

  it('runs every call when it is told to', () => {
    const { shares } = new Twins(bytes, work);
    shares.sharesCalls = false;
    for (let asks = 0; asks < asksFirst; asks++) shares.run('interrupt', 40, budget);
    expect(shares.image.knownCalls?.known(0, [40, 9])).toBe(0);
  });
});

describe('the functions whose calls can be shared', () => {
  it('never reach the bus, call nothing by a table, and have words for arguments', () => {
    const module = `
      (type $nothing (func)) (table 1 1 funcref) (elem (i32.const 0) $quiet)
      (func $quiet)
      (func $pure (param i32) (call $quiet))
      (func $bus (drop (call $read32 (i32.const 0))))
      (func $far (call $bus))
      (func $table (call_indirect (type $nothing) (i32.const 0)))
      (func $wide (param i64))`;
    const names = ['pure', 'bus', 'far', 'table', 'wide', 'unknown'];
    const checked = checkImage(image(module, { reset: '(call $far) (call $table) (call $pure (i32.const 0))' }));
    const found = pureFunctions(checked, names);
    expect(found.map(({ functionIndex }) => checked.sections.names.get(functionIndex))).toEqual(['pure']);
    expect(prepareImage(checked.bytes, { sharedCalls: { functions: ['bus'] } }).knownCalls).toBeUndefined();
  });
});

describe('a traced call', () => {
  it('notes each byte that it reads before it writes it, each that it writes, and its cycles', () => {
    const traced = new TracedCalls(bytes, pureFunctions(checkImage(bytes), ['work']), false);
    const core = new Core(prepareUncached(bytes), recordingBus());
    const ram = new Uint32Array(core.memory.slice().buffer);
    const globals = new Uint32Array(core.image.globalWords);
    core.saveGlobals(globals);
    const index = core.image.functionNames.indexOf('work');
    const { read, wrote, cycles } = traced.run(index, [40, 9], ram, globals, budget) ?? expect.fail('it returns');
    const bytesOf = ({ places, masks }: typeof read) =>
      [...places].flatMap((place, at) =>
        [0, 1, 2, 3].filter((byte) => (masks[at] >>> (8 * byte)) & 1).map((byte) => 4 * place + byte),
      );
    const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);
    expect(bytesOf(read)).toEqual([...range(40, 140), ...range(512, 590)]);
    const written = [range(256, 356), range(400, 421), range(600, 678)].flat();
    expect(bytesOf(wrote)).toEqual(written);
    const used = core.run('interrupt', 40, budget);
    expect(used.outcome === 'returned' && used.cyclesUsed - cycles).toBeLessThan(10);
  });

  it('of a compiled guest does what the guest does', async () => {
    const guest = await compileGuest('bootloader/crypto/crypto.entry.ts');
    const bus = { read32: () => 0, write32: () => {} };
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(guest as Uint8Array<ArrayBuffer>), { bus });
    const at = (name: string) => (exports[name] as WebAssembly.Global).value as number;
    const twins = new Twins(guest, {
      sharedCalls: { functions: ['sha256Update', 'ed25519Verify'] },
      countBlocks: true,
    });
    for (let turn = 0; turn < asksFirst + 8 * asksOfSame; turn++) {
      const prepare = (core: Core) => {
        core.memory.fill(turn % 3, at('SLOTS'), at('SLOTS') + 3 * at('SLOT_SIZE'));
        core.memory.fill(turn % 2, at('MESSAGE'), at('MESSAGE') + 5000);
        new DataView(core.memory.buffer).setUint32(at('SLOTS') + 2 * at('SLOT_SIZE'), 5000, true);
      };
      expect(twins.run(at('SHA256_LINE'), budget, prepare)).toMatch(/cycles$/);
      expect(twins.run(at('VERIFY_LINE'), budget, prepare)).toMatch(/cycles$/);
    }
    const { knownCalls } = twins.shares.image;
    expect(knownCalls?.functions.length).toBe(2);
  });
});
