// How far back the page looks: what the reader chooses from, and what the gateway chooses where the reader has not.

export const spans: readonly (readonly [seconds: number, words: string])[] = [
  [900, '15 min'],
  [3600, '1 h'],
  [10_800, '3 h'],
  [21_600, '6 h'],
  [86_400, '24 h'],
];

/** The span of a board where less is kept yet: the shortest that shows all there is, so that a gateway that has just started shows no empty charts. */
export function spanOfWhatIs(usualSeconds: number, keptSeconds: number): number {
  const enough = spans.find(([seconds]) => seconds >= keptSeconds);
  return Math.min(usualSeconds, enough?.[0] ?? usualSeconds);
}
