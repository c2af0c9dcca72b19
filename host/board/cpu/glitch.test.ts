// A glitchable image asleep does what it did before; awake, exactly one thing goes wrong, when it was asked to.

import { describe, expect, it } from 'vitest';
import { chooser } from '../random.ts';
import { seeds } from '../testing/cases.ts';
import {
  armGlitch,
  Core,
  checkImage,
  functionsIn,
  type Glitch,
  type KindOfSite,
  makeGlitchable,
  prepareImage,
} from './cpu.ts';
import { prepareUncached } from './image.ts';
import { image, recordingBus } from './testing/modules.ts';
import { randomImage } from './testing/random-program.ts';

const none = { site: -1, occurrence: 0, value: 0, useArgument: 0, and: -1, xor: 0 };

describe('asleep', () => {
  it('random programs make the same accesses with the same end', () => {
    let accesses = 0;
    for (const seed of seeds(150)) {
      const bytes = randomImage(chooser(seed));
      const [before, after] = [recordingBus(), recordingBus()];
      const glitchable = makeGlitchable(checkImage(bytes), []).bytes;
      const plain = new Core(prepareUncached(bytes), before).run('reset', 0, 10_000_000);
      const rewritten = new Core(prepareUncached(glitchable), after).run('reset', 0, 100_000_000);
      // Only what is later differs.
      const told = (bus: typeof before) => bus.accesses.map(({ address, value }) => ({ address, value }));
      expect({ seed, end: rewritten.outcome, accesses: told(after) }).toEqual({
        seed,
        end: plain.outcome,
        accesses: told(before),
      });
      accesses += before.accesses.length;
    }
    expect(accesses).toBeGreaterThan(1000);
  });

  it('random programs take the same cycles, to each access, whichever sites are tried', () => {
    for (const seed of seeds(100)) {
      const checked = checkImage(randomImage(chooser(seed)));
      const ends = [() => true, ({ offset }: KindOfSite) => offset % 3 === seed % 3, () => false].map((isTried) => {
        const bus = recordingBus();
        const { bytes } = makeGlitchable(checked, [], isTried);
        const { outcome, cyclesUsed } = new Core(prepareUncached(bytes), bus).run('reset', 0, 100_000_000);
        // A run that faults has been charged for what it would have done next as well.
        return { seed, outcome, cyclesUsed: outcome === 'returned' && cyclesUsed, accesses: bus.accesses };
      });
      expect(ends[1]).toEqual(ends[0]);
      expect(ends[2]).toEqual(ends[0]);
    }
  });
});

it('is in calls that can be shared where these, or what they call, have a site', () => {
  const checked = checkImage(
    image(`
    (func $deep (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
    (func $pure (param i32) (result i32) (call $deep (local.get 0)))
    (func $other (param i32) (result i32) (call $pure (local.get 0)))
    (func $loud (param i32) (call $write32 (i32.const 0x100) (local.get 0)))`),
  );
  expect(functionsIn(checked, ['pure', 'loud'])).toEqual(new Set(['pure', 'deep']));
});

