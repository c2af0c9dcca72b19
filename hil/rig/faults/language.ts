// Parses faults as a person writes them.
//
//   fault := KIND 'at' PLACE [SIZE] ['after' TIME] ['for' TIME]         thermal-rise at 4K 200mW after 30s for 10min
//   TIME  := number with ns, us, ms, s, min, h or d                      one 'after' is at once, no 'for' is for good
//
// What must stay true: an invalid text is refused, with the wrong word and the valid ones; the text that is made of a fault parses to the same fault.

import type { Disturbance } from '../../../host/board/surroundings.ts';
import { longestNs, parseTime, timeUnits, withPlainMicro } from '../time.ts';
import { type FaultKind, faultKinds } from './kinds.ts';

export interface Fault {
  text: string;
  name: string;
  /** As for `Disturbance`. */
  kind: number;
  place: number;
  size: number;
  afterNs: number;
  /** Infinity means without end. */
  forNs: number;
}

export class FaultSyntaxError extends Error {}

export function parseFault(text: string): Fault {
  const words = text.trim().split(/\s+/);
  const refuse = (why: string): never => {
    throw new FaultSyntaxError(`fault '${text}': ${why}`);
  };
  const next = () => words.shift() ?? '';
  const name = next();
  const spec =
    own(faultKinds, name) ?? refuse(`there is no '${name}'; there are ${Object.keys(faultKinds).join(', ')}`);
  const hint = `for instance '${spec.example}'`;
  if (next() !== 'at') refuse(`say where: '${name} at …', ${hint}`);
  const placeName = next();
  const place =
    own(spec.places, placeName) ??
    refuse(`it cannot be at '${placeName}'; it can be at ${Object.keys(spec.places).join(', ')}`);
  const sized = sizeOf(words, spec, refuse, hint);
  const times = { after: 0, for: Number.POSITIVE_INFINITY };
  const given = new Set<string>();
  while (words.length > 0) {
    const key = next();
    if (key !== 'after' && key !== 'for')
      refuse(`'${key}' says nothing here; after place and size come 'after TIME' and 'for TIME'`);
    if (given.has(key)) refuse(`'${key}' stands twice`);
    given.add(key);
    times[key as 'after' | 'for'] = timeOf(next(), key, refuse);
  }
  if (times.for === 0) refuse("'for' no time at all is no fault");
  return {
    ...{ text: text.trim(), name, kind: spec.kind, place: place + sized.placeOffset, size: sized.size },
    ...{ afterNs: times.after, forNs: times.for },
  };
}

/** The fault as an input of a run, its times counted from `fromNs`. */
export function disturbanceOf({ kind, place, size, afterNs, forNs }: Fault, fromNs: number): Disturbance {
  const startNs = fromNs + afterNs;
  return { kind, place, size, startNs, endNs: startNs + forNs };
}

/** A disturbance in words, without its times: `thermal-rise at 4K 200mW`. */
export function faultTextOf({ kind, place, size }: Pick<Disturbance, 'kind' | 'place' | 'size'>): string {
  for (const [name, { kind: own, places, units, size: usual }] of Object.entries(faultKinds)) {
    if (own !== kind) continue;
    const sizes = Object.entries(units).map(([unit, { perUnit, placeOffset = 0 }]) => ({ unit, perUnit, placeOffset }));
    // The largest unit in which it is at least 1, or else the smallest.
    sizes.sort((a, b) => b.perUnit - a.perUnit);
    for (const [placeName, number] of Object.entries(places)) {
      if (number === place && size === usual) return `${name} at ${placeName}`;
      const fitting = sizes.filter(({ placeOffset }) => number + placeOffset === place);
      const shown = fitting.find(({ perUnit }) => Math.abs(size) >= perUnit) ?? fitting.at(-1);
      if (shown !== undefined) return `${name} at ${placeName} ${size / shown.perUnit}${shown.unit}`;
    }
  }
  return `disturbance of kind ${kind} at place ${place}, size ${size}`;
}

/** Every kind with an example, for help. */
export function faultHelp(): string {
  return Object.entries(faultKinds)
    .map(([name, { example, signal }]) => `  ${name.padEnd(18)} ${example.padEnd(50)} seen in: ${signal}`)
    .join('\n');
}

function sizeOf(
  words: string[],
  spec: FaultKind,
  refuse: (why: string) => never,
  hint: string,
): { size: number; placeOffset: number } {
  const word = words[0] ?? '';
  const match = /^([+-]?\d+(?:\.\d+)?)(\D.*)$/.exec(word);
  if (!match || word === 'after' || word === 'for') {
    const [, following = ''] = words;
    if (/^[+-]?\d+(\.\d+)?$/.test(word) && own(spec.units, withPlainMicro(following)) !== undefined)
      refuse(`write ${word}${following}, without a blank`);
    if (spec.size === undefined) refuse(`say how big, in ${Object.keys(spec.units).join(', ')}: ${hint}`);
    return { size: spec.size as number, placeOffset: 0 };
  }
  const [, number, unitName] = match;
  const units = Object.keys(spec.units);
  if (units.length === 0) refuse(`it has no size; '${word}' says nothing here`);
  const unit =
    own(spec.units, withPlainMicro(unitName)) ??
    refuse(`'${unitName}' is no unit here; there ${units.length > 1 ? 'are' : 'is'} ${units.join(', ')}`);
  words.shift();
  const size = Math.round(Number(number) * unit.perUnit);
  if (size === 0) refuse(`'${word}' is nothing`);
  if (size < 0 && !unit.isSigned) refuse(`'${word}' is below 0, and it can only be above: ${hint}`);
  if (Math.abs(size) > 0x7fff_ffff) refuse(`'${word}' is more than there can be`);
  return { size, placeOffset: unit.placeOffset ?? 0 };
}

function timeOf(word: string, key: string, refuse: (why: string) => never): number {
  const ns = parseTime(word);
  if (ns === undefined)
    return refuse(`'${key} ${word}' is no time; write it as 30s, 250ms or 2min (${Object.keys(timeUnits).join(', ')})`);
  return ns <= longestNs / 2 ? ns : refuse(`'${key} ${word}' is longer than the clock counts`);
}

/** An entry of a table; the names that every object has do not count. */
function own<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
