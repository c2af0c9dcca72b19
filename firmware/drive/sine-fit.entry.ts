// sine-fit.ts alone, for its unit tests.

import { FIT_SAMPLES } from './sine-fit';

export { beginFit, effectiveBits, feedFit } from './sine-fit';

const samples = memory.data(<i32>(FIT_SAMPLES * 2), 8);

export function placeOfSamples(): usize {
  return samples;
}
