// One SHA-256 block, all 64 rounds written out (FIPS 180-4, 6.2.2). Written by generate/generate.ts.
// Unrolled, the sixteen schedule words and the eight state words stay in locals, the state rotates by renaming, and the
// whole block is one straight line that cycle metering charges once. A loop of 4 x 16 rounds measured 16 % slower.
//
// The standard's rotr(x, 2) ^ rotr(x, 13) ^ rotr(x, 22) is rotr(rotr(rotr(x, 9) ^ x, 11) ^ x, 2), with two copies of x less
// (x86 rotates in place): 3 % faster. Only bigSigma1 stays as it is, for e comes last and the longer chain would cost more.

function bigSigma0(x: u32): u32 {
  return rotr<u32>(rotr<u32>(rotr<u32>(x, 9) ^ x, 11) ^ x, 2);
}

function bigSigma1(x: u32): u32 {
  return rotr<u32>(x, 6) ^ rotr<u32>(x, 11) ^ rotr<u32>(x, 25);
}

function smallSigma0(x: u32): u32 {
  return rotr<u32>(rotr<u32>(x, 11) ^ x, 7) ^ (x >>> 3);
}

function smallSigma1(x: u32): u32 {
  return rotr<u32>(rotr<u32>(x, 2) ^ x, 17) ^ (x >>> 10);
}

function choose(e: u32, f: u32, g: u32): u32 {
  return g ^ (e & (f ^ g));
}

