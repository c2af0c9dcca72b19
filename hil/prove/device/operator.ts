// The operator of a story: sends requests to the board over its gateway line in virtual time, one step of the board after the other, and
// calls `beforeStep` before each step.
//
// What must stay true: between two calls of `beforeStep` there is no input to the board. So a snapshot taken in one call leads to everything that
// happens until the next call.

import { crc32 } from 'node:zlib';
import type { Board } from '../../../host/board/board.ts';
import { SlipDecoder, slipEncode } from '../../../host/links/slip.ts';
import { type CborMap, decodeBody } from '../../../host/tools/smp/cbor.ts';
import { decodeMessage, encodeMessage } from '../../../host/tools/smp/message.ts';
import { valuesOf } from '../../../protocol/constants.ts';
import { ReadoutRequest } from '../../../protocol/smp/readout.ts';
import { ImgCommand, imgErrors, OsCommand, Smp, SmpGroup } from '../../../protocol/smp/smp.ts';
import { hashOfImage, sha256 } from './images.ts';

const ImgError = valuesOf(imgErrors);
const gateway = 0;
const peer = 1;
/** Whole flash pages, so that an upload's operations are as few as they can be. */
const chunkBytes = 1792;
/** Shorter than a flash operation, longer than a byte on the wire. */
const stepNs = 100_000;
const askAgainNs = 100_000_000;
const healthyWithinNs = 3_000_000_000;
const answerLimitNs = 2_000_000_000;

export interface ListedImage {
  slot: number;
  hash: Uint8Array;
  active: boolean;
  confirmed: boolean;
}

/** What a trailer requests: a trial, or a trial after which the image confirms itself. */
export type TrailerAsks = 'test' | 'permanent';

/** The board did not behave as a correct one does; the message says how. */
export class StoryFailed extends Error {}

export class Operator {
  readonly board: Board;
  beforeStep: (() => void) | undefined;
  private readonly decoder = new SlipDecoder(2 * Smp.BUFFER_SIZE);
  private readonly frames: Uint8Array[] = [];
  private sequence = 0;

  constructor(board: Board) {
    this.board = board;
    board.onTransmit = (line, bytes) => {
      if (line === gateway) this.decoder.push(bytes, (frame) => this.frames.push(frame));
    };
  }

  /** Forgets earlier requests, so that the bytes of the next requests do not depend on them. */
  startOver(): void {
    this.sequence = 0;
    this.frames.length = 0;
  }

  /** Runs the board's next event, and not past `limit`. */
  step(limit: number): void {
    const { board } = this;
    this.beforeStep?.();
    board.runUntil(Math.min(limit, Math.max(board.nextEventTime, board.now + stepNs)));
    if (board.state === 'off' || board.state === 'halted')
      throw new StoryFailed(`the board is ${board.state}: ${board.haltReason ?? 'nobody had switched it off'}`);
  }

  /** Lets time pass until the condition is true. */
  waitFor(isSo: () => boolean, withinNs: number, what: string): void {
    const limit = this.board.now + withinNs;
    while (!isSo()) {
      if (this.board.now >= limit) throw new StoryFailed(`waited ${withinNs / 1e6} ms in vain: ${what}`);
      this.step(limit);
    }
  }

  /** The body of the reply to one request. Throws when there is no reply, or when the device refuses. */
  ask(operation: number, group: number, command: number, request: CborMap): CborMap {
    const reply = this.exchange(operation, group, command, request);
    if (!reply.rc && !reply.err) return reply;
    throw new StoryFailed(
      `operation ${operation}, group ${group}, command ${command} is refused: ${JSON.stringify(reply)}`,
    );
  }

  private exchange(operation: number, group: number, command: number, request: CborMap): CborMap {
    const sequence = this.sequence++ & 0xff;
    const message = encodeMessage({ operation, version: 2, group, sequence, command }, request);
    this.frames.length = 0;
    this.decoder.reset();
    const datagram = new Uint8Array(2 + message.length);
    datagram[1] = peer;
    datagram.set(message, 2);
    this.board.send(gateway, slipEncode(datagram));
    const name = `an answer to operation ${operation}, group ${group}, command ${command}`;
    this.waitFor(() => this.frames.length > 0, answerLimitNs, name);
    return decodeBody(decodeMessage(this.frames[0].subarray(2)).body);
  }

