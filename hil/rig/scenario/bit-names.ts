// Names for the bits of registers and words that a person reads as a list: which gates are open, which rails are on, what is wrong.

import { valuesOf } from '../../../protocol/constants.ts';
import { OUTPUTS } from '../../../protocol/generated/registers.ts';
import { interlocks } from '../../../protocol/plant/interlocks.ts';
import { railTable } from '../../../protocol/plant/places.ts';
import { healthBits } from '../../../protocol/telemetry/health.ts';

const rails = Object.entries(valuesOf(railTable)).filter(([name]) => name !== 'COUNT');

type Bits = readonly (readonly [bit: number, name: string])[];
export const gateNames: Bits = Object.entries(OUTPUTS.registers.STATE.fields).map(([name, { mask }]) => [
  mask,
  words(name),
]);
export const railNames: Bits = rails.map(([name, rail]) => [1 << rail, words(name)]);
export const interlockNames: Bits = interlocks.map(({ name }, bit) => [1 << bit, words(name)]);
export const sequencerNames: Bits = Array.from({ length: 6 }, (_, bit) => [1 << bit, `${bit}`]);
export const healthNames: Bits = Object.entries(valuesOf(healthBits)).map(([name, bit]) => [bit, words(name)]);

function words(name: string): string {
  return name.toLowerCase().replaceAll('_', ' ');
}

export function namesOf(value: number, bits: Bits, none = 'none'): string {
  const names = bits.filter(([bit]) => (value & bit) !== 0).map(([, name]) => name);
  return names.length === 0 ? none : names.join(', ');
}
