// The operator of a device that runs the agent: single letters on the console line in place of SMP, which only safe mode then speaks.
// Images are delivered beforehand: they lie in STORAGE, and a command names the one to store (bootloader/testing/agent.entry.ts).

import type { Board } from '../../../host/board/board.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import type { Images } from './images.ts';
import { Operator, StoryFailed, type TrailerAsks } from './operator.ts';

const consoleLine = 1;
const deliveryBytes = 0x1_0000;
/** A delivery is named by a character from '0' on, its first half by a character from '@' on. */
const letters = { whole: '0'.charCodeAt(0), half: '@'.charCodeAt(0) };
/** An upload of 64 KiB takes 16 erases and 256 programs. */
const doneWithinNs = 2_000_000_000;

export class AgentOperator extends Operator {
  private readonly deliveries: Uint8Array[];
  private answers = '';

  constructor(board: Board, images: Images) {
    super(board);
    this.deliveries = Object.values(images);
    const { onTransmit } = board;
    board.onTransmit = (line, bytes, timeNs) => {
      onTransmit?.(line, bytes, timeNs);
      if (line === consoleLine) this.answers += Buffer.from(bytes).toString('latin1');
    };
  }

  /** At the factory, before the board is first switched on. */
  override deliver(): void {
    for (const [number, image] of this.deliveries.entries()) this.place(number, image);
  }

  override upload(image: Uint8Array, part = 1): void {
    if (this.board.state === 'bootloader') super.upload(image, part);
    else this.command(String.fromCharCode(letters[part === 1 ? 'whole' : 'half'] + this.deliveries.indexOf(image)));
  }

  /** Only in firmware: safe mode accepts only whole padded files, which no story needs. */
  override pad(asks: TrailerAsks): void {
    this.command(asks === 'permanent' ? 'u' : 't');
  }

  override beHealthy(): void {
    this.command('w');
  }

  override mark(image: Uint8Array): void {
    if (this.board.state === 'bootloader') super.mark(image);
    else this.command('p');
  }

  override confirm(): void {
    this.command('c');
  }

  override erase(slot: number): void {
    if (this.board.state === 'bootloader') super.erase(slot);
    else this.command('x');
  }

  override reset(): void {
    if (this.board.state === 'bootloader') super.reset();
    else this.board.send(consoleLine, Buffer.from('r'));
  }

  override askForSafeMode(): void {
    this.board.send(consoleLine, Buffer.from('s'));
  }

  override hang(): void {
    this.board.send(consoleLine, Buffer.from('h'));
  }

  override starveWatchdog(): void {
    this.board.send(consoleLine, Buffer.from('d'));
  }

  /** Safe mode answers SMP; an agent that rests is there. */
  override echo(): void {
    if (this.board.state === 'bootloader') super.echo();
  }

  private command(letter: string): void {
    this.answers = '';
    this.board.send(consoleLine, Buffer.from(letter));
    this.waitFor(() => this.answers !== '', doneWithinNs, `an answer to '${letter}'`);
    if (this.answers !== '+') throw new StoryFailed(`the agent answers '${letter}' with '${this.answers}'`);
  }

  private place(number: number, bytes: Uint8Array): void {
    if (bytes.length + 4 > deliveryBytes)
      throw new Error(`a delivery of ${bytes.length} bytes; there is room for 64 KiB`);
    const { flash } = this.board.machine;
    flash.writeWord(MemoryMap.STORAGE + number * deliveryBytes, bytes.length);
    flash.writeBytes(MemoryMap.STORAGE + number * deliveryBytes + 4, bytes);
  }
}
