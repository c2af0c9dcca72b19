// Coaxial cables by their catalogue names: materials, dimensions and attenuation.
//
// Dimensions and attenuation: CoaxCo's data sheets and UT-085's [R]. Attenuation is in dB/m at 0.5, 1, 5, 10 and 20 GHz, at 300 K and
// at 4 K. In between, loss is proportional to the square root of frequency, and linear in temperature. A superconducting line below 9 K has no
// loss here. The heat conduction of silver plating is left out, because its thickness and purity are unknown: for plated cables the load is a
// lower bound [G].

import type { MaterialName } from './materials.ts';

export interface Cable {
  /** Outer diameters of inner conductor, dielectric and outer conductor. */
  innerMillimetres: number;
  dielectricMillimetres: number;
  outerMillimetres: number;
  inner: MaterialName;
  outer: MaterialName;
  /** dB/m at the frequencies below. */
  lossWarm: readonly number[];
  lossCold: readonly number[];
  superconducting?: true;
}

const dielectric: MaterialName = 'PTFE';
const frequenciesGigahertz = [0.5, 1, 5, 10, 20];

const sc219 = { innerMillimetres: 0.51, dielectricMillimetres: 1.67, outerMillimetres: 2.19 };
const sc119 = { innerMillimetres: 0.287, dielectricMillimetres: 0.94, outerMillimetres: 1.19 };
const sc086 = { innerMillimetres: 0.203, dielectricMillimetres: 0.66, outerMillimetres: 0.86 };
const steel = { inner: 'stainless steel', outer: 'stainless steel' } as const;
const cupronickel = { inner: 'cupronickel', outer: 'cupronickel' } as const;
const beryllium = { inner: 'beryllium copper', outer: 'beryllium copper' } as const;
const niobium = { inner: 'NbTi', outer: 'NbTi', superconducting: true } as const;
const nothing = [0, 0, 0, 0, 0];
const wire127 = { innerMillimetres: 0.127, dielectricMillimetres: 0.127, outerMillimetres: 0.127 };
const lossless = { lossWarm: nothing, lossCold: nothing };

export const cables: Record<string, Cable> = {
  'UT-085-SS-SS': {
    ...{ innerMillimetres: 0.511, dielectricMillimetres: 1.676, outerMillimetres: 2.197, ...steel },
    // Its data sheet ends at 18 GHz; the value at 20 GHz follows from the square root.
    ...{ lossWarm: [2.92, 4.13, 9.32, 13.25, 19.9], lossCold: [1.9, 2.6, 5.9, 8.3, 11.7] },
  },
  'SC-219-SS-SS': { ...sc219, ...steel, lossWarm: [3, 4.2, 9.4, 13.5, 19.2], lossCold: [1.9, 2.6, 5.9, 8.3, 11.7] },
  'SC-219-CuNi-CuNi': {
    ...{ ...sc219, ...cupronickel, lossWarm: [2.4, 3.4, 7.6, 10.8, 15.5], lossCold: [1.6, 2.3, 5.1, 7.2, 10.2] },
  },
  'SC-219-AgCuNi-CuNi': {
    ...{ ...sc219, ...cupronickel, lossWarm: [0.8, 1.2, 2.7, 3.8, 5.3], lossCold: [0.4, 0.6, 1.3, 1.8, 2.6] },
  },
  'SC-219-AgSS-SS': { ...sc219, ...steel, lossWarm: [1, 1.5, 3.3, 4.6, 6.5], lossCold: [0.5, 0.7, 1.5, 2.1, 2.9] },
  'SC-219-BeCu-BeCu': {
    ...{ ...sc219, ...beryllium, lossWarm: [0.9, 1.3, 2.9, 4.1, 5.8], lossCold: [0.7, 1, 2.2, 3.2, 4.5] },
  },
  'SC-219-NbTi-NbTi': { ...sc219, ...niobium, lossWarm: [3, 4.3, 9.6, 13.6, 19.4], lossCold: nothing },
  'SC-119-SS-SS': {
    ...{ ...sc119, ...steel, lossWarm: [5.3, 7.4, 16.6, 23.5, 33.3], lossCold: [3.3, 4.7, 10.4, 14.7, 20.8] },
  },
  'SC-119-CuNi-CuNi': {
    ...{ ...sc119, ...cupronickel, lossWarm: [3.8, 5.4, 12, 17, 24], lossCold: [2.9, 4.1, 9.1, 12.9, 18.3] },
  },
  'SC-119-AgCuNi-CuNi': {
    ...{ ...sc119, ...cupronickel, lossWarm: [1.5, 2.1, 4.7, 6.7, 9.5], lossCold: [0.7, 1, 2.3, 3.3, 4.6] },
  },
  'SC-119-NbTi-NbTi': { ...sc119, ...niobium, lossWarm: [5.3, 7.5, 16.9, 24, 34.1], lossCold: nothing },
  'SC-086-SS-SS': {
    ...{ ...sc086, ...steel, lossWarm: [7.3, 10.3, 23, 32.7, 46.4], lossCold: [4.7, 6.6, 14.8, 20.9, 29.5] },
  },
  'SC-086-CuNi-CuNi': {
    ...{ ...sc086, ...cupronickel, lossWarm: [5.4, 7.7, 17.1, 24.3, 34.6], lossCold: [4.1, 5.7, 12.8, 18.1, 25.7] },
  },
  'SC-086-NbTi-NbTi': {
    ...{ ...sc086, ...niobium, outerMillimetres: 0.9, lossWarm: [6.8, 9.6, 21.6, 30.5, 43.1], lossCold: nothing },
  },
  // A bare wire: no dielectric, no shield. Its microwave loss is not modelled.
  'phosphor-bronze-36AWG': { ...wire127, inner: 'phosphor bronze', outer: 'phosphor bronze', ...lossless },
  'manganin-36AWG': { ...wire127, inner: 'manganin', outer: 'manganin', ...lossless },
};

export type CablePart = 'inner' | 'dielectric' | 'outer';
export const cableParts: readonly CablePart[] = ['inner', 'dielectric', 'outer'];

const disc = (millimetres: number) => 0.25 * Math.PI * millimetres * millimetres * 1e-6;

/** Cross-section in m². */
export function partArea(cable: Cable, part: CablePart): number {
  if (part === 'inner') return disc(cable.innerMillimetres);
  if (part === 'dielectric') return disc(cable.dielectricMillimetres) - disc(cable.innerMillimetres);
  return disc(cable.outerMillimetres) - disc(cable.dielectricMillimetres);
}

export function partMaterial(cable: Cable, part: CablePart): MaterialName {
  return part === 'dielectric' ? dielectric : cable[part];
}

/** Attenuation in dB/m. */
export function cableLoss(cable: Cable, gigahertz: number, kelvin: number): number {
  if (cable.superconducting && kelvin < 9) return 0;
  const share = Math.min(1, Math.max(0, (kelvin - 4) / 296));
  const [cold, warm] = [atFrequency(cable.lossCold, gigahertz), atFrequency(cable.lossWarm, gigahertz)];
  return cold + share * (warm - cold);
}

function atFrequency(losses: readonly number[], gigahertz: number): number {
  let i = 0;
  while (i < frequenciesGigahertz.length - 2 && gigahertz > frequenciesGigahertz[i + 1]) i++;
  const [low, high] = [frequenciesGigahertz[i], frequenciesGigahertz[i + 1]].map(Math.sqrt);
  const share = (Math.sqrt(gigahertz) - low) / (high - low);
  return Math.max(0, losses[i] + share * (losses[i + 1] - losses[i]));
}
