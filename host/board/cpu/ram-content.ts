// What some bytes of RAM hold, in a form that is compared and written fast: runs of whole words, and words of which only some bytes count.

import type { Words } from './traced-calls.ts';

/** Words that follow each other. */
interface Run {
  /** The first word. */
  place: number;
  words: Uint32Array;
  bytes: Buffer;
}

export interface Content {
  words: Words;
  runs: readonly Run[];
}

/** For fewer words than this a loop is faster than a call of the engine's own functions. */
const runWords = 16;
const whole = 0xffff_ffff;

/** Keeps the order of the words, as far as they are in no run. */
export function contentOf({ places, masks, values }: Words): Content {
  const loose: number[] = [];
  const runs: Run[] = [];
  for (let first = 0; first < places.length; ) {
    let end = first + 1;
    while (end < places.length && places[end] === places[end - 1] + 1 && masks[end] === whole) end++;
    if (masks[first] !== whole || end - first < runWords) {
      // A run may begin behind a word that is not whole.
      end = masks[first] === whole ? end : first + 1;
      for (let index = first; index < end; index++) loose.push(index);
    } else {
      const words = values.slice(first, end);
      runs.push({ place: places[first], words, bytes: Buffer.from(words.buffer) });
    }
    first = end;
  }
  const pick = (list: Uint32Array) => Uint32Array.from(loose, (index) => list[index]);
  return { words: { places: pick(places), masks: pick(masks), values: pick(values) }, runs };
}

/** Whether RAM holds this. `bytes` are those of `ram`. */
export function holds({ words: { places, masks, values }, runs }: Content, ram: Uint32Array, bytes: Buffer): boolean {
  for (let index = 0; index < places.length; index++)
    if (((ram[places[index]] & masks[index]) ^ values[index]) !== 0) return false;
  for (const run of runs) {
    const from = 4 * run.place;
    if (run.bytes.compare(bytes, from, from + run.bytes.length) !== 0) return false;
  }
  return true;
}

/** A digest of what RAM holds where `content` has words; what `content` holds itself makes no difference. */
export function digestOf({ words: { places, masks }, runs }: Content, ram: Uint32Array): number {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < places.length; index++)
    hash = Math.imul(hash ^ (ram[places[index]] & masks[index]), prime);
  for (const { place, words } of runs) hash = digestOfRun(ram, place, place + words.length, hash);
  return hash;
}

const prime = 0x0100_0193;

/** Four words at a time, because each multiplication waits for the one before it. */
function digestOfRun(ram: Uint32Array, from: number, to: number, hash: number): number {
  let one = hash | 0;
  let two = 1;
  let three = 2;
  let four = 3;
  let place = from;
  for (; place + 3 < to; place += 4) {
    one = Math.imul(one ^ ram[place], prime);
    two = Math.imul(two ^ ram[place + 1], prime);
    three = Math.imul(three ^ ram[place + 2], prime);
    four = Math.imul(four ^ ram[place + 3], prime);
  }
  for (; place < to; place++) one = Math.imul(one ^ ram[place], prime);
  return Math.imul(Math.imul(Math.imul(one, prime) ^ two, prime) ^ three, prime) ^ four;
}

export function writeTo({ words: { places, masks, values }, runs }: Content, ram: Uint32Array): void {
  for (let index = 0; index < places.length; index++)
    ram[places[index]] = (ram[places[index]] & ~masks[index]) | values[index];
  for (const { place, words } of runs) ram.set(words, place);
}
