// The line that defines a function, by the name that the compiler gives it.

import { describe, expect, it } from 'vitest';
import { definitionLine } from './definition.ts';

const text = `// function run(): void in a comment is none, nor a brace {
const words = 'function run() {';
function runner(): void {}
export function run(
  count: u32,
): void {
  inner((value: u32) => value);
  open();
}
function pick<T extends Key>(key: T): T {
  return key;
}
export class Box
  extends Thing {
  private size: u32 = open(3);
  @inline static make(size: u32): Box {
    return new Box();
  }
  open(): u32 {
    return this.size;
  }
  get lid(): Lid {
    return open(this);
  }
  protected set lid(lid: Lid) {}
}
class Full {
  constructor(size: u32) {}
}
namespace tools {
  export function open(): void {}
}
function open(size: u32): u32 {
  return size;
}
`;

describe('the line of a definition', () => {
  it.each([
    ['firmware/a/run', 4],
    ['firmware/a/runner', 3],
    ['firmware/a/run~anonymous|0', 4],
    ['firmware/a/pick<u32>', 10],
    ['firmware/a/pick<firmware/b/Map<u32,firmware/c/Key>>', 10],
    ['firmware/a/Box#constructor', 13],
    ['firmware/a/Box.make', 16],
    ['firmware/a/Box#open', 19],
    ['firmware/a/Box#get:lid', 22],
    ['firmware/a/Box#set:lid', 25],
    ['firmware/a/Full#constructor', 28],
    ['firmware/a/tools.open', 31],
    ['firmware/a/open', 33],
    ['firmware/a/missing', undefined],
    ['firmware/a/Box#missing', undefined],
    ['firmware/a/Box#[]', undefined],
    ['start:firmware/a', undefined],
  ])('of %s', (name, line) => {
    expect(definitionLine(text, name)).toBe(line);
  });
});
