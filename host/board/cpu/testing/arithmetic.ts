// Integer arithmetic for the reference interpreter, in BigInt throughout: slow, but one rule for both widths.

/** The engine's words for a trap. */
export class Trap extends Error {}

/** i32 as a signed number, i64 as a signed bigint. */
export type Value = number | bigint;

/** A value of the type, whatever the bits above. */
export function typed(type: string, value: bigint): Value {
  return type === 'i32' ? Number(BigInt.asIntN(32, value)) : BigInt.asIntN(64, value);
}

export function unary(mnemonic: string, value: Value): Value {
  const [type, operation] = mnemonic.split('.');
  const bits = type === 'i32' ? 32 : 64;
  const signed = BigInt(value);
  const digits = BigInt.asUintN(bits, signed).toString(2).padStart(bits, '0');
  switch (operation) {
    case 'eqz':
      return signed === 0n ? 1 : 0;
    case 'clz':
      return typed(type, BigInt(`${digits}1`.indexOf('1')));
    case 'ctz':
      return typed(type, BigInt([...digits].reverse().concat('1').indexOf('1')));
    case 'popcnt':
      return typed(type, BigInt(digits.replaceAll('0', '').length));
    case 'extend_i32_u':
      return BigInt.asUintN(32, signed);
    case 'wrap_i64':
    case 'extend_i32_s':
      return typed(type, signed);
  }
  const [, width] = /^extend(8|16|32)_s$/.exec(operation) ?? [];
  if (!width) throw new Error(`the interpreter does not know ${mnemonic}`);
  return typed(type, BigInt.asIntN(Number(width), signed));
}

export function binary(mnemonic: string, left: Value, right: Value): Value {
  const [type, operation] = mnemonic.split('.');
  const [name, sign] = operation.split('_');
  const bits = type === 'i32' ? 32 : 64;
  const as = (value: Value) =>
    sign === 'u' ? BigInt.asUintN(bits, BigInt(value)) : BigInt.asIntN(bits, BigInt(value));
  const [a, b] = [as(left), as(right)];
  const unsigned = BigInt.asUintN(bits, a);
  const amount = BigInt.asUintN(bits, b) % BigInt(bits);
  const truth = { eq: a === b, ne: a !== b, lt: a < b, gt: a > b, le: a <= b, ge: a >= b }[name];
  if (truth !== undefined) return truth ? 1 : 0;
  switch (name) {
    case 'add':
      return typed(type, a + b);
    case 'sub':
      return typed(type, a - b);
    case 'mul':
      return typed(type, a * b);
    case 'and':
      return typed(type, a & b);
    case 'or':
      return typed(type, a | b);
    case 'xor':
      return typed(type, a ^ b);
    case 'shl':
      return typed(type, a << amount);
    case 'shr':
      return typed(type, a >> amount);
    case 'rotl':
      return typed(type, (unsigned << amount) | (unsigned >> (BigInt(bits) - amount)));
    case 'rotr':
      return typed(type, (unsigned >> amount) | (unsigned << (BigInt(bits) - amount)));
    case 'div':
      if (b === 0n) throw new Trap('divide by zero');
      if (sign === 's' && a === -(1n << BigInt(bits - 1)) && b === -1n) throw new Trap('divide result unrepresentable');
      return typed(type, a / b);
    case 'rem':
      if (b === 0n) throw new Trap('remainder by zero');
      return typed(type, a % b);
  }
  throw new Error(`the interpreter does not know ${mnemonic}`);
}