  echo(): void {
    const reply = this.ask(Smp.OP_WRITE, SmpGroup.OS, OsCommand.ECHO, { d: 'there?' });
    if (reply.r !== 'there?') throw new StoryFailed(`an echo came back as ${JSON.stringify(reply)}`);
  }

  images(): ListedImage[] {
    return this.ask(Smp.OP_READ, SmpGroup.IMG, ImgCommand.STATE, {}).images as ListedImage[];
  }

  /** The whole file, or its first `part`. */
  upload(image: Uint8Array, part = 1): void {
    const end = Math.ceil(image.length * part);
    for (let at = 0; at < end; ) {
      const data = image.subarray(at, Math.min(at + chunkBytes, image.length));
      const first = at === 0 ? { image: 0, len: image.length, sha: sha256(image) } : {};
      const { off, match } = this.ask(Smp.OP_WRITE, SmpGroup.IMG, ImgCommand.UPLOAD, { ...first, off: at, data });
      if (typeof off !== 'number' || off <= at) throw new StoryFailed(`the upload is stuck at ${at}: off ${off}`);
      if (match === false) throw new StoryFailed('the device has other bytes than were sent');
      at = off;
    }
  }

  /** After an upload: the trailer at the end of a file made by `imgtool sign --pad`, or `--pad --confirm`. */
  pad(_asks: TrailerAsks): void {
    throw new Error('with this firmware a padded file is uploaded as a whole');
  }

  /** Long enough for the firmware to count as healthy. */
  beHealthy(): void {
    throw new Error('this firmware decides itself when it is healthy; the test cannot tell it to');
  }

  mark(image: Uint8Array): void {
    this.ask(Smp.OP_WRITE, SmpGroup.IMG, ImgCommand.STATE, { hash: hashOfImage(image), confirm: false });
  }

  /** Marks the image with this hash. Returns the reason of the device when it refuses, else undefined. */
  whyNotMarked(hash: Uint8Array): string | undefined {
    const reply = this.exchange(Smp.OP_WRITE, SmpGroup.IMG, ImgCommand.STATE, { hash, confirm: false });
    return reply.rc || reply.err ? String(reply.rsn ?? JSON.stringify(reply)) : undefined;
  }

  /** Asks until the firmware reports itself healthy: that is after its first round of tasks. */
  confirm(): void {
    const limit = this.board.now + healthyWithinNs;
    const ask = () => this.exchange(Smp.OP_WRITE, SmpGroup.IMG, ImgCommand.STATE, { confirm: true });
    const denied = (reply: CborMap) =>
      (reply.err as { rc: number } | undefined)?.rc === ImgError.IMAGE_CONFIRMATION_DENIED;
    let reply = ask();
    while (denied(reply) && this.board.now < limit) {
      const again = this.board.now + askAgainNs;
      this.waitFor(() => this.board.now >= again, askAgainNs, 'time passes');
      reply = ask();
    }
    if (reply.err || reply.rc) throw new StoryFailed(`the confirm is refused: ${JSON.stringify(reply)}`);
  }

  calibrate(payload: Uint8Array): void {
    const request = { off: 0, len: payload.length, crc: crc32(payload), data: payload };
    const { off } = this.ask(Smp.OP_WRITE, SmpGroup.READOUT, ReadoutRequest.RECORD, request);
    if (off !== payload.length)
      throw new StoryFailed(`of a calibration record of ${payload.length} bytes, ${off} came`);
  }

  erase(slot: number): void {
    this.ask(Smp.OP_WRITE, SmpGroup.IMG, ImgCommand.ERASE, { slot });
  }

  reset(): void {
    this.ask(Smp.OP_WRITE, SmpGroup.OS, OsCommand.RESET, {});
  }

  /** Before the board is first switched on: writes what the firmware is to find there. */
  deliver(): void {}

  askForSafeMode(): void {
    this.ask(Smp.OP_WRITE, SmpGroup.OS, OsCommand.RESET, { boot_mode: 1 });
  }

  /** Ends in a watchdog reset like a hang, without emulating a second of a spinning core. */
  starveWatchdog(): void {
    throw new Error('this firmware always feeds its watchdog; the test cannot tell it to stop');
  }

  /** Makes the running firmware hang, if it accepts such a command. */
  hang(): void {
    throw new Error('this firmware hangs by itself; the test cannot tell it to');
  }
}
