// scaled.ts alone, for its unit tests.

export { isNegative, logOf, minus, over, plus, scaled, scaledWide, times, wholeOf } from './scaled';
