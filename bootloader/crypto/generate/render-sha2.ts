// Renders the SHA-2 constants and the unrolled SHA-256 compression.
// FIPS 180-4: round constants are the first fractional bits of the cube roots of the first primes (4.2.2, 4.2.3),
// initial hash values those of the square roots (5.3.3, 5.3.5). So nothing is typed by hand, and nothing can be mistyped.

/** floor(value ** (1 / degree)) by Newton's iteration, which falls towards the root from above. */
function integerRoot(value: bigint, degree: bigint): bigint {
  let root = 1n << (BigInt(value.toString(2).length) / degree + 1n);
  for (;;) {
    const next = ((degree - 1n) * root + value / root ** (degree - 1n)) / degree;
    if (next >= root) return root;
    root = next;
  }
}

function firstPrimes(count: number): bigint[] {
  const primes: bigint[] = [];
  for (let n = 2n; primes.length < count; n++) if (primes.every((p) => n % p !== 0n)) primes.push(n);
  return primes;
}

/** The first `bits` fractional bits of the degree-th root of each of the first `count` primes, as hexadecimal literals. */
function fractions(count: number, degree: bigint, bits: bigint): string[] {
  const fraction = (prime: bigint) => integerRoot(prime << (bits * degree), degree) & ((1n << bits) - 1n);
  return firstPrimes(count).map(
    (prime) =>
      `0x${fraction(prime)
        .toString(16)
        .padStart(Number(bits) / 4, '0')}`,
  );
}

export function renderSha2Constants(): string {
  const table = (name: string, type: string, values: string[]) =>
    `export const ${name}: usize = memory.data<${type}>([\n${values.map((value) => `  ${value},\n`).join('')}]);\n`;
  return [
    '// SHA-2 initial hash values and SHA-512 round constants (FIPS 180-4, 4.2.3, 5.3.3, 5.3.5).',
    '// Written by generate/generate.ts; SHA-256 has its round constants in its code.\n',
    table('SHA256_INITIAL', 'u32', fractions(8, 2n, 32n)),
    table('SHA512_INITIAL', 'u64', fractions(8, 2n, 64n)),
    table('SHA512_ROUND_CONSTANTS', 'u64', fractions(80, 3n, 64n)),
  ].join('\n');
}

const header = `// One SHA-256 block, all 64 rounds written out (FIPS 180-4, 6.2.2). Written by generate/generate.ts.
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

/** Mixes the 64 bytes at \`block\` into the eight u32 of \`state\`. */
export function sha256Compress(state: usize, block: usize): void {
`;

/** majority(a, b, c) = b ^ ((a ^ b) & (b ^ c)); this round's a ^ b is the next one's b ^ c, so two names take turns. */
function renderRound(round: number, constant: string): string {
  const name = (position: number) => 'abcdefgh'[(position - (round % 8) + 8) % 8];
  const [a, b, , d, e, f, g, h] = [0, 1, 2, 3, 4, 5, 6, 7].map(name);
  const [now, before] = round % 2 === 0 ? ['ab', 'bc'] : ['bc', 'ab'];
  return [
    `  ${h} += bigSigma1(${e}) + choose(${e}, ${f}, ${g}) + ${constant} + w${round % 16};`,
    `${d} += ${h};`,
    `${now} = ${a} ^ ${b};`,
    `${h} += bigSigma0(${a}) + (${b} ^ (${before} & ${now}));`,
  ].join(' ');
}

function renderSchedule(round: number): string {
  const word = (ahead: number) => `w${(round + ahead) % 16}`;
  return `  ${word(0)} += smallSigma0(${word(1)}) + ${word(9)} + smallSigma1(${word(14)});`;
}

export function renderSha256Compress(): string {
  const constants = fractions(64, 3n, 32n);
  const states = [...'abcdefgh'];
  const words = Array.from({ length: 16 }, (_, i) => i);
  const rounds = constants.map((constant, round) =>
    (round < 16 ? [] : [renderSchedule(round)]).concat(renderRound(round, constant)).join('\n'),
  );
  const lines = [
    ...states.map((name, i) => `  let ${name} = load<u32>(state, ${4 * i});`),
    ...words.map((i) => `  let w${i} = bswap<u32>(load<u32>(block, ${4 * i}));`),
    '  let ab: u32 = 0;',
    '  let bc: u32 = b ^ c;',
    ...rounds,
    ...states.map((name, i) => `  store<u32>(state, load<u32>(state, ${4 * i}) + ${name}, ${4 * i});`),
  ];
  return `${header}${lines.join('\n')}\n}\n`;
}
