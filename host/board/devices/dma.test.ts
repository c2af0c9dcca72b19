// The DMA: words of registers, to and from places in RAM that are aligned and places that are not.

import { expect, it } from 'vitest';
import { at, bench, write } from '../testing.ts';

const words = [0x04030201, 0x18171615, 0x2c2b2a29, 0x80ff7f00];
const source = 0x100;
const bytes = Buffer.from(Uint32Array.from(words).buffer);
const copy = (ram: number, bus: number, length: number, control: number) =>
  `${write('DMA', 'RAM_ADDRESS', ram)} ${write('DMA', 'BUS_ADDRESS', bus)} ${write('DMA', 'LENGTH', length)} ${write('DMA', 'CONTROL', control)}`;
const [fromBus, toBus] = [1, 3];

it.each([
  ['aligned', 0x200],
  ['not aligned', 0x201],
])('copies words to registers and back, %s in RAM', (_, target) => {
  const place = source + (target & 3);
  const { board } = bench({
    fields: `(data (i32.const ${place}) "${[...bytes].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')}")`,
    reset: `${copy(place, at('FLASH', 'BUFFER', 3), bytes.length, toBus)} ${copy(target, at('FLASH', 'BUFFER', 2), bytes.length + 4, fromBus)}
      ${copy(target + 0x40, at('FUSES', 'WORD', 7), 8, fromBus)}`,
  });
  board.fuses.cells.set([0x1234_5678, 0x9abc_def0], 7);
  board.powerOn();
  board.runFor(1_000_000);
  const ram = Buffer.from(board.ram());
  expect(ram.readUInt32LE(target)).toBe(0);
  expect(ram.subarray(target + 4, target + 4 + bytes.length)).toEqual(bytes);
  expect([0, 4].map((offset) => ram.readUInt32LE(target + 0x40 + offset))).toEqual([0x1234_5678, 0x9abc_def0]);
});
