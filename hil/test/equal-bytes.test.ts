import { expect, test } from 'vitest';

const unlike: [string, unknown, unknown][] = [
  ['bytes that differ in one', new Uint8Array([1, 2, 3]), new Uint8Array([1, 2, 4])],
  ['bytes and fewer bytes', new Uint8Array([1, 2, 3]), new Uint8Array([1, 2])],
  ['bytes and words of the same bytes', new Uint8Array([1, 0, 0, 0]), new Uint32Array([1])],
  ['zeros of two signs', new Float64Array([0]), new Float64Array([-0])],
  ['lists that differ in one', [1, 2, 3], [1, 2, 4]],
  ['a list and a longer one', [1, 2], [1, 2, 3]],
  ['a list and its numbers as texts', [1, 2], ['1', '2']],
  ['a list of zeros of two signs', [0], [-0]],
  ['a list with a place left out', Object.assign(new Array(2), { 1: 1 }), [5, 1]],
];

test.each(unlike)('%s are not equal, at the top and inside', (_, a, b) => {
  expect(a).not.toEqual(b);
  expect(b).not.toStrictEqual(a);
  expect({ state: [a] }).not.toEqual({ state: [b] });
});

test('a place left out is not undefined where it must be strictly equal', () => {
  expect([undefined, 1]).not.toStrictEqual(Object.assign(new Array(2), { 1: 1 }));
});

test('a part of a buffer equals the same bytes elsewhere', () => {
  expect(new Uint8Array([9, 1, 2, 9]).subarray(1, 3)).toStrictEqual(new Uint8Array([1, 2]));
  expect({ state: [new Float64Array([0.5])] }).toEqual({ state: [new Float64Array([0.5])] });
  expect([1, Number.NaN]).toEqual([1, Number.NaN]);
});
