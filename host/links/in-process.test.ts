import { describe, expect, it } from 'vitest';
import { EchoBoard } from './fake-line.ts';
import { boardDevice } from './in-process.ts';
import { slipEncode } from './slip.ts';

describe('a board in this process', () => {
  it('answers in its own time: the wait moves the board on, and no further than the answer', () => {
    const board = new EchoBoard(2_000_000);
    const device = boardDevice(board);
    device.send(Uint8Array.of(1, 2, 3));
    expect(device.receive(1000)).toEqual(Uint8Array.of(1, 2, 3));
    expect(device.nowMs()).toBe(2);
  });

  it('lets exactly the time-out pass when nobody answers', () => {
    const device = boardDevice(new EchoBoard());
    expect(device.receive(250)).toBeUndefined();
    expect(device.nowMs()).toBe(250);
  });

  it('hears no answer for another peer', () => {
    const board = new EchoBoard();
    const device = boardDevice(board);
    board.send(0, slipEncode(Uint8Array.of(0, 2, 9, 9)));
    board.send(1, Uint8Array.of(0xc0, 0, 1, 9, 9, 0xc0));
    expect(device.receive(100)).toBeUndefined();
  });

  it('waits for room on the line', () => {
    const board = new EchoBoard(1_000_000, 16);
    const device = boardDevice(board);
    for (const byte of [1, 2, 3]) device.send(Uint8Array.of(byte, byte, byte, byte));
    const answers = [1, 2, 3].map(() => device.receive(1000));
    expect(answers).toEqual([1, 2, 3].map((byte) => new Uint8Array(4).fill(byte)));
  });
});
