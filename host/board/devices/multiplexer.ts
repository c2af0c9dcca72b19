// Multiplexer registers: settings, tables, values, starting and parking. The logic that refreshes the cells is in ../multiplexer.
//
// A register of a present value advances the multiplexer to now first, so the value is exact; the line is raised at such a read or at a step.
// What must stay true: while the logic is released one step is scheduled, otherwise none; with its output gate closed nothing is executed.

import { MULTIPLEXER, OUTPUTS } from '../../../protocol/generated/registers.ts';
import { MuxWrite } from '../../../protocol/multiplexer/module.ts';
import { Channel } from '../../../protocol/plant/places.ts';
import type { Device, DeviceContext, Registers } from '../device.ts';
import { EventKind, FaultCause, ResetCause } from '../device.ts';
import { LogKind } from '../log.ts';
import type { MultiplexerBank } from '../multiplexer/bank.ts';
import { Reading } from '../surroundings.ts';

const stepNs = 100_000_000;
const { RELEASE } = MULTIPLEXER.registers.CONTROL.fields;
const { LATE, SWITCH_ERROR, CHANGED, GIVEN_UP, EDGE_LOST, VALUE_REFUSED } = MULTIPLEXER.registers.STATUS.fields;
const select = MULTIPLEXER.registers.SELECT.fields;
const command = MULTIPLEXER.registers.COMMAND.fields.COMMAND.values;
const gate = OUTPUTS.registers.STATE.fields.MULTIPLEXER.mask;
const [done, refused] = [0, 1];
/** Counts that raise a bit of STATUS when they change. */
const told = [
  ['LATE', LATE],
  ['SWITCH_ERRORS', SWITCH_ERROR],
  ['TABLES', CHANGED],
  ['GIVEN_UP', GIVEN_UP],
  ['EDGES_LOST', EDGE_LOST],
  ['VALUES_REFUSED', VALUE_REFUSED],
] as const;

export class Multiplexer implements Device {
  readonly peripheral = MULTIPLEXER;
  readonly eventKinds = [EventKind.MULTIPLEXER_STEP];
  readonly onRead = {
    BOARD: () => this.board(),
    FIGURE: () => this.figure(),
    VOLTAGE: () => this.voltage(),
    INVALID: () => this.invalid(),
  };
  readonly onWrite = {
    CONTROL: (value: number, _index: number, previous: number) => this.control(value, previous),
    STATUS: () => this.drive(),
    VALUE: (value: number) => this.setValue(value),
    LOAD: (value: number) => this.load(value),
    COMMAND: (value: number) => this.command(value),
    CODE: (value: number) => this.setCode(value),
    STAGE_DATA: (value: number, index: number) => this.stage(value, index),
  };
  private readonly context: DeviceContext;
  private readonly bank: MultiplexerBank;
  private readonly registers: Registers<typeof MULTIPLEXER>;
  /** Values of `told` at the last catch-up. */
  private readonly seen: Uint32Array;
  private readonly word = new Uint8Array(4);

  constructor(context: DeviceContext, bank: MultiplexerBank) {
    this.context = context;
    this.bank = bank;
    this.registers = context.registers(MULTIPLEXER);
    this.seen = context.arena.words(told.length);
  }

  reset(cause: number): void {
    this.context.cancel(EventKind.MULTIPLEXER_STEP);
    this.registers.reset();
    this.seen.fill(0);
    this.bank.hold();
    if (cause === ResetCause.POWER_ON) this.bank.discharge();
  }

  powerLost(): void {
    this.bank.hold();
  }

  onEvent(): void {
    this.catchUp();
    this.bank.rest();
    this.scheduleStep();
  }

  outputsChanged(): void {
    if (this.context.outputEnabled(gate) || !this.bank.released) return;
    this.catchUp();
    this.bank.module.park(this.bank.now);
  }

  onReadings(): void {
    // Held in reset it costs nothing, because a proof resets a million times; the temperature counts from the release on.
    if (this.bank.released) this.followPlate();
  }

  private followPlate(): void {
    this.bank.follow(this.context.surroundings.readings[Reading.THERMOMETER + Channel.PLATE_4K]);
  }

