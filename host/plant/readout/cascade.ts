// Gain and noise of a path of losses and amplifiers, by Friis: T = T1 + T2 / G1 + T3 / (G1 G2) + …, referred to the input of the path.
//
// A loss of ratio L at temperature T adds (L - 1) T. Temperatures are those of Rayleigh and Jeans, as the published examples count them: a
// part at 20 mK adds next to nothing, and vacuum noise is part of an amplifier's noise temperature, which therefore is never below hf / 2k.
// What must stay true: gains are ratios of power here, and the order of the parts is that of the signal.

import { powerOfTen } from '../../../protocol/sensors/elementary.ts';
import { ROOM_KELVIN, stageIndex } from '../cryostat/stages.ts';
import type { AmplifierData, PathPart, Place, TwpaData } from './chain-data.ts';

export interface Cascade {
  /** Ratio of powers from the first part's input to the last one's output. */
  gain: number;
  /** Referred to the input. */
  noiseKelvin: number;
}

/** What a path is like at a moment. */
export interface PathConditions {
  stageKelvin: ArrayLike<number>;
  nominalKelvin: ArrayLike<number>;
  /** Loss of the connector in the path. */
  connectorDecibels: number;
  /** Power of all tones at the input of the path. */
  signalWatts: number;
}

export function kelvinAt(place: Place, stageKelvin: ArrayLike<number>): number {
  if (typeof place === 'number') return place;
  return place === 'RT' ? ROOM_KELVIN : stageKelvin[stageIndex(place)];
}

export function cascade(path: readonly PathPart[], conditions: PathConditions): Cascade {
  let [gain, noiseKelvin] = [1, 0];
  for (const part of path) {
    const { ratio, kelvin } = partAt(part, conditions, gain * conditions.signalWatts);
    noiseKelvin += kelvin / gain;
    gain *= ratio;
  }
  return { gain, noiseKelvin };
}

/** A part alone: its gain, and the noise temperature at its own input. */
export function partAt(part: PathPart, conditions: PathConditions, signalWatts: number): Gain {
  switch (part.kind) {
    case 'loss':
      return lossOf(part.decibels, kelvinAt(part.at, conditions.stageKelvin));
    case 'connector':
      return lossOf(conditions.connectorDecibels, kelvinAt(part.at, conditions.stageKelvin));
    case 'amplifier': {
      const [kelvin, nominal] = [conditions.stageKelvin, conditions.nominalKelvin].map((each) =>
        kelvinAt(part.at, each),
      );
      return amplifierAt(part, kelvin, nominal);
    }
    case 'twpa':
      return { ratio: twpaGain(part, signalWatts), kelvin: part.noiseKelvin };
  }
}

interface Gain {
  ratio: number;
  kelvin: number;
}

function lossOf(decibels: number, kelvin: number): Gain {
  const loss = powerOfTen(decibels / 10);
  return { ratio: 1 / loss, kelvin: (loss - 1) * kelvin };
}

/** Noise grows with the square of its temperature and is flat where it is cold (McCulloch 2017 [R abstract]). */
function amplifierAt(part: AmplifierData, kelvin: number, nominalKelvin: number): Gain {
  const growth = (at: number) => 1 + (at / part.doublingKelvin) * (at / part.doublingKelvin);
  const decibels = part.gainDecibels + part.gainDecibelsPerKelvin * (kelvin - nominalKelvin);
  return { ratio: powerOfTen(decibels / 10), kelvin: (part.noiseKelvin * growth(kelvin)) / growth(nominalKelvin) };
}

/** A depleted pump: G / (1 + P / P0), with P0 so that the gain is 1 dB less at the saturation power. */
export function twpaGain(part: TwpaData, signalWatts: number): number {
  const gain = powerOfTen(part.gainDecibels / 10);
  const depleted = (signalWatts / part.saturationWatts) * (ONE_DECIBEL - 1);
  return gain / (1 + depleted);
}

const ONE_DECIBEL = 1.2589254117941673;
