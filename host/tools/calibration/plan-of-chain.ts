// The plan of a device whose readout chain is described in a file (docs/readout.md): where its resonators should be and how they are driven.
//
// What must stay true: the file says what was built, so frequencies are where a calibration begins to look; nothing is taken from an emulated state.

import { nominalState, type ReadoutChain, TONES_A_LINE } from '../../plant/readout/chain-data.ts';
import { lineState } from '../../plant/readout/line-state.ts';
import { usualAmplitude } from '../../plant/readout/predict.ts';
import { type CalibrationPlan, usualLimits, usualTimeouts } from './plan.ts';

const USUAL_WINDOW_NS = 1000;
/** The path is measured from a frequency on to 64 MHz above it, and at its mirror image. */
const QUIET_SPAN_HERTZ = 64e6;
const QUIET_STEP_HERTZ = 10e6;
const QUIET_MOST_HERTZ = 300e6;

/** Throws a RangeError for a channel that the chain does not have. */
export function planOfChain(
  chain: ReadoutChain,
  channels: readonly number[],
  windowNs = USUAL_WINDOW_NS,
): CalibrationPlan {
  return {
    channels: channels.map((channel) => {
      const [line, own] = [Math.floor(channel / TONES_A_LINE), channel % TONES_A_LINE];
      const resonator = chain.lines[line]?.resonators[own];
      if (!resonator)
        throw new RangeError(
          `${chain.name} has no channel ${channel}: it is tone ${own} of line ${line}, which has no resonator`,
        );
      const moment = { timeNs: 0, seed: 0, attenuationDecibels: 0, signalWatts: 0 };
      const amplitude = usualAmplitude(lineState(chain, line, nominalState(chain), moment), own);
      const { offsetHertz: frequencyHertz, kappaHertz } = resonator;
      return { channel, frequencyHertz, amplitude: Math.min(1, amplitude), kappaHertz };
    }),
    ...{ windowNs, quietHertz: quietHertz(chain), limits: usualLimits, timeoutNs: usualTimeouts },
  };
}

/** As far from every resonator as can be. */
function quietHertz(chain: ReadoutChain): number {
  const taken = chain.lines.flatMap(({ resonators }) => resonators.map(({ offsetHertz }) => offsetHertz));
  const distance = (hertz: number) =>
    Math.min(
      ...taken.map((each) =>
        each >= hertz && each <= hertz + QUIET_SPAN_HERTZ
          ? 0
          : Math.min(Math.abs(each - hertz), Math.abs(each - hertz - QUIET_SPAN_HERTZ)),
      ),
      ...taken.map((each) => Math.abs(each + hertz)),
    );
  let best = QUIET_MOST_HERTZ;
  for (let hertz = -QUIET_MOST_HERTZ; hertz <= QUIET_MOST_HERTZ; hertz += QUIET_STEP_HERTZ)
    if (Math.abs(hertz) > QUIET_SPAN_HERTZ && distance(hertz) > distance(best)) best = hertz;
  return best;
}
