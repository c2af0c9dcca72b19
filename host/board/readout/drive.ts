// What a sequencer plays into the line during a window, as the surroundings are told: its oscillator, and its amplitude every 16 ns.

import { type Drive, driveStepNs } from '../samples.ts';
import type { InputWindow, PlayedOutputs } from '../sequencer/input.ts';

const fullScaleOutput = 32768;
/** The marker that stands for an ideal pi pulse. */
const stateMarker = 8;

/** From `offset` ns of the window on; `spanNs` is how long its amplitude lasts. */
export function driveOf(
  sequencers: PlayedOutputs,
  window: InputWindow,
  offset = 0,
  spanNs = window.lengthNs,
): Drive & { spanNs: number } {
  const { core, channel, timeNs } = window;
  const start = timeNs + offset;
  const steps = Math.ceil(spanNs / driveStepNs);
  const amplitude = new Float64Array(2 * steps);
  for (let step = 0; step < steps; step++) {
    const time = start + step * driveStepNs;
    amplitude[2 * step] = sequencers.output(core, 'PATH_0', time) / fullScaleOutput;
    amplitude[2 * step + 1] = sequencers.output(core, 'PATH_1', time) / fullScaleOutput;
  }
  return {
    channel,
    frequencyQuarterHertz: sequencers.output(core, 'FREQUENCY', start),
    phase: sequencers.output(core, 'PHASE', start) >>> 0,
    amplitude,
    state: (sequencers.output(core, 'MARKERS', timeNs) & stateMarker) === 0 ? 0 : 1,
    spanNs,
  };
}
