// Read-only access to a board for observers: live views, logs, exporters, plots. Nothing here changes the board or returns an object that
// can change it.
//
//   Board ──▶ BoardView ──▶ displays                 Board.machine.peek ──▶ a debugger's read, with the side effects of the register
//
// A register that is computed when it is read may have side effects: reading a rail's voltage advances the surroundings, and that goes
// into the log. So an observer reads stored words, and the chip’s last readings of the surroundings. What must stay true: an observed
// run equals the same run without an observer, to the last bit (cli/run/unobserved.test.ts).

import type { PeripheralEntry } from '../../protocol/generated/registers.ts';
import type { Board } from './board.ts';
import type { BoardMode } from './board-state.ts';
import type { RecordedEvent } from './devices/recorder.ts';
import type { FaultRecord } from './devices/reset.ts';
import type { FlashPicture } from './flash-array.ts';
import type { LogRecord } from './log.ts';

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

  /** Text of the last fault. */
  get faultDetail(): string {
    return this.#board.faultDetail;
  }

  get logHash(): string {
    return this.#board.logHash;
  }

  /** In place of the board's `onLog`: the listener is told records of these kinds (`LogKind`) only. Of all of them an idle board makes thirty a second. */
  listenTo(kinds: readonly number[], listener: (record: LogRecord) => void): void {
    this.#board.machine.logbook.listenTo(kinds, listener);
  }

  /** The cells by page, for comparison: a page that was not written since is the same object, and so is the table of pages. */
  flashPicture(): FlashPicture {
    return this.#board.machine.flash.picture();
  }

  fuseWords(): Uint32Array {
    return this.#board.fuseWords();
  }

  /** What is scheduled, the next event first. Kinds are those of `EventKind`. */
  pendingEvents(): { time: number; kind: number; a: number; b: number }[] {
    return this.#board.machine.queue.list();
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

  /** What the chip has done since the board was made (`Activity`), as of the last time that its surroundings were advanced. */
  counted(activity: number): number {
    return this.#board.machine.surroundings.counts[activity];
  }

  /** The reading at the chip’s last look, by place in `Reading`. */
  reading(place: number): number {
    return this.#board.machine.surroundings.readings[place];
  }
}
