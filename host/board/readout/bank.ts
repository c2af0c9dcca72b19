// The readout in the chip (part-bank.ts has what it shares with other parts): it integrates the windows that sequencers open on its converters.
//
//   sequencer --window--> drive: what it plays --> surroundings: samples --> module: sums --> sequencer
//   a register (devices/readout.ts) --> a capture or a measurement now: of the line, into which nothing is played, or of the test tone
//
// The drive of a window is what the acquiring sequencer plays in it, as far as that is committed when the window opens. What other sequencers play into the
// same line at that time is not seen. What must stay true: the state is the module's memory and the arena.

import { Signal } from '../../../protocol/plant/places.ts';
import { SequencerSupply } from '../../../protocol/q1/module.ts';
import { SequencerFlag } from '../../../protocol/q1/status.ts';
import { ReadoutLimit, readoutSectionName } from '../../../protocol/readout/module.ts';
import { prepareReadout } from '../cpu/cpu.ts';
import type { DeviceContext } from '../device.ts';
import { hashOf, LogKind } from '../log.ts';
import { PartBank } from '../part-bank.ts';
import type { SampleRequest } from '../samples.ts';
import type { InputSource, InputWindow, PlayedOutputs } from '../sequencer/input.ts';
import { Actuator } from '../surroundings.ts';
import { driveOf } from './drive.ts';
import { type Fill, ReadoutModule } from './readout-module.ts';

/** Of the test tone's amplitude. */
const amplitudeOne = 32768;
const silence = new Int32Array(4);
const clippedFlags =
  SequencerFlag.ACQ_INTEGRATOR_OUT_OF_RANGE_PATH_0 | SequencerFlag.ACQ_INTEGRATOR_OUT_OF_RANGE_PATH_1;
const doneFlag = SequencerFlag.ACQ_SCOPE_DONE_PATH_0;

export class ReadoutBank extends PartBank<ReadoutModule> implements InputSource {
  /** The board's time at which the sequencers were released. */
  sequencersReleasedNs: () => number = () => 0;
  /** Told when samples of a line were out of range, and when a capture is complete. */
  onEvent: (line: number, isClipped: boolean, isCaptured: boolean) => void = () => {};

  constructor(context: DeviceContext, firmware: () => Uint8Array | undefined) {
    super(context, firmware, {
      section: readoutSectionName,
      name: 'the readout is',
      register: 'READOUT',
      prepare: prepareReadout,
      make: (bytes) => new ReadoutModule(bytes),
    });
  }

  measure(sequencers: PlayedOutputs, window: InputWindow): { sums: Int32Array; flags: number } {
    const { current } = this;
    // The readout is held in reset: the result has a flag that says so.
    if (!current) return { sums: silence, flags: SequencerFlag.ACQ_BINNING_COMM_ERROR };
    const { core, channel, timeNs, lengthNs, weights } = window;
    const line = Math.floor(channel / ReadoutLimit.TONES);
    const openedNs = this.sequencersReleasedNs() + timeNs;
    const drive = driveOf(sequencers, window);
    const isCaptured = current.setting('SCOPE_SEQUENCER') === core + 1;
    current.open(channel, drive.phase, lengthNs, drive.state, weights);
    const fill = this.filling(line, openedNs, (offset, length) => ({
      source: 'line',
      drive: [offset === 0 && length <= drive.spanNs ? drive : driveOf(sequencers, window, offset, length)],
    }));
    const flags = current.feed(line, lengthNs, fill, isCaptured ? current.setting('SCOPE_LENGTH') : 0);
    this.tell(line, flags);
    this.context.log(LogKind.READOUT_WINDOW, (core << 8) | channel, hashOf(bytesOf(current.sums)));
    return { sums: current.sums, flags };
  }

  judged(_window: InputWindow, outcome: number): void {
    this.current?.judge((outcome & SequencerSupply.REACHED) !== 0);
  }

  /** Captures samples from now on. */
  captureNow(line: number, source: SampleRequest['source']): void {
    const { module } = this;
    const flags = module.capture(line, module.setting('SCOPE_LENGTH'), this.fillingNow(line, source));
    this.tell(line, flags);
  }

  /** Measures a window from now on, by all tones of TOGETHER. */
  measureNow(line: number, source: SampleRequest['source']): void {
    const { module } = this;
    const lengthNs = module.setting('LENGTH');
    module.openFree(line, this.context.now, lengthNs);
    this.tell(line, module.feed(line, lengthNs, this.fillingNow(line, source)));
  }

  /** A copy of the state; undefined while it is held in reset. */
  save(reuse?: Uint8Array): Uint8Array | undefined {
    return this.current?.save(reuse);
  }

  private fillingNow(line: number, source: SampleRequest['source']): Fill {
    const { module } = this;
    const frequencyHertz = (module.setting('TONE_FREQUENCY') | 0) / 4;
    const tone = { frequencyHertz, amplitude: module.setting('TONE_AMPLITUDE') / amplitudeOne };
    return this.filling(line, this.context.now, () =>
      source === 'line' ? { source, drive: [] } : { source, drive: [], tone },
    );
  }

  private filling(
    line: number,
    openedNs: number,
    what: (offset: number, length: number) => Pick<SampleRequest, 'source' | 'drive' | 'tone'>,
  ): Fill {
    const { surroundings } = this.context;
    const attenuationDecibels = surroundings.actuators[Actuator.ATTENUATION + Signal.READOUT_RETURN];
    return (into, offset, lengthNs) =>
      surroundings.sample(
        { line, startNs: openedNs + offset, lengthNs, openedNs, attenuationDecibels, ...what(offset, lengthNs) },
        into,
      );
  }

  private tell(line: number, flags: number): void {
    const [isClipped, isCaptured] = [(flags & clippedFlags) !== 0, (flags & doneFlag) !== 0];
    if (isClipped || isCaptured) this.onEvent(line, isClipped, isCaptured);
  }
}

function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
