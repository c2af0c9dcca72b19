// Canaries of the firmware that lose or mix calibration records.

import type { Canary } from './canary.ts';
import { numberedAnywhere } from './sequence-changes.ts';

const store = 'firmware/calibration/store.ts';

export const recordCanaries: readonly Canary[] = [
  {
    name: 'a calibration record counts by its head',
    about: 'the head has a checksum of its own, and it was written with the rest',
    breaks: 'firmware',
    caughtBy: { proof: 'power', scenario: 'calibration record stored', invariant: 'stored' },
    changes: [
      {
        path: store,
        find: 'if (load<u32>(record, CALIBRATION_CRC) != crc32(0, record + CALIBRATION_PAYLOAD, length)) return false;',
        replace: '',
      },
      { path: store, find: 'return payloadFault(record + CALIBRATION_PAYLOAD) == NO_FAULT;', replace: 'return true;' },
    ],
  },
  {
    name: 'a calibration record is answered before it is stored',
    about: 'flash takes what it is given, and the client need not wait for it',
    breaks: 'firmware',
    caughtBy: { proof: 'power', scenario: 'calibration record stored', invariant: 'stored' },
    changes: [
      {
        path: 'firmware/report/readout.ts',
        find: "assert(storeBusy(), 'a store takes flash operations');\n  return STATUS_DEFERRED;",
        replace: 'return 0;',
      },
    ],
  },
  {
    name: 'the only whole calibration record is erased for its successor',
    about: 'the new one is in memory, so nothing is lost',
    breaks: 'firmware',
    caughtBy: { proof: 'power', scenario: 'calibration record over a full sector', invariant: 'stored' },
    changes: [
      { path: store, find: '  const other = sector ^ 1;\n', replace: '  const other = sector;\n' },
      {
        path: store,
        find: 'if (newest != NO_PLACE && newest / PLACES == other) giveUp();\n  else erase',
        replace: 'erase',
      },
      {
        path: store,
        find: "assert(newest == NO_PLACE || place / PLACES != newest / PLACES, 'the newest record is never erased');",
        replace: '',
      },
      { path: store, find: "assert(place != newest, 'the newest record is never written over');", replace: '' },
      ...numberedAnywhere,
    ],
  },
];
