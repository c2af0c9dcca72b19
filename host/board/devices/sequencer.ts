// Sequencer registers: loading, settings, starting and stopping; the sequencers themselves are in ../sequencer.
//
//   START --> step --20 us--> step --> ... --> all stopped, or all waiting for each other: STATUS, line
//
// A register of a present value advances them to now first, so the value is exact; the line is raised at a step. What must stay true: while
// any sequencer is busy, one step is scheduled, and otherwise none.

import { SEQUENCER } from '../../../protocol/generated/registers.ts';
import { SequencerRun } from '../../../protocol/q1/module.ts';
import { SequencerState } from '../../../protocol/q1/status.ts';
import type { Device, DeviceContext, Registers } from '../device.ts';
import { EventKind, FaultCause } from '../device.ts';
import { LogKind } from '../log.ts';
import type { SequencerBank } from '../sequencer/bank.ts';
import { sequencerCount } from '../sequencer/sequencer-module.ts';

const stepNs = 20_000;
const { RELEASE } = SEQUENCER.registers.CONTROL.fields;
const { DEADLOCK } = SEQUENCER.registers.STATUS.fields;
const select = SEQUENCER.registers.SELECT.fields;
const set = 0;
const refused = 1;

export class Sequencers implements Device {
  readonly peripheral = SEQUENCER;
  readonly eventKinds = [EventKind.SEQUENCER_STEP];
  readonly onRead = {
    BUSY: () => this.busyNow(),
    FIGURE: () => this.figure(),
  };
  readonly onWrite = {
    CONTROL: (value: number, _index: number, previous: number) => this.control(value, previous),
    STATUS: () => this.drive(),
    ARM: (value: number) => this.bank.arm(value),
    START: (value: number) => this.start(value),
    STOP: (value: number) => this.stop(value),
    STAGE_DATA: (value: number, index: number) => this.stage(value, index),
    LOAD: (value: number) => this.load(value),
    VALUE: (value: number) => this.setValue(value),
  };
  private readonly context: DeviceContext;
  private readonly bank: SequencerBank;
  private readonly registers: Registers<typeof SEQUENCER>;
  /** [0] result of the last run of the sequencers. */
  private readonly outcome: Uint32Array;
  private readonly word = new Uint8Array(4);

  constructor(context: DeviceContext, bank: SequencerBank) {
    this.context = context;
    this.bank = bank;
    this.registers = context.registers(SEQUENCER);
    this.outcome = context.arena.words(1);
  }

  reset(): void {
    this.context.cancel(EventKind.SEQUENCER_STEP);
    this.registers.reset();
    this.outcome[0] = SequencerRun.DONE;
    this.bank.hold();
  }

  powerLost(): void {
    this.bank.hold();
  }

  onEvent(): void {
    // Sequencers that wait for each other get no more steps: only a write can let them continue.
    if (this.catchUp() !== SequencerRun.DEADLOCK) this.scheduleFirstStep();
  }

  private control(value: number, previous: number): void {
    if (((value ^ previous) & RELEASE.mask) === 0) return;
    if ((value & RELEASE.mask) !== 0) {
      // They stay in reset until the module is loaded: with an image without the module this write faults and changes nothing.
      this.registers.words[this.registers.at.CONTROL] = previous;
      this.bank.release();
      this.registers.words[this.registers.at.CONTROL] = value;
      return;
    }
    this.context.cancel(EventKind.SEQUENCER_STEP);
    this.registers.reset(['CONTROL', 'STATUS']);
    this.bank.hold();
  }

  private start(mask: number): void {
    this.catchUp();
    this.bank.module.start(mask, this.bank.now);
    const busy = this.busyMask();
    this.registers.words[this.registers.at.BUSY] = busy;
    this.context.log(LogKind.SEQUENCER_START, mask, busy);
    this.scheduleStep();
  }

  private stop(mask: number): void {
    this.catchUp();
    this.bank.module.stop(mask);
    this.catchUp();
  }

