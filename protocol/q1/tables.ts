// Every constant table of the sequencers, for the generator.

import { wordLayout } from './encoding.ts';
import { sequencerFigures, sequencerLoads, sequencerOutputs, sequencerPlaces, sequencerRuns } from './module.ts';
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
  sequencerFigures,
  sequencerOutputs,
  sequencerPlaces,
  sequencerRecords,
  triggerNetwork,
];
