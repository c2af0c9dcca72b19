// What the fuses of a device say, found out once for as long as they stay the same: most devices of a proof agree on every word of them.
//
// What must stay true: the facts follow from cells and weak bits alone, and the words are compared at each call, so nothing old is ever told.

import { counterInFuses } from '../../../host/tools/image/security-counter.ts';
import { Fuse } from '../../../protocol/memory-map.ts';
import { isSameWords, nameOfBytes, type Remains } from './cells.ts';

export interface FuseFacts {
  /** Equal for equal words, weak bits and all. */
  name: string;
  /** First word with a bit that reads anew at each read; -1 where there is none. */
  firstWeak: number;
  securityCounter: number;
  /** Where each weak bit is read as one: the most that the fuses may say. */
  securityCounterMost: number;
  /** Keys as bits. */
  revokedKeys: number;
  revokedKeysMost: number;
}

let known: { cells: Uint32Array; weak: Uint32Array; facts: FuseFacts } | undefined;

export function factsOf({ cells, weak }: Remains['fuses']): FuseFacts {
  if (known !== undefined && isSameWords(known.cells, cells) && isSameWords(known.weak, weak)) return known.facts;
  const most = cells.map((word, index) => word | weak[index]);
  const firstWeak = weak.findIndex((bits) => bits !== 0);
  const facts: FuseFacts = {
    name: firstWeak < 0 ? nameOfBytes(cells) : `${nameOfBytes(cells)} ${nameOfBytes(weak)}`,
    firstWeak,
    securityCounter: counterIn(cells),
    securityCounterMost: counterIn(most),
    revokedKeys: cells[Fuse.KEY_REVOKED],
    revokedKeysMost: most[Fuse.KEY_REVOKED],
  };
  known = { cells: cells.slice(), weak: weak.slice(), facts };
  return facts;
}

function counterIn(words: Uint32Array): number {
  return counterInFuses(words.subarray(Fuse.SECURITY_COUNTER, Fuse.SECURITY_COUNTER + Fuse.SECURITY_COUNTER_WORDS));
}
