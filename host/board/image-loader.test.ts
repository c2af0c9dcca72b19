// The bytes in flash are the bytes that run: at every load, whatever was loaded before.

import { describe, expect, it } from 'vitest';
import { FLASH } from '../../protocol/generated/registers.ts';
import { FlashArray } from './flash-array.ts';
import { ImageLoader } from './image-loader.ts';
import { assembleGuest, bench, firmwareAddress, read, write } from './testing.ts';

const [one, two] = [1, 2].map((kind) => assembleGuest({ reset: write('RECORDER', 'EVENT', kind) }));

describe('the image loader', () => {
  const load = (chance = () => 0) => {
    const flash = new FlashArray(chance);
    flash.writeBytes(firmwareAddress, one);
    return { flash, loader: new ImageLoader(flash, {}) };
  };

  it('prepares a module once, as long as nobody writes its pages', () => {
    const { flash, loader } = load();
    const first = loader.load(firmwareAddress, one.length);
    flash.writeBytes(firmwareAddress + 8192, Uint8Array.of(1));
    expect(loader.load(firmwareAddress, one.length)).toBe(first);
    expect(first.bytes).toEqual(one);
  });

  it('looks at the bytes again once a page of theirs was written, even to the same', () => {
    const { flash, loader } = load();
    const first = loader.load(firmwareAddress, one.length);
    flash.writeBytes(firmwareAddress, one.subarray(0, 8));
    const second = loader.load(firmwareAddress, one.length);
    expect(second).not.toBe(first);
    expect(second.prepared).toBe(first.prepared);
    flash.writeBytes(firmwareAddress, two);
    expect(loader.load(firmwareAddress, two.length).bytes).toEqual(two);
  });

  it('takes a module with weak bits as it reads this time', () => {
    let chance = 0;
    const { flash, loader } = load(() => chance);
    const constant = one.lastIndexOf(0x41) + 1; // of the i32.const that is the event kind
    flash.setWeak((firmwareAddress + constant) & ~3, 0x02 << (8 * (constant & 3)));
    const first = loader.load(firmwareAddress, one.length);
    chance = -1;
    const second = loader.load(firmwareAddress, one.length);
    expect(first.bytes).toEqual(one);
    expect(second.bytes).not.toEqual(one);
  });
});

it('a chip that changes its firmware in flash runs the changed firmware at the next boot', () => {
  // The event kind is a constant in the firmware's code; clearing its bit 0 turns event 3 into event 2.
  const firmware = { reset: write('RECORDER', 'EVENT', 3) };
  const module = assembleGuest(firmware);
  const unit = (firmwareAddress + module.lastIndexOf(0x41) + 1) & ~7;
  const changed = module.slice();
  changed[module.lastIndexOf(0x41) + 1] = 2;
  const view = new DataView(changed.buffer, unit - firmwareAddress);
  const command = (FLASH.registers.COMMAND.fields.KEY.values.KEY << 16) | 2;
  const { board } = bench(
    {
      reset: `(if (i32.eq ${read('RESET', 'RESET_COUNT')} (i32.const 1)) (then
        ${write('FLASH', 'INTERRUPT_ENABLE', 2)} ${write('FLASH', 'ADDRESS', unit)}
        ${write('FLASH', 'BUFFER', view.getInt32(0, true))} ${write('FLASH', 'BUFFER', view.getInt32(4, true), 1)}
        ${write('FLASH', 'COMMAND', command)} ${write('INTC', 'WAIT', 2)}))`,
    },
    firmware,
  );
  board.powerOn();
  board.runFor(1_000_000);
  board.pullResetPin();
  board.runFor(1_000_000);
  expect(board.recorderEvents().map(({ kind }) => kind)).toEqual([3, 2]);
});
