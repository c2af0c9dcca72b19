// The gateway line of a board without sockets, for an SMP client in the same process, in virtual time. Nothing sleeps: the board runs while the
// client waits for an answer. Bytes of the console line are dropped.

import { Smp } from '../../protocol/smp/smp.ts';
import type { InProcessDevice } from '../tools/smp/transport.ts';
import { GATEWAY_LINE } from './link.ts';
import type { PacedBoard } from './pacer.ts';
import { SlipDecoder, slipEncode } from './slip.ts';

/** The tag of our requests; an answer with another tag belongs to an earlier client. */
const PEER_TAG = 1;
const PEER_TAG_SIZE = 2;

/** A board as a device for an SMP client; no call sleeps. */
export interface BoardDevice extends InProcessDevice {
  send(message: Uint8Array): void;
  receive(timeoutMs: number): Uint8Array | undefined;
}

/** Takes over the board's `onTransmit`. */
export function boardDevice(board: PacedBoard): BoardDevice {
  const decoder = new SlipDecoder(PEER_TAG_SIZE + Smp.BUFFER_SIZE);
  const answers: Uint8Array[] = [];
  board.onTransmit = (line, bytes) => {
    if (line !== GATEWAY_LINE) return;
    decoder.push(bytes, (frame) => {
      if (((frame[0] << 8) | frame[1]) === PEER_TAG) answers.push(frame.slice(PEER_TAG_SIZE));
    });
  };
  return {
    nowMs: () => board.now / 1e6,
    send(message) {
      const frame = slipEncode(Uint8Array.of(PEER_TAG >> 8, PEER_TAG & 0xff, ...message));
      while (board.wireFree(GATEWAY_LINE) < frame.length) step(board, board.now + 1_000_000);
      board.send(GATEWAY_LINE, frame);
    },
    receive(timeoutMs) {
      const deadline = board.now + Math.ceil(Math.min(timeoutMs, Number.MAX_SAFE_INTEGER / 2e6) * 1e6);
      while (answers.length === 0 && board.now < deadline) step(board, deadline);
      return answers.shift();
    },
  };
}

/** Runs the board until its next event is done, and no further. */
function step(board: PacedBoard, deadline: number): void {
  board.runUntil(Math.min(deadline, Math.max(board.nextEventTime, board.now + 1)));
}