/** Mixes the 64 bytes at `block` into the eight u32 of `state`. */
export function sha256Compress(state: usize, block: usize): void {
  let a = load<u32>(state, 0);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  let e = load<u32>(state, 16);
  let f = load<u32>(state, 20);
  let g = load<u32>(state, 24);
  let h = load<u32>(state, 28);
  let w0 = bswap<u32>(load<u32>(block, 0));
  let w1 = bswap<u32>(load<u32>(block, 4));
  let w2 = bswap<u32>(load<u32>(block, 8));
  let w3 = bswap<u32>(load<u32>(block, 12));
  let w4 = bswap<u32>(load<u32>(block, 16));
  let w5 = bswap<u32>(load<u32>(block, 20));
  let w6 = bswap<u32>(load<u32>(block, 24));
  let w7 = bswap<u32>(load<u32>(block, 28));
  let w8 = bswap<u32>(load<u32>(block, 32));
  let w9 = bswap<u32>(load<u32>(block, 36));
  let w10 = bswap<u32>(load<u32>(block, 40));
  let w11 = bswap<u32>(load<u32>(block, 44));
  let w12 = bswap<u32>(load<u32>(block, 48));
  let w13 = bswap<u32>(load<u32>(block, 52));
  let w14 = bswap<u32>(load<u32>(block, 56));
  let w15 = bswap<u32>(load<u32>(block, 60));
  let ab: u32 = 0;
  let bc: u32 = b ^ c;
  h += bigSigma1(e) + choose(e, f, g) + 0x428a2f98 + w0; d += h; ab = a ^ b; h += bigSigma0(a) + (b ^ (bc & ab));
  g += bigSigma1(d) + choose(d, e, f) + 0x71374491 + w1; c += g; bc = h ^ a; g += bigSigma0(h) + (a ^ (ab & bc));
  f += bigSigma1(c) + choose(c, d, e) + 0xb5c0fbcf + w2; b += f; ab = g ^ h; f += bigSigma0(g) + (h ^ (bc & ab));
  e += bigSigma1(b) + choose(b, c, d) + 0xe9b5dba5 + w3; a += e; bc = f ^ g; e += bigSigma0(f) + (g ^ (ab & bc));
  d += bigSigma1(a) + choose(a, b, c) + 0x3956c25b + w4; h += d; ab = e ^ f; d += bigSigma0(e) + (f ^ (bc & ab));
  c += bigSigma1(h) + choose(h, a, b) + 0x59f111f1 + w5; g += c; bc = d ^ e; c += bigSigma0(d) + (e ^ (ab & bc));
  b += bigSigma1(g) + choose(g, h, a) + 0x923f82a4 + w6; f += b; ab = c ^ d; b += bigSigma0(c) + (d ^ (bc & ab));
  a += bigSigma1(f) + choose(f, g, h) + 0xab1c5ed5 + w7; e += a; bc = b ^ c; a += bigSigma0(b) + (c ^ (ab & bc));
  h += bigSigma1(e) + choose(e, f, g) + 0xd807aa98 + w8; d += h; ab = a ^ b; h += bigSigma0(a) + (b ^ (bc & ab));
  g += bigSigma1(d) + choose(d, e, f) + 0x12835b01 + w9; c += g; bc = h ^ a; g += bigSigma0(h) + (a ^ (ab & bc));
  f += bigSigma1(c) + choose(c, d, e) + 0x243185be + w10; b += f; ab = g ^ h; f += bigSigma0(g) + (h ^ (bc & ab));
  e += bigSigma1(b) + choose(b, c, d) + 0x550c7dc3 + w11; a += e; bc = f ^ g; e += bigSigma0(f) + (g ^ (ab & bc));
  d += bigSigma1(a) + choose(a, b, c) + 0x72be5d74 + w12; h += d; ab = e ^ f; d += bigSigma0(e) + (f ^ (bc & ab));
  c += bigSigma1(h) + choose(h, a, b) + 0x80deb1fe + w13; g += c; bc = d ^ e; c += bigSigma0(d) + (e ^ (ab & bc));
  b += bigSigma1(g) + choose(g, h, a) + 0x9bdc06a7 + w14; f += b; ab = c ^ d; b += bigSigma0(c) + (d ^ (bc & ab));
  a += bigSigma1(f) + choose(f, g, h) + 0xc19bf174 + w15; e += a; bc = b ^ c; a += bigSigma0(b) + (c ^ (ab & bc));
  w0 += smallSigma0(w1) + w9 + smallSigma1(w14);
  h += bigSigma1(e) + choose(e, f, g) + 0xe49b69c1 + w0; d += h; ab = a ^ b; h += bigSigma0(a) + (b ^ (bc & ab));
  w1 += smallSigma0(w2) + w10 + smallSigma1(w15);
  g += bigSigma1(d) + choose(d, e, f) + 0xefbe4786 + w1; c += g; bc = h ^ a; g += bigSigma0(h) + (a ^ (ab & bc));
  w2 += smallSigma0(w3) + w11 + smallSigma1(w0);
  f += bigSigma1(c) + choose(c, d, e) + 0x0fc19dc6 + w2; b += f; ab = g ^ h; f += bigSigma0(g) + (h ^ (bc & ab));
  w3 += smallSigma0(w4) + w12 + smallSigma1(w1);
  e += bigSigma1(b) + choose(b, c, d) + 0x240ca1cc + w3; a += e; bc = f ^ g; e += bigSigma0(f) + (g ^ (ab & bc));
  w4 += smallSigma0(w5) + w13 + smallSigma1(w2);
  d += bigSigma1(a) + choose(a, b, c) + 0x2de92c6f + w4; h += d; ab = e ^ f; d += bigSigma0(e) + (f ^ (bc & ab));
  w5 += smallSigma0(w6) + w14 + smallSigma1(w3);
  c += bigSigma1(h) + choose(h, a, b) + 0x4a7484aa + w5; g += c; bc = d ^ e; c += bigSigma0(d) + (e ^ (ab & bc));
  w6 += smallSigma0(w7) + w15 + smallSigma1(w4);
  b += bigSigma1(g) + choose(g, h, a) + 0x5cb0a9dc + w6; f += b; ab = c ^ d; b += bigSigma0(c) + (d ^ (bc & ab));
  w7 += smallSigma0(w8) + w0 + smallSigma1(w5);
  a += bigSigma1(f) + choose(f, g, h) + 0x76f988da + w7; e += a; bc = b ^ c; a += bigSigma0(b) + (c ^ (ab & bc));
  w8 += smallSigma0(w9) + w1 + smallSigma1(w6);
  h += bigSigma1(e) + choose(e, f, g) + 0x983e5152 + w8; d += h; ab = a ^ b; h += bigSigma0(a) + (b ^ (bc & ab));
  w9 += smallSigma0(w10) + w2 + smallSigma1(w7);
  g += bigSigma1(d) + choose(d, e, f) + 0xa831c66d + w9; c += g; bc = h ^ a; g += bigSigma0(h) + (a ^ (ab & bc));
  w10 += smallSigma0(w11) + w3 + smallSigma1(w8);
  f += bigSigma1(c) + choose(c, d, e) + 0xb00327c8 + w10; b += f; ab = g ^ h; f += bigSigma0(g) + (h ^ (bc & ab));
  w11 += smallSigma0(w12) + w4 + smallSigma1(w9);
  e += bigSigma1(b) + choose(b, c, d) + 0xbf597fc7 + w11; a += e; bc = f ^ g; e += bigSigma0(f) + (g ^ (ab & bc));
  w12 += smallSigma0(w13) + w5 + smallSigma1(w10);
  d += bigSigma1(a) + choose(a, b, c) + 0xc6e00bf3 + w12; h += d; ab = e ^ f; d += bigSigma0(e) + (f ^ (bc & ab));
  w13 += smallSigma0(w14) + w6 + smallSigma1(w11);
  c += bigSigma1(h) + choose(h, a, b) + 0xd5a79147 + w13; g += c; bc = d ^ e; c += bigSigma0(d) + (e ^ (ab & bc));
  w14 += smallSigma0(w15) + w7 + smallSigma1(w12);
  b += bigSigma1(g) + choose(g, h, a) + 0x06ca6351 + w14; f += b; ab = c ^ d; b += bigSigma0(c) + (d ^ (bc & ab));
  w15 += smallSigma0(w0) + w8 + smallSigma1(w13);
  a += bigSigma1(f) + choose(f, g, h) + 0x14292967 + w15; e += a; bc = b ^ c; a += bigSigma0(b) + (c ^ (ab & bc));
  w0 += smallSigma0(w1) + w9 + smallSigma1(w14);
  h += bigSigma1(e) + choose(e, f, g) + 0x27b70a85 + w0; d += h; ab = a ^ b; h += bigSigma0(a) + (b ^ (bc & ab));
  w1 += smallSigma0(w2) + w10 + smallSigma1(w15);
  g += bigSigma1(d) + choose(d, e, f) + 0x2e1b2138 + w1; c += g; bc = h ^ a; g += bigSigma0(h) + (a ^ (ab & bc));
  w2 += smallSigma0(w3) + w11 + smallSigma1(w0);
  f += bigSigma1(c) + choose(c, d, e) + 0x4d2c6dfc + w2; b += f; ab = g ^ h; f += bigSigma0(g) + (h ^ (bc & ab));
  w3 += smallSigma0(w4) + w12 + smallSigma1(w1);
  e += bigSigma1(b) + choose(b, c, d) + 0x53380d13 + w3; a += e; bc = f ^ g; e += bigSigma0(f) + (g ^ (ab & bc));
  w4 += smallSigma0(w5) + w13 + smallSigma1(w2);
  d += bigSigma1(a) + choose(a, b, c) + 0x650a7354 + w4; h += d; ab = e ^ f; d += bigSigma0(e) + (f ^ (bc & ab));
  w5 += smallSigma0(w6) + w14 + smallSigma1(w3);
  c += bigSigma1(h) + choose(h, a, b) + 0x766a0abb + w5; g += c; bc = d ^ e; c += bigSigma0(d) + (e ^ (ab & bc));
  w6 += smallSigma0(w7) + w15 + smallSigma1(w4);
  b += bigSigma1(g) + choose(g, h, a) + 0x81c2c92e + w6; f += b; ab = c ^ d; b += bigSigma0(c) + (d ^ (bc & ab));
  w7 += smallSigma0(w8) + w0 + smallSigma1(w5);
  a += bigSigma1(f) + choose(f, g, h) + 0x92722c85 + w7; e += a; bc = b ^ c; a += bigSigma0(b) + (c ^ (ab & bc));
  w8 += smallSigma0(w9) + w1 + smallSigma1(w6);
  h += bigSigma1(e) + choose(e, f, g) + 0xa2bfe8a1 + w8; d += h; ab = a ^ b; h += bigSigma0(a) + (b ^ (bc & ab));
  w9 += smallSigma0(w10) + w2 + smallSigma1(w7);
  g += bigSigma1(d) + choose(d, e, f) + 0xa81a664b + w9; c += g; bc = h ^ a; g += bigSigma0(h) + (a ^ (ab & bc));
  w10 += smallSigma0(w11) + w3 + smallSigma1(w8);
  f += bigSigma1(c) + choose(c, d, e) + 0xc24b8b70 + w10; b += f; ab = g ^ h; f += bigSigma0(g) + (h ^ (bc & ab));
  w11 += smallSigma0(w12) + w4 + smallSigma1(w9);
  e += bigSigma1(b) + choose(b, c, d) + 0xc76c51a3 + w11; a += e; bc = f ^ g; e += bigSigma0(f) + (g ^ (ab & bc));
  w12 += smallSigma0(w13) + w5 + smallSigma1(w10);
  d += bigSigma1(a) + choose(a, b, c) + 0xd192e819 + w12; h += d; ab = e ^ f; d += bigSigma0(e) + (f ^ (bc & ab));
  w13 += smallSigma0(w14) + w6 + smallSigma1(w11);
  c += bigSigma1(h) + choose(h, a, b) + 0xd6990624 + w13; g += c; bc = d ^ e; c += bigSigma0(d) + (e ^ (ab & bc));
  w14 += smallSigma0(w15) + w7 + smallSigma1(w12);
  b += bigSigma1(g) + choose(g, h, a) + 0xf40e3585 + w14; f += b; ab = c ^ d; b += bigSigma0(c) + (d ^ (bc & ab));
  w15 += smallSigma0(w0) + w8 + smallSigma1(w13);
  a += bigSigma1(f) + choose(f, g, h) + 0x106aa070 + w15; e += a; bc = b ^ c; a += bigSigma0(b) + (c ^ (ab & bc));
  w0 += smallSigma0(w1) + w9 + smallSigma1(w14);
  h += bigSigma1(e) + choose(e, f, g) + 0x19a4c116 + w0; d += h; ab = a ^ b; h += bigSigma0(a) + (b ^ (bc & ab));
  w1 += smallSigma0(w2) + w10 + smallSigma1(w15);
  g += bigSigma1(d) + choose(d, e, f) + 0x1e376c08 + w1; c += g; bc = h ^ a; g += bigSigma0(h) + (a ^ (ab & bc));
  w2 += smallSigma0(w3) + w11 + smallSigma1(w0);
  f += bigSigma1(c) + choose(c, d, e) + 0x2748774c + w2; b += f; ab = g ^ h; f += bigSigma0(g) + (h ^ (bc & ab));
  w3 += smallSigma0(w4) + w12 + smallSigma1(w1);
  e += bigSigma1(b) + choose(b, c, d) + 0x34b0bcb5 + w3; a += e; bc = f ^ g; e += bigSigma0(f) + (g ^ (ab & bc));
  w4 += smallSigma0(w5) + w13 + smallSigma1(w2);
  d += bigSigma1(a) + choose(a, b, c) + 0x391c0cb3 + w4; h += d; ab = e ^ f; d += bigSigma0(e) + (f ^ (bc & ab));
  w5 += smallSigma0(w6) + w14 + smallSigma1(w3);
  c += bigSigma1(h) + choose(h, a, b) + 0x4ed8aa4a + w5; g += c; bc = d ^ e; c += bigSigma0(d) + (e ^ (ab & bc));
  w6 += smallSigma0(w7) + w15 + smallSigma1(w4);
  b += bigSigma1(g) + choose(g, h, a) + 0x5b9cca4f + w6; f += b; ab = c ^ d; b += bigSigma0(c) + (d ^ (bc & ab));
  w7 += smallSigma0(w8) + w0 + smallSigma1(w5);
  a += bigSigma1(f) + choose(f, g, h) + 0x682e6ff3 + w7; e += a; bc = b ^ c; a += bigSigma0(b) + (c ^ (ab & bc));
  w8 += smallSigma0(w9) + w1 + smallSigma1(w6);
  h += bigSigma1(e) + choose(e, f, g) + 0x748f82ee + w8; d += h; ab = a ^ b; h += bigSigma0(a) + (b ^ (bc & ab));
  w9 += smallSigma0(w10) + w2 + smallSigma1(w7);
  g += bigSigma1(d) + choose(d, e, f) + 0x78a5636f + w9; c += g; bc = h ^ a; g += bigSigma0(h) + (a ^ (ab & bc));
  w10 += smallSigma0(w11) + w3 + smallSigma1(w8);
  f += bigSigma1(c) + choose(c, d, e) + 0x84c87814 + w10; b += f; ab = g ^ h; f += bigSigma0(g) + (h ^ (bc & ab));
  w11 += smallSigma0(w12) + w4 + smallSigma1(w9);
  e += bigSigma1(b) + choose(b, c, d) + 0x8cc70208 + w11; a += e; bc = f ^ g; e += bigSigma0(f) + (g ^ (ab & bc));
  w12 += smallSigma0(w13) + w5 + smallSigma1(w10);
  d += bigSigma1(a) + choose(a, b, c) + 0x90befffa + w12; h += d; ab = e ^ f; d += bigSigma0(e) + (f ^ (bc & ab));
  w13 += smallSigma0(w14) + w6 + smallSigma1(w11);
  c += bigSigma1(h) + choose(h, a, b) + 0xa4506ceb + w13; g += c; bc = d ^ e; c += bigSigma0(d) + (e ^ (ab & bc));
  w14 += smallSigma0(w15) + w7 + smallSigma1(w12);
  b += bigSigma1(g) + choose(g, h, a) + 0xbef9a3f7 + w14; f += b; ab = c ^ d; b += bigSigma0(c) + (d ^ (bc & ab));
  w15 += smallSigma0(w0) + w8 + smallSigma1(w13);
  a += bigSigma1(f) + choose(f, g, h) + 0xc67178f2 + w15; e += a; bc = b ^ c; a += bigSigma0(b) + (c ^ (ab & bc));
  store<u32>(state, load<u32>(state, 0) + a, 0);
  store<u32>(state, load<u32>(state, 4) + b, 4);
  store<u32>(state, load<u32>(state, 8) + c, 8);
  store<u32>(state, load<u32>(state, 12) + d, 12);
  store<u32>(state, load<u32>(state, 16) + e, 16);
  store<u32>(state, load<u32>(state, 20) + f, 20);
  store<u32>(state, load<u32>(state, 24) + g, 24);
  store<u32>(state, load<u32>(state, 28) + h, 28);
}
