// Which bank changes connect the wrong cell: one in ten million, drawn as the number of good ones in between.
//
// The bits of a geometric number are independent: bit k is one with the probability q^(2^k) / (1 + q^(2^k)), where q is the probability that a bank change is
// good. So a gap is drawn exactly, bit by bit, and bank changes that are passed over need no draw of their own. What must stay true: a gap
// depends only on the seed and on the number of the wrong one before it; only operations that every machine rounds alike are used.

/** One bank change in ten million connects the wrong cell. */
export const switchErrorRate = 1e-7;
/** A gap of 2^28 has a probability of 10^-12, less than a word resolves. */
const gapBits = 28;

const chances = chancesOfBits();

/** The number of the next bank change that connects the wrong cell; they are counted from 1, and the last wrong one was number `last` (0: none yet). */
export function nextWrongSwitch(seed: number, last: number): number {
  let good = 0;
  for (const [bit, chance] of chances.entries())
    if (hash(hash(seed ^ 0x5eed, last), bit) / 2 ** 32 < chance) good += 2 ** bit;
  return last + 1 + good;
}

function chancesOfBits(): number[] {
  const bits: number[] = [];
  let good = 1 - switchErrorRate;
  for (let bit = 0; bit < gapBits; bit++) {
    bits.push(good / (1 + good));
    good *= good;
  }
  return bits;
}

/** A word from two numbers. */
export function hash(seed: number, number: number): number {
  let word =
    Math.imul(seed, 0x9e37_79b1) + Math.imul(number | 0, 0x2545_f491) + Math.floor(number / 2 ** 32) + 0x7f4a_7c15;
  word = Math.imul(word ^ (word >>> 15), 0x9e37_79b1);
  word = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2_ae35);
  return (word ^ (word >>> 16)) >>> 0;
}
