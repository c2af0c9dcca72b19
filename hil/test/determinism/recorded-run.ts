// The product's run as a list of inputs at their times, so that it can be told again, elsewhere, and be interrupted anywhere.
//
//   boot, an update confirmed, noise on the console, an update that hangs and is rolled back by the watchdog, an upload that ends in a
//   power cut in the middle of an erase, a boot cut at a bus access, and what the device says of all that in the end
//
// `record` plays it with a device that is asked and answers, and writes down what went in; `play` puts just that in again. What must stay
// true: nothing but images, seed and these inputs decides what happens.

import { crc32 } from 'node:zlib';
import { Board } from '../../../host/board/board.ts';
import { LogKind } from '../../../host/board/log.ts';
import { compileGuest } from '../../../host/tools/guest.ts';
import { encodeMessage } from '../../../host/tools/smp/message.ts';
import { FLASH } from '../../../protocol/generated/registers.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { firmwareImage } from '../../rig/images.ts';
import { keys } from '../../rig/keys.ts';
import { read, write } from '../../rig/lines.ts';
import { millisecond, second } from '../../rig/time.ts';

export type Input = { at: number } & (
  | { does: 'power on' }
  | { does: 'cut power' }
  | { does: 'pull pin' }
  | { does: 'cut at access'; number: number }
  | { does: 'cut at time'; number: number }
  | { does: 'send'; line: 0 | 1; bytes: Uint8Array }
);

export interface RecordedRun {
  seed: number;
  goods: Parameters<Board['provision']>[0];
  inputs: Input[];
  end: number;
  /** When a sector began to be erased. */
  erases: number[];
}

const [os, img] = [0, 1];
const eraseSector = FLASH.registers.COMMAND.fields.OPERATION.values.ERASE_SECTOR;
const eraseRequest = encodeMessage({ operation: write, version: 2, group: img, sequence: 1, command: 5 }, {});

/** A board that writes down what is put into it. */
class RecordingBoard extends Board {
  readonly inputs: Input[] = [];

  override powerOn(): void {
    this.inputs.push({ at: this.now, does: 'power on' });
    super.powerOn();
  }

  override cutPower(): void {
    this.inputs.push({ at: this.now, does: 'cut power' });
    super.cutPower();
  }

  override cutPowerAt(timeNs: number): void {
    this.inputs.push({ at: this.now, does: 'cut at time', number: timeNs });
    super.cutPowerAt(timeNs);
  }

  override cutPowerAtAccess(n: number): void {
    this.inputs.push({ at: this.now, does: 'cut at access', number: n });
    super.cutPowerAtAccess(n);
  }

  override pullResetPin(): void {
    this.inputs.push({ at: this.now, does: 'pull pin' });
    super.pullResetPin();
  }

  override send(line: 0 | 1, bytes: Uint8Array): void {
    this.inputs.push({ at: this.now, does: 'send', line, bytes: bytes.slice() });
    super.send(line, bytes);
  }
}

/** Every bit there is to a board, in a few words. */
export function stateOf(board: Board): string {
  return [board.logHash, board.now, board.state, crc32(board.flashImage()), crc32(board.ram())].join(' ');
}

/** A board as it was before anything was done to it. */
export function untouched({ goods, seed }: RecordedRun): Board {
  const board = new Board({ seed });
  board.provision(goods);
  return board;
}

/** Puts in what the run puts in from now until `until`, and lets time pass until then. */
export function play(board: Board, { inputs }: RecordedRun, until: number): void {
  const from = board.now;
  for (const input of inputs) {
    if (input.at < from || input.at >= until) continue;
    board.runUntil(input.at);
    give(board, input);
  }
  board.runUntil(until);
}

function give(board: Board, input: Input): void {
  if (input.does === 'send') board.send(input.line, input.bytes);
  else if (input.does === 'power on') board.powerOn();
  else if (input.does === 'cut power') board.cutPower();
  else if (input.does === 'pull pin') board.pullResetPin();
  else if (input.does === 'cut at access') board.cutPowerAtAccess(input.number);
  else board.cutPowerAt(input.number);
}

export async function record(seed: number): Promise<{ run: RecordedRun; state: string }> {
  const goods = {
    bootloader: await compileGuest('bootloader/main.ts'),
    keys: [keys[0].publicKey],
    slots: { A: await firmwareImage('1.0.0') },
  };
  const [good, hangs] = [await firmwareImage('1.1.0'), await firmwareImage('1.2.0', 'firmware/defects/hangs.ts')];
  const board = new RecordingBoard({ seed });
  board.provision(goods);
  const device = new DeviceUnderTest(board);
  await act(device, good, hangs);
  const erases = device.log.filter(({ kind, a }) => kind === LogKind.FLASH_START && a === eraseSector);
  return {
    run: { seed, goods, inputs: board.inputs, end: board.now, erases: erases.map(({ timeNs }) => timeNs) },
    state: stateOf(board),
  };
}

async function act(device: DeviceUnderTest, good: Uint8Array, hangs: Uint8Array): Promise<void> {
  const { board } = device;
  board.powerOn();
  board.runFor(0.3 * second);
  await update(device, good);
  board.runFor(0.3 * second);
  device.request(write, img, 0, { confirm: true });
  device.type(Buffer.from('anybody there?\n\x06\x09AAAA\n'));
  await update(device, hangs);
  // It hangs in its third second, and starves the watchdog.
  board.runFor(5 * second);
  device.request(write, img, 1, { off: 0, len: good.length, data: good.subarray(0, 1000) });
  board.cutPowerAt(board.now + 20 * millisecond);
  device.exchange(eraseRequest, 30 * millisecond);
  board.powerOn();
  board.cutPowerAtAccess(100);
  board.runFor(0.1 * second);
  if (board.state === 'off') board.powerOn();
  board.runFor(0.2 * second);
  device.request(read, img, 0);
  device.statistics('boot');
  board.pullResetPin();
  board.runFor(0.2 * second);
}

async function update(device: DeviceUnderTest, image: Uint8Array): Promise<void> {
  const hash = await device.upload(image);
  device.request(write, img, 0, { hash, confirm: false });
  device.request(write, os, 5);
  device.run(0.4 * second);
}