  private control(value: number, previous: number): void {
    if (((value ^ previous) & RELEASE.mask) === 0) return;
    if ((value & RELEASE.mask) !== 0) {
      // It stays in reset until the module is loaded: with an image without the module this write faults and changes nothing.
      this.registers.words[this.registers.at.CONTROL] = previous;
      this.bank.release();
      this.followPlate();
      this.registers.words[this.registers.at.CONTROL] = value;
      this.seen.fill(0);
      this.scheduleStep();
      return;
    }
    this.context.cancel(EventKind.MULTIPLEXER_STEP);
    this.registers.reset(['CONTROL', 'STATUS']);
    this.bank.hold();
  }

  /** Advances it to now, and records what has happened since the last time. */
  private catchUp(): void {
    const { words, at } = this.registers;
    this.bank.catchUp();
    for (const [index, [figure, bit]] of told.entries()) {
      const value = this.bank.figure(figure);
      if (value === this.seen[index]) continue;
      this.seen[index] = value;
      words[at.STATUS] |= bit.mask;
      if (bit === LATE) this.context.log(LogKind.CELLS_LATE, value, this.bank.figure('LATE_CELL'));
    }
    this.drive();
  }

  private scheduleStep(): void {
    this.context.cancel(EventKind.MULTIPLEXER_STEP);
    if (this.bank.released) this.context.schedule(this.context.now + stepNs, EventKind.MULTIPLEXER_STEP);
  }

  private board(): number {
    const { CELLS, LINES } = MULTIPLEXER.registers.BOARD.fields;
    return (this.bank.size.cells << CELLS.shift) | (this.bank.size.lines << LINES.shift);
  }

  private setValue(value: number): void {
    const { words, at } = this.registers;
    const [item, cell] = this.selected();
    this.catchUp();
    words[at.RESULT] = this.bank.configure(cell, item, value) ? done : refused;
  }

  private figure(): number {
    const [item, cell] = this.selected();
    this.catchUp();
    return this.bank.figure(item, cell);
  }

  private selected(): [item: number, cell: number] {
    const word = this.registers.words[this.registers.at.SELECT];
    return [word & select.ITEM.mask, this.expectCell((word & select.CELL.mask) >>> select.CELL.shift)];
  }

  private expectCell(cell: number): number {
    if (cell >= this.bank.size.cells)
      this.context.fault(FaultCause.BUS_STATE, `cell ${cell}: there are ${this.bank.size.cells}, counted from 0`);
    return cell;
  }

  private stage(value: number, index: number): void {
    const { words, at } = this.registers;
    const offset = words[at.STAGE_OFFSET] + index * 4;
    if (offset % 4 !== 0)
      this.context.fault(FaultCause.BUS_MISALIGNED, `MULTIPLEXER.STAGE_OFFSET of ${offset}; it is a multiple of 4`);
    new DataView(this.word.buffer).setUint32(0, value, true);
    if (!this.bank.stage(this.word, offset))
      this.context.fault(FaultCause.BUS_STATE, `MULTIPLEXER.STAGE_DATA at ${offset}: the staging area ends before`);
  }

  private load(length: number): void {
    const { words, at } = this.registers;
    this.catchUp();
    words[at.RESULT] = this.bank.load(length);
    this.context.log(LogKind.MUX_LOAD, length, words[at.RESULT]);
    this.catchUp();
  }

  private command(value: number): void {
    const { words, at } = this.registers;
    this.catchUp();
    const { module, now } = this.bank;
    words[at.RESULT] = done;
    if (value === command.PARK) module.park(now);
    else if (!this.context.outputEnabled(gate) || !module.start(now)) words[at.RESULT] = refused;
    this.context.log(LogKind.MUX_COMMAND, value, words[at.RESULT]);
  }

  private setCode(code: number): void {
    const { words, at } = this.registers;
    const cell = this.expectCell(words[at.CELL]);
    this.catchUp();
    words[at.RESULT] = this.bank.module.write(cell, code, this.bank.now);
    if (words[at.RESULT] === MuxWrite.TAKEN) this.context.log(LogKind.MUX_CODE, cell, code);
  }

  private voltage(): number {
    const cell = this.expectCell(this.registers.words[this.registers.at.CELL]);
    if (this.bank.released) this.catchUp();
    return this.bank.microvolts(cell);
  }

  private invalid(): number {
    if (!this.bank.released) return 0;
    this.catchUp();
    return this.bank.figure('RUNNING') === 0 ? 0 : this.bank.figure('INVALID');
  }

  private drive(): void {
    const { words, at } = this.registers;
    this.context.setLine(MULTIPLEXER.line, words[at.STATUS] !== 0);
  }
}
