// Changes with which records in two sectors get growing numbers wherever they are written: for canaries that write where no record may go.

import type { SourceChange } from '../../../host/tools/guest.ts';

const path = 'protocol/guest/record-sequence.ts';

export const numberedAnywhere: readonly SourceChange[] = [
  { path, find: "assert(place != newest, 'the newest record is never written over');", replace: '' },
  { path, find: 'place / places == sector ? place - newest', replace: 'place > newest ? place - newest' },
];
