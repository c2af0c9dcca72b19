// A board as an observer may see it: live views, logs, exporters, plots. Nothing in here changes the board, and nothing in here gives out
// what could.
//
//   Board ──▶ BoardView ──▶ what people see          Board.machine.peek ──▶ a debugger's read, which does what the register does when read
//
// A register that is computed when it is read may do something then: a rail's voltage, for one, lets the surroundings catch up, and that
// is in the log. So an observer reads stored words, and of the surroundings the chip’s last readings. What must stay true: a run that is
// watched is the run that nobody watched, to the last bit (cli/run/unobserved.test.ts).

import type { PeripheralEntry } from '../../protocol/generated/registers.ts';
import type { Board } from './board.ts';
import type { BoardMode } from './board-state.ts';
import type { RecordedEvent } from './devices/recorder.ts';
import type { FaultRecord } from './devices/reset.ts';
import type { FlashPicture } from './flash-array.ts';

export class BoardView {
  readonly #board: Board;

  constructor(board: Board) {
    this.#board = board;
  }

  get now(): number {
    return this.#board.now;
  }

  get state(): BoardMode {
    return this.#board.state;
  }

  get haltReason(): string | undefined {
    return this.#board.haltReason;
  }

  get fault(): FaultRecord {
    return this.#board.fault;
  }

  /** The last fault in the core's own words. */
  get faultDetail(): string {
    return this.#board.faultDetail;
  }

  get logHash(): string {
    return this.#board.logHash;
  }

  /** The cells by page, for who compares: a page that was not written since is the same object, and so is the table of pages. */
  flashPicture(): FlashPicture {
    return this.#board.machine.flash.picture();
  }

  fuseWords(): Uint32Array {
    return this.#board.fuseWords();
  }

  recorderEvents(most?: number): RecordedEvent[] {
    return this.#board.recorderEvents(most);
  }

  /** A stored register word. Throws for a register that is computed when it is read: what it shows, see `reading`. */
  register<P extends PeripheralEntry>(peripheral: P, register: keyof P['registers'] & string, index = 0): number {
    const { machine } = this.#board;
    const device = machine.devices.find((each) => each.peripheral.name === peripheral.name);
    if (device?.onRead?.[register])
      throw new Error(
        `board view: ${peripheral.name}.${register} is computed when it is read, which may change the board; observers use reading() or another register`,
      );
    const { words, at } = machine.registers(peripheral);
    return words[at[register] + index];
  }

  /** The reading at the chip’s last look, by place in `Reading`. */
  reading(place: number): number {
    return this.#board.machine.surroundings.readings[place];
  }
}
