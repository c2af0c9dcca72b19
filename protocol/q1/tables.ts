// Every constant table of the sequencers, for the generator.

import { wordLayout } from './encoding.ts';
import {
  sequencerFigures,
  sequencerInputs,
  sequencerLoads,
  sequencerOutputs,
  sequencerPlaces,
  sequencerRuns,
  sequencerSupplies,
} from './module.ts';
import { triggerNetwork } from './network.ts';
import { sequencerRecords } from './records.ts';
import { sequenceLayout } from './sequence.ts';
import { sequencerSettings } from './settings.ts';
import { sequencerFlags, sequencerStates } from './status.ts';

export const sequencerTables = [
  wordLayout,
  sequenceLayout,
  sequencerStates,
  sequencerFlags,
  sequencerSettings,
  sequencerLoads,
  sequencerRuns,
  sequencerSupplies,
  sequencerInputs,
  sequencerFigures,
  sequencerOutputs,
  sequencerPlaces,
  sequencerRecords,
  triggerNetwork,
];
