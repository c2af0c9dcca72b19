// The only error with which an image is refused. For any bytes, reading gives a checked image or this error.

import { RESET } from '../../../protocol/generated/registers.ts';

export type RefusalCode =
  | 'malformed' // not a wasm module, or a broken one
  | 'invalid' // well formed, but the engine's validator says no
  | 'size'
  | 'limit'
  | 'import'
  | 'export'
  | 'float'
  | 'simd'
  | 'threads'
  | 'memory'
  | 'memory-grow'
  | 'bulk-memory'
  | 'reference-types'
  | 'table'
  | 'tail-calls'
  | 'exceptions'
  | 'multi-value'
  | 'start'
  | 'recursion'
  | 'stack-depth'
  | 'unknown-opcode';

/** Characters of RESET.FAULT_FUNCTION. */
const FAULT_TEXT_SIZE = 4 * RESET.registers.FAULT_FUNCTION.count;

/** Thrown while an image is read or checked. `offset` is the byte in the image where the reason is. */
export class ImageRefused extends Error {
  override readonly name = 'ImageRefused';
  readonly code: RefusalCode;
  readonly offset: number;
  readonly functionName: string | undefined;
  /** What is wrong and what to do, without the place. */
  readonly reason: string;

  constructor(code: RefusalCode, offset: number, message: string, functionName?: string) {
    const where = functionName === undefined ? '' : ` in ${functionName}`;
    super(`image refused (${code}) at byte 0x${offset.toString(16)}${where}: ${message}`);
    this.code = code;
    this.offset = offset;
    this.functionName = functionName;
    this.reason = message;
  }

  /** The part that fits into a fault record: reason, offset, function. */
  get brief(): string {
    const byte = `${this.code} at byte 0x${this.offset.toString(16)}`;
    if (this.functionName === undefined) return byte;
    const room = FAULT_TEXT_SIZE - byte.length - ' in '.length;
    return `${byte} in ${this.functionName.slice(-room)}`;
  }
}

export function malformed(offset: number, message: string): never {
  throw new ImageRefused(
    'malformed',
    offset,
    `${message}; the bytes are not a whole wasm module, build or flash it again`,
  );
}
