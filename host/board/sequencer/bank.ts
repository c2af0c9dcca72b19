// The six sequencers in the chip (part-bank.ts has what they share with other parts), and where their acquisitions get their sums from.
//
//   held in reset --release--> idle --start--> running --catch up, again and again--> idle
//
// Their clock is the board's, counted from the release. They advance only when a register is accessed, and at the steps of the device. What must stay
// true: the state is the module's memory and the arena; a listener to the records changes neither.

import { Activity } from '../../../protocol/plant/energies.ts';
import { sequencerSectionName } from '../../../protocol/q1/module.ts';
import { prepareSequencer } from '../cpu/cpu.ts';
import type { DeviceContext } from '../device.ts';
import { PartBank } from '../part-bank.ts';
import { Actuator } from '../surroundings.ts';
import { type InputSource, type RecordSink, SequencerModule } from './sequencer-module.ts';

export class SequencerBank extends PartBank<SequencerModule> {
  /** Receives the records of this object's sequencers; times count from the release. Not part of the state. */
  listener: { kinds: readonly number[]; sink: RecordSink } | undefined;
  /** Where acquisitions of a converter get their sums from. */
  private readonly input: InputSource | undefined;

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

  /** Advances the sequencers to the board's time; a value of SequencerRun. */
  catchUp(): number {
    const { module, listener } = this;
    if (listener) module.listen(listener.kinds, listener.sink);
    const played = module.figure(0, 'PLAYED');
    const outcome = module.run(this.now, Number.POSITIVE_INFINITY, this.input);
    // In the off times of the duty nothing is played, so nothing heats.
    const duty = this.context.surroundings.actuators[Actuator.DUTY];
    this.context.count(Activity.EVENTS, (((module.figure(0, 'PLAYED') - played) >>> 0) * duty) / 100);
    if (listener) module.listen([], undefined);
    return outcome;
  }

  /** A copy of the state; undefined while they are held in reset. */
  save(reuse?: Uint8Array): Uint8Array | undefined {
    return this.current?.save(reuse);
  }
}