  private busyNow(): number {
    if (this.bank.released) this.catchUp();
    return this.registers.words[this.registers.at.BUSY];
  }

  /** Advances the sequencers to now, and records which have stopped since. */
  private catchUp(): number {
    const { words, at } = this.registers;
    const before = words[at.BUSY];
    const outcome = this.bank.catchUp();
    // Only a start makes one busy.
    const busy = this.busyMask(before);
    words[at.BUSY] = busy;
    const stopped = before & ~busy;
    for (let core = 0; stopped >>> core !== 0; core++)
      if ((stopped & (1 << core)) !== 0)
        this.context.log(LogKind.SEQUENCER_STOPPED, core, this.bank.module.figure(core, 'FLAGS'));
    // Reported once: when the bit is cleared, it stays clear although they still wait.
    const begins = outcome === SequencerRun.DEADLOCK && this.outcome[0] !== outcome;
    this.outcome[0] = outcome;
    words[at.STATUS] |= stopped | (begins ? DEADLOCK.mask : 0);
    this.drive();
    return outcome;
  }

  /** Those that are busy, among some. */
  private busyMask(among = 2 ** sequencerCount - 1): number {
    let mask = 0;
    for (let core = 0; core < sequencerCount; core++) {
      if ((among & (1 << core)) === 0) continue;
      const state = this.bank.module.figure(core, 'STATE');
      if (state === SequencerState.RUNNING || state === SequencerState.Q1_STOPPED) mask |= 1 << core;
    }
    return mask;
  }

  private scheduleStep(): void {
    this.context.cancel(EventKind.SEQUENCER_STEP);
    this.scheduleFirstStep();
  }

  /** While none is scheduled. */
  private scheduleFirstStep(): void {
    const { words, at } = this.registers;
    if (words[at.BUSY] !== 0) this.context.schedule(this.context.now + stepNs, EventKind.SEQUENCER_STEP);
  }

  private stage(value: number, index: number): void {
    const { words, at } = this.registers;
    const offset = words[at.STAGE_OFFSET] + index * 4;
    if (offset % 4 !== 0)
      this.context.fault(FaultCause.BUS_MISALIGNED, `SEQUENCER.STAGE_OFFSET of ${offset}; it is a multiple of 4`);
    new DataView(this.word.buffer).setUint32(0, value, true);
    if (!this.bank.module.stage(this.word, offset))
      this.context.fault(FaultCause.BUS_STATE, `SEQUENCER.STAGE_DATA at ${offset}: the staging area ends before`);
  }

  private load(core: number): void {
    const { words, at } = this.registers;
    this.expectSequencer(core);
    this.catchUp();
    const [length, crc] = [words[at.LOAD_LENGTH], words[at.LOAD_CRC]];
    words[at.RESULT] = this.bank.module.load(core, length, crc);
    this.context.log(LogKind.SEQUENCER_LOAD, (core << 24) | length, crc);
  }

  private setValue(value: number): void {
    const { words, at } = this.registers;
    const [core, item, index] = this.selected();
    this.catchUp();
    words[at.RESULT] = this.bank.module.configure(core, item, value, index) ? set : refused;
  }

  private figure(): number {
    const [core, item, index] = this.selected();
    this.catchUp();
    return this.bank.module.figureAt(core, item, index);
  }

  private selected(): [core: number, item: number, index: number] {
    const word = this.registers.words[this.registers.at.SELECT];
    const core = word & select.SEQUENCER.mask;
    this.expectSequencer(core);
    return [core, (word & select.ITEM.mask) >>> select.ITEM.shift, word >>> select.INDEX.shift];
  }

  private expectSequencer(core: number): void {
    if (core >= sequencerCount)
      this.context.fault(FaultCause.BUS_STATE, `sequencer ${core}: there are ${sequencerCount}, counted from 0`);
  }

  private drive(): void {
    const { words, at } = this.registers;
    this.context.setLine(SEQUENCER.line, words[at.STATUS] !== 0);
  }
}
