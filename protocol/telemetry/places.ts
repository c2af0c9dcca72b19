// Values of labels that name a place: flanges, lines and groups of interlocks; and the limit of the converters.
//
// What must stay true: a value keeps its meaning, as the names of metrics do (metrics.ts).

/** Flanges as logs of fridges name them, by channel of the scanner; and the channel as faults name it. */
export const flangeOfChannel: readonly (readonly [flange: string, channel: string])[] = [
  ['pt1', '50K'],
  ['pt2', '4K'],
  ['pt2', '4K-spare'],
  ['still', 'Still'],
  ['cp', 'CP'],
  ['mxc', 'MXC'],
];

/** Signal lines, in the order of `signalTable`. */
export const lineNames: readonly string[] = ['control', 'readout-send', 'readout-return'];

/** Interlocks by what they protect from: `coldrig_interlocks_tripped` has a series a group. */
export const interlockGroups: Readonly<Record<string, readonly string[]>> = {
  thermal: ['HOT', 'RISE', 'BLIND'],
  heater: ['RUNAWAY'],
  'rail-over': ['RAIL_OVER'],
  'rail-under': ['RAIL_UNDER'],
  clock: ['CLOCK_GONE'],
  budget: ['OVER_BUDGET'],
};

/** The group of an interlock, by the end of its name. */
export function groupOfInterlock(name: string): string {
  const found = Object.entries(interlockGroups).find(([, ends]) => ends.some((end) => name.endsWith(end)));
  if (found === undefined)
    throw new Error(`interlock ${name} is in no group: add it to interlockGroups in protocol/telemetry/places.ts`);
  return found[0];
}

/** Effective bits that a converter must have: the usual readout chain has 9.2. */
export const EFFECTIVE_BITS_LEAST = 9;
