// Bytes that mean harm. Whatever a module's bytes are changed to, reading them ends in an image the engine also accepts, or in
// ImageRefused; and what was accepted runs to an end. Seeds are fixed; a failure names its own.

import { describe, expect, it } from 'vitest';
import { compileGuest } from '../../tools/guest.ts';
import { type Choose, chooser } from '../random.ts';
import { seeds } from '../testing/cases.ts';
import { Core, checkImage, ImageRefused } from './cpu.ts';
import { prepareUncached } from './image.ts';
import { image, recordingBus } from './testing/modules.ts';
import { randomImage } from './testing/random-program.ts';
import { moduleOf } from './testing/raw-module.ts';

/** Every section, every kind of declaration, every immediate. */
const everything = image(
  `(type $t (func (param i32) (result i32)))
   (table 2 4 funcref) (elem (i32.const 1) $g) (func $g (type $t) (local.get 0))
   (global $a (mut i32) (i32.const -70000)) (global $b (mut i64) (i64.const 0x7fffffffffffffff)) (global i32 (i32.const 3))
   (data (i32.const 16) "some data") (data (i32.const 65530) "more")
   (func $f (type $t) (local i32 i64)
     (block $out (loop $again (br_table $out $again $out (call_indirect (type $t) (local.get 0) (i32.const 5)))))
     (memory.copy (i32.const 0) (i32.const 8) (i32.load8_u offset=70000 (local.get 0)))
     (global.set $b (i64.load (local.tee 1 (i32.const 8))))
     (if (result i32) (local.get 0) (then (i32.const 1)) (else (call $read32 (i32.const 4)))))`,
  { reset: '(call $write32 (i32.const 0) (i32.const 1)) (global.set $a (i32.const 1))' },
).slice();

/** What became of the bytes. Anything but an image or a refusal is thrown on. */
function outcomeOf(bytes: Uint8Array): 'accepted' | 'refused' {
  try {
    const prepared = prepareUncached(bytes);
    if (!WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)) throw new Error('accepted what the engine does not');
    const result = new Core(prepared, recordingBus()).run('reset', 0, 20_000);
    expect(['returned', 'fault']).toContain(result.outcome);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof ImageRefused)) throw error;
    expect(error.offset, error.message).toBeLessThanOrEqual(bytes.length);
    return 'refused';
  }
}

/** One to four changes: a byte anew, a bit, a byte gone, a byte more, a run copied from elsewhere. */
function mutate(source: Uint8Array, choose: Choose): Uint8Array {
  const bytes = [...source];
  for (let change = choose(4); change >= 0; change--) {
    const at = 8 + choose(bytes.length - 8);
    const kind = choose(6);
    if (kind === 0) bytes[at] = choose(256);
    else if (kind === 1) bytes[at] ^= 1 << choose(8);
    else if (kind === 2) bytes[at] = [0, 1, 0x7f, 0x80, 0xff][choose(5)];
    else if (kind === 3) bytes.splice(at, 1);
    else if (kind === 4) bytes.splice(at, 0, choose(256));
    else bytes.splice(at, 0, ...bytes.slice(at, at + choose(16)));
  }
  return Uint8Array.from(bytes);
}

function mutateMany(source: (seed: number) => Uint8Array, count: number): { accepted: number; refused: number } {
  const outcomes = { accepted: 0, refused: 0 };
  for (const seed of seeds(count)) {
    try {
      outcomes[outcomeOf(mutate(source(seed), chooser(seed)))]++;
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  return outcomes;
}

describe('hostile bytes are refused or run, never more', () => {
  it('every truncation of a module is refused', () => {
    expect(outcomeOf(everything)).toBe('accepted');
    for (let length = 0; length < everything.length; length++) {
      const outcome = outcomeOf(everything.slice(0, length));
      // Without its last sections, names and the like, a module can be whole.
      if (outcome === 'accepted') expect(WebAssembly.validate(everything.slice(0, length))).toBe(true);
    }
    expect(outcomeOf(everything.slice(0, 60))).toBe('refused');
  });

  it('every single byte of a module may be anything', () => {
    for (let at = 8; at < everything.length; at++) {
      for (const value of [0x00, 0x01, 0x40, 0x7f, 0x80, 0xff]) {
        const bytes = everything.slice();
        bytes[at] = value;
        outcomeOf(bytes);
      }
    }
  });

  it('a small module with every section, changed at random', () => {
    const { accepted, refused } = mutateMany(() => everything, 3000);
    expect(accepted).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(1000);
  });

  it('random programs, changed at random', () => {
    const { accepted, refused } = mutateMany((seed) => randomImage(chooser(seed % 50)), 1500);
    expect(accepted).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(500);
  });

  it('a compiled guest, changed at random', async () => {
    const guest = await compileGuest('bootloader/crypto/crypto.entry.ts');
    for (const seed of seeds(150)) outcomeOf(mutate(guest, chooser(seed)));
    for (let length = 0; length < guest.length; length += 251)
      expect(outcomeOf(guest.slice(0, length))).toBe('refused');
  });

  it('counts that promise more than the bytes hold', () => {
    const sectionOf = (id: number, ...contents: number[]) =>
      Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, id, contents.length, ...contents]);
    for (const id of [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12]) {
      expect(outcomeOf(sectionOf(id, 0xff, 0xff, 0xff, 0xff, 0x0f))).toBe('refused');
      expect(outcomeOf(sectionOf(id, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f))).toBe('refused');
    }
  });

  it('nesting as deep as a slot of flash allows', () => {
    const depth = 150_000;
    const code = new Uint8Array(3 * depth + 1).fill(0x0b);
    for (let i = 0; i < depth; i++) code.set([0x02, 0x40], 2 * i);
    expect(outcomeOf(moduleOf(code))).toBe('accepted');
  });

  it('branches from the deepest nesting to everywhere', () => {
    const code: number[] = [];
    for (let i = 0; i < 20_000; i++) code.push(0x02, 0x40);
    for (let i = 0; i < 20_000; i++) code.push(0x41, 0, 0x0d, (i & 0x7f) | 0x80, (i >>> 7) & 0x7f);
    for (let i = 0; i <= 20_000; i++) code.push(0x0b);
    expect(outcomeOf(moduleOf(code))).toBe('accepted');
  });

  it('a call chain through thousands of functions', () => {
    const count = 8000;
    const fields = Array.from({ length: count }, (_, i) => `(func $f${i} ${i + 1 < count ? `(call $f${i + 1})` : ''})`);
    expect(() => checkImage(image(fields.join(' '), { reset: '(call $f0)' }))).toThrow(/stack-depth/);
  });
});
