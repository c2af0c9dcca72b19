// Prints how many assertions the guests' functions have on average, by folder and together. Run: npx tsx hil/test/tidy/assertions.ts
//
// The same figures, and the floors below which the tidy test fails, are in ratchets.ts.

import { assertionTable } from './guest-rules.ts';
import { assertionFloors } from './ratchets.ts';
import { repositoryFiles } from './sources.ts';

console.log(assertionTable(assertionFloors, repositoryFiles()));
