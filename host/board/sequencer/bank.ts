// The six sequencers in the chip (part-bank.ts has what they share with other parts), and where their acquisitions get their sums from.
//
//   held in reset --release--> idle --start--> running --catch up, again and again--> idle
//
// Their clock is the board's, counted from the release. They advance only when a register is accessed, and at the steps of the device. What must stay
// true: the state is the module's memory and the arena; a listener to the records changes neither.

import { Activity } from '../../../protocol/plant/energies.ts';
import { sequencerSectionName } from '../../../protocol/q1/module.ts';
import { SequencerState } from '../../../protocol/q1/status.ts';
import { prepareSequencer } from '../cpu/cpu.ts';
import type { DeviceContext } from '../device.ts';
import { PartBank } from '../part-bank.ts';
import { Actuator } from '../surroundings.ts';
import type { InputSource } from './input.ts';
import { type RecordSink, recordsOf, recordWords, SequencerModule, sequencerCount } from './sequencer-module.ts';

/** A part of the chip that goes by what the sequencers do: the multiplexer. */
export interface SequencerFollower {
  /** Kinds of records that it needs now; none while nothing relies on them. */
  readonly kinds: readonly number[];
  /** Takes every record of these kinds, and maybe others, before any time that one names has passed. */
  readonly sink: RecordSink;
  /** The sequencers have come to the present time: all that they commit for an earlier time was told. */
  caughtUp(): void;
  /** These sequencers were armed, or are held in reset: what they had at their outputs is gone. */
  cleared(mask: number): void;
}

export class SequencerBank extends PartBank<SequencerModule> {
  follower: SequencerFollower | undefined;
  /** Receives the records of this object's sequencers; times count from the release. Not part of the state. */
  listener: { kinds: readonly number[]; sink: RecordSink } | undefined;
  /** Where acquisitions of a converter get their sums from. */
  private readonly input: InputSource | undefined;

  private readonly sink: RecordSink = (words, count) => {
    if (this.follower && this.follower.kinds.length > 0) this.follower.sink(words, count);
    const { listener } = this;
    if (!listener) return;
    const own = recordsOf(words, count, listener.kinds);
    listener.sink(own, own.length / recordWords);
  };

  /** `firmware`: the module in the core now, as it is in flash. Without `input` the chip has no readout. */
  constructor(context: DeviceContext, firmware: () => Uint8Array | undefined, input?: InputSource) {
    super(context, firmware, {
      section: sequencerSectionName,
      name: 'the sequencers are',
      register: 'SEQUENCER',
      prepare: prepareSequencer,
      make: (bytes) => new SequencerModule(bytes),
    });
    this.input = input;
  }

  override hold(): void {
    if (!this.released) return;
    super.hold();
    this.follower?.cleared(2 ** sequencerCount - 1);
  }

  /** Arms those of a mask that are not busy. */
  arm(mask: number): void {
    this.module.arm(mask);
    this.follower?.cleared(mask);
  }

  /** Markers of a sequencer now, one bit each. */
  markers(core: number): number {
    return this.current?.output(core, 'MARKERS', this.now) ?? 0;
  }

  isBusy(core: number): boolean {
    const state = this.current?.figure(core, 'STATE');
    return state === SequencerState.RUNNING || state === SequencerState.Q1_STOPPED;
  }

  /** Advances the sequencers to the board's time; a value of SequencerRun. */
  catchUp(): number {
    const { module, listener, follower } = this;
    const needed = follower?.kinds ?? [];
    const wanted = listener?.kinds ?? [];
    const isHeard = needed.length > 0 || wanted.length > 0;
    if (isHeard) module.listen([...needed, ...wanted], this.sink);
    const played = module.figure(0, 'PLAYED');
    const outcome = module.run(this.now, Number.POSITIVE_INFINITY, this.input);
    // In the off times of the duty nothing is played, so nothing heats.
    const duty = this.context.surroundings.actuators[Actuator.DUTY];
    this.context.count(Activity.EVENTS, (((module.figure(0, 'PLAYED') - played) >>> 0) * duty) / 100);
    if (isHeard) module.listen([], undefined);
    follower?.caughtUp();
    return outcome;
  }

  /** A copy of the state; undefined while they are held in reset. */
  save(reuse?: Uint8Array): Uint8Array | undefined {
    return this.current?.save(reuse);
  }
}
