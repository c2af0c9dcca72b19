// Before each test file: bytes and lists of numbers are compared as such. The test runner compares them element by element with all its rules,
// and by key; an image, a flash or a snapshot takes it a second.
//
// What must stay true: only what is equal by any rule is decided here, arrays of the same type with equal bytes and lists of the same
// numbers; all else is left to the runner, which also tells the difference.

import { expect } from 'vitest';

const added = Symbol.for('coldrig: bytes are compared as bytes');
const here = globalThis as { [added]?: boolean };

// Files share a process, and a tester is added for all of it.
if (!here[added]) {
  here[added] = true;
  expect.addEqualityTesters([
    (a: unknown, b: unknown) => (haveEqualBytes(a, b) || areSameNumbers(a, b) ? true : undefined),
  ]);
}

function haveEqualBytes(a: unknown, b: unknown): boolean {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b) || a.constructor !== b.constructor) return false;
  const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => Buffer.from(buffer, byteOffset, byteLength);
  return bytes(a).equals(bytes(b));
}

function areSameNumbers(a: unknown, b: unknown): boolean {
  return (
    Array.isArray(a) &&
    Array.isArray(b) &&
    a.length === b.length &&
    // Unlike `every`, it does not pass over places left out.
    a.findIndex((element, index) => typeof element !== 'number' || !Object.is(element, b[index])) === -1
  );
}