describe('awake', () => {
  const fields = `
    (func $double (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
    (func $wide (param i64 i32) (result i64) (i64.const 9))
    (func $copy (param i32 i32 i32 i32) (memory.fill (local.get 0) (i32.const 0x55) (local.get 2)))
    (func $say (param i32) (call $write32 (i32.const 0x100) (local.get 0)))`;
  const reset = `(local $i i32)
    (loop $again
      (if (i32.eq (local.get $i) (i32.const 1)) (then (call $say (i32.const 100))) (else (call $say (i32.const 200))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))
    (call $say (select (i32.const 7) (i32.const 8) (i32.const 1)))
    (call $say (call $double (i32.const 21)))
    (call $say (i32.wrap_i64 (call $wide (i64.const 4) (i32.const 5))))
    (call $say (i32.shr_u (call $read32 (i32.const 0x40)) (i32.const 16)))
    (call $copy (i32.const 64) (i32.const 0) (i32.const 4) (i32.const 0))
    (call $say (i32.load (i32.const 64)))
    (block $c (block $b (block $a (br_table $a $b $c (i32.const 0))) (call $say (i32.const 1)) (br $c)) (call $say (i32.const 2)))`;
  const plain = checkImage(image(fields, { reset }));
  const module = makeGlitchable(plain, ['copy']);
  const { sites } = module;
  const says = (glitch: Partial<Glitch>) => {
    const said: number[] = [];
    const bus = {
      read32: () => 0x12345678,
      write32: (_address: number, value: number) => {
        said.push(value);
      },
    };
    const core = new Core(prepareImage(module.bytes), bus);
    const words = new Uint32Array(core.image.globalWords);
    core.saveGlobals(words);
    core.restoreGlobals(armGlitch(words, { ...none, ...glitch }));
    core.run('reset', 0, 10_000);
    return said;
  };
  const sane = [200, 100, 200, 7, 42, 9, 0x1234, 0x55555555, 1];
  /** What is said otherwise, by place. */
  const changes = (glitch: Partial<Glitch>) =>
    says(glitch).flatMap((value, place) => (value === sane[place] ? [] : [[place, value]]));
  const siteOf = (kind: string, callee?: string, nth = 0) => {
    const found = sites.flatMap((site, number) => (site.kind === kind && site.callee === callee ? [number] : []));
    return found.filter((number) => sites[number].functionName !== 'say')[nth];
  };

  it('is nothing else while no site is chosen', () => {
    expect(says({})).toEqual(sane);
    expect(new Set(sites.map(({ kind }) => kind))).toEqual(new Set(['branch', 'call', 'read', 'copy']));
  });

  it.each([...new Set(sites.map(({ kind }) => kind))])('takes the same cycles when a %s is not tried', (kind) => {
    const [all, some] = [() => true, (site: KindOfSite) => site.kind !== kind].map((isTried) => {
      const bus = recordingBus();
      const { bytes } = makeGlitchable(plain, ['copy'], isTried);
      return { ...new Core(prepareImage(bytes), bus).run('reset', 0, 10_000), accesses: bus.accesses };
    });
    expect(some).toEqual(all);
  });

  it('an if goes the other way at the execution that was asked for, or at each', () => {
    const site = siteOf('branch', undefined, 0);
    expect(changes({ site, occurrence: 1 })).toEqual([[0, 100]]);
    expect(changes({ site, occurrence: 2 })).toEqual([[1, 200]]);
    expect(changes({ site, occurrence: 0 })).toEqual([
      [0, 100],
      [1, 200],
      [2, 100],
    ]);
    expect(changes({ site, occurrence: 4 })).toEqual([]);
  });

  it('a br_if ends a loop early, a select takes the other, a br_table the arm beside', () => {
    expect(says({ site: siteOf('branch', undefined, 1), occurrence: 1 })).toEqual([200, ...sane.slice(3)]);
    expect(changes({ site: siteOf('branch', undefined, 2), occurrence: 1 })).toEqual([[3, 8]]);
    expect(changes({ site: siteOf('branch', undefined, 3), occurrence: 1 })).toEqual([[8, 2]]);
  });

  it('a call is not made, and leaves what was asked for', () => {
    const site = siteOf('call', 'double');
    expect(sites[site].owesResult).toBe(true);
    expect(changes({ site, occurrence: 1 })).toEqual([[4, 0]]);
    expect(changes({ site, occurrence: 1, value: 5 })).toEqual([[4, 5]]);
    expect(changes({ site, occurrence: 1, value: 5, useArgument: 1 })).toEqual([[4, 21]]);
    expect(changes({ site: siteOf('call', 'wide'), occurrence: 1, useArgument: 1 })).toEqual([[5, 5]]);
    expect(changes({ site: siteOf('call', 'copy'), occurrence: 1 })).toEqual([[7, 0]]);
    expect(says({ site: siteOf('call', 'say'), occurrence: 1 })).toEqual([200, ...sane.slice(2)]);
  });

  it('a word comes back otherwise, a copied byte is damaged', () => {
    expect(changes({ site: siteOf('read'), occurrence: 1, xor: 1 << 20 })).toEqual([[6, 0x1224]]);
    expect(changes({ site: siteOf('read'), occurrence: 1, and: 0, xor: -1 })).toEqual([[6, 0xffff]]);
    expect(changes({ site: siteOf('copy', 'copy'), occurrence: 1, value: 5, xor: 1 })).toEqual([[7, 0x55555455]]);
  });
});
