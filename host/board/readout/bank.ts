// The readout in the chip (part-bank.ts has what it shares with other parts): it integrates the windows that sequencers open on its converters.
//
//   sequencer --window--> drive: what it plays --> surroundings: samples --> module: sums --> sequencer
//
// The drive of a window is what the acquiring sequencer plays in it, as far as that is committed when the window opens. What other sequencers play into the
// same line at that time is not seen. What must stay true: the state is the module's memory and the arena.

import { Signal } from '../../../protocol/plant/places.ts';
import { SequencerFlag } from '../../../protocol/q1/status.ts';
import { ReadoutLimit, readoutSectionName } from '../../../protocol/readout/module.ts';
import { prepareReadout } from '../cpu/cpu.ts';
import type { DeviceContext } from '../device.ts';
import { PartBank } from '../part-bank.ts';
import { type Drive, driveStepNs } from '../samples.ts';
import type { InputSource, InputWindow, SequencerModule } from '../sequencer/sequencer-module.ts';
import { Actuator } from '../surroundings.ts';
import { ReadoutModule } from './readout-module.ts';

const fullScaleOutput = 32768;
/** The marker that stands for an ideal pi pulse. */
const stateMarker = 8;
const silence = new Int32Array(4);

export class ReadoutBank extends PartBank<ReadoutModule> implements InputSource {
  /** The board's time at which the sequencers were released. */
  sequencersReleasedNs: () => number = () => 0;

  constructor(context: DeviceContext, firmware: () => Uint8Array | undefined) {
    super(context, firmware, {
      section: readoutSectionName,
      name: 'the readout is',
      register: 'READOUT',
      prepare: prepareReadout,
      make: (bytes) => new ReadoutModule(bytes),
    });
  }

  measure(sequencers: SequencerModule, window: InputWindow): { sums: Int32Array; flags: number } {
    const { core, channel, timeNs, lengthNs } = window;
    // Nobody listens to the converter: the result says that it means nothing.
    if (!this.current) return { sums: silence, flags: SequencerFlag.ACQ_BINNING_COMM_ERROR };
    const { surroundings } = this.context;
    const openedNs = this.sequencersReleasedNs() + timeNs;
    const line = Math.floor(channel / ReadoutLimit.TONES);
    const phase = sequencers.output(core, 'PHASE', timeNs) >>> 0;
    const attenuationDecibels = surroundings.actuators[Actuator.ATTENUATION + Signal.READOUT_RETURN];
    this.current.integrate(channel, phase, lengthNs, (into, offset, length) => {
      const drive = [driveOf(sequencers, window, offset, length)];
      const startNs = openedNs + offset;
      surroundings.sample(
        { line, startNs, lengthNs: length, openedNs, source: 'line', attenuationDecibels, drive },
        into,
      );
    });
    return { sums: this.current.sums, flags: 0 };
  }

  /** A copy of the state; undefined while it is held in reset. */
  save(reuse?: Uint8Array): Uint8Array | undefined {
    return this.current?.save(reuse);
  }
}

/** What a sequencer plays from `offset` ns of a window on, for `length` ns. */
function driveOf(sequencers: SequencerModule, window: InputWindow, offset: number, length: number): Drive {
  const { core, channel, timeNs } = window;
  const start = timeNs + offset;
  const steps = Math.ceil(length / driveStepNs);
  const amplitude = new Float64Array(2 * steps);
  for (let step = 0; step < steps; step++) {
    const time = start + step * driveStepNs;
    amplitude[2 * step] = sequencers.output(core, 'PATH_0', time) / fullScaleOutput;
    amplitude[2 * step + 1] = sequencers.output(core, 'PATH_1', time) / fullScaleOutput;
  }
  const markers = sequencers.output(core, 'MARKERS', timeNs);
  return {
    channel,
    frequencyQuarterHertz: sequencers.output(core, 'FREQUENCY', start),
    phase: sequencers.output(core, 'PHASE', start) >>> 0,
    amplitude,
    state: (markers & stateMarker) === 0 ? 0 : 1,
  };
}
