// The matrix: every fault at every place it can be, of two sizes, under every load; and all pairs of faults. Generated from the kinds.
//
// What must stay true of every case, whatever it is: the controller still beats in the end, no stage was ever warmer than it may be, what is a danger to the
// fridge ended in the safe state within its time, and what was noticed is still known after a reset.

import { DisturbanceKind } from '../../../host/board/disturbance.ts';
import type { StageName } from '../../../host/plant/cryostat/stages.ts';
import { faultKinds } from '../../rig/faults/kinds.ts';
import { parseFault } from '../../rig/faults/language.ts';
import { second } from '../../rig/time.ts';
import { type Course, type FaultBench, type Load, loads } from './fault-bench.ts';

/** Each fault begins five seconds into its play. */
const onsetSeconds = 5;

export interface Case {
  name: string;
  faults: string[];
  load: Load;
  lengthSeconds: number;
}

/** Two sizes of each kind, by unit; where places differ by orders of magnitude, by place. */
const sizes: Readonly<Record<string, readonly string[] | Readonly<Record<string, readonly string[]>>>> = {
  'thermal-rise': {
    '50K': ['5W', '15W'],
    '4K': ['200mW', '1W'],
    Still: ['10mW', '50mW'],
    CP: ['300uW', '1mW'],
    MXC: ['100uW', '400uW'],
  },
  'signal-drop': ['6dB', '40dB'],
  'timing-jitter': ['', '700ppb', '5ps'],
  'adc-saturation': ['3dB', '20dB'],
  'firmware-lock': [''],
  mechanical: [''],
  'power-surge': ['30%', '-15%', '-60%'],
  'calibration-drift': ['20mK/min', '-5mK/min'],
};

/** Longest time to the safe state after a runaway at a stage. It depends on the thermal inertia of the stage. */
export const safeWithinSeconds: Readonly<Record<string, number>> = { '50K': 600, '4K': 3, Still: 30, CP: 30, MXC: 60 };

const sizesAt = (kind: string, place: string): readonly string[] => {
  const all = sizes[kind];
  if (all === undefined)
    throw new Error(
      `fault ${kind} has no sizes: add a row to sizes in hil/test/faults/matrix.ts, [''] when it has none`,
    );
  return Array.isArray(all) ? all : ((all as Readonly<Record<string, readonly string[]>>)[place] ?? ['']);
};

/** One bit of the image that runs, and one of the firmware's memory. */
const bitOf: Readonly<Record<string, string>> = { flash: '2200000bit', ram: '80000bit', core: '' };

function faultText(kind: string, place: string, size: string, afterSeconds: number): string {
  const sized = kind === 'firmware-lock' ? bitOf[place] : size;
  const lasts = kind === 'power-surge' ? ' for 20ms' : kind === 'thermal-rise' ? '' : ' for 30s';
  return `${kind} at ${place} ${sized} after ${afterSeconds}s${lasts}`.replace(/ +/g, ' ');
}

export function singleFaults(): Case[] {
  return Object.entries(faultKinds).flatMap(([kind, { places }]) =>
    Object.keys(places).flatMap((place) =>
      sizesAt(kind, place).flatMap((size) =>
        loads.map((load) => {
          const fault = faultText(kind, place, size, onsetSeconds);
          const lengthSeconds = place === '50K' && kind === 'thermal-rise' ? 700 : 90;
          return { name: `${fault} | ${load}`, faults: [fault], load, lengthSeconds };
        }),
      ),
    ),
  );
}

/** Every kind with every kind, itself too: one at its first place, the other, three seconds later, at its last. */
export function pairsOfFaults(): Case[] {
  const kinds = Object.entries(faultKinds);
  return kinds.flatMap(([first, { places }], index) =>
    kinds.slice(index).map(([otherKind, other]) => {
      const [place] = Object.keys(places).slice(first === 'thermal-rise' ? 1 : 0);
      const otherPlace = Object.keys(other.places).at(-1) as string;
      const faults = [
        faultText(first, place, sizesAt(first, place)[0], onsetSeconds),
        faultText(otherKind, otherPlace, sizesAt(otherKind, otherPlace)[0], onsetSeconds + 3),
      ];
      return { name: faults.join(' + '), faults, load: 'idle', lengthSeconds: 90 };
    }),
  );
}

/** What is wrong with how a case went, a sentence each; nothing when all is well. */
export function findingsOf(course: Course, { faults }: Case, bench: FaultBench): string[] {
  const findings: string[] = [];
  if (!course.beats) findings.push('it does not beat any more');
  for (const stage of bench.wired.cryostat.stages)
    if (course.warmest[stage] > bench.safeKelvin(stage))
      findings.push(`${stage} reached ${course.warmest[stage]} K; it may reach ${bench.safeKelvin(stage)} K`);
  const isAlone = faults.length === 1;
  for (const fault of faults.map(parseFault)) {
    if (fault.kind !== DisturbanceKind.THERMAL_RISE) continue;
    const stage = stageOf(fault.place);
    const limit = fault.afterNs / second + safeWithinSeconds[stage];
    const seconds = endOfDanger(course);
    if (seconds === undefined || seconds > limit)
      findings.push(`what runs away at ${stage} is stopped after ${seconds ?? 'never'} s; it must be by ${limit} s`);
  }
  const [noticed] = course.noticed;
  const isTold =
    noticed === undefined ||
    course.latched !== 0 ||
    course.remembered.has(noticed.event) ||
    noticed.event.startsWith('RESET_');
  if (!isTold) findings.push(`${noticed.event} was noticed, and nothing of it is known after a reset`);
  if (isAlone && noticed === undefined && mustBeNoticed(parseFault(faults[0]).kind)) findings.push('nobody noticed');
  return findings;
}

const stageOf = (place: number) => Object.keys(faultKinds['thermal-rise'].places)[place] as StageName;

/** Whatever takes power from what runs away: the safe state, heaters cut off, or a reset. */
function endOfDanger(course: Course): number | undefined {
  const trip = course.noticed.find(({ event }) => event === 'INTERLOCK_TRIPPED' || event.startsWith('RESET_'))?.at;
  if (trip === undefined) return course.safeAt;
  return course.safeAt === undefined ? trip : Math.min(trip, course.safeAt);
}

/** A bit of flash or RAM that nothing reads, and a contact that happens to hold, need not be. */
const mustBeNoticed = (kind: number) =>
  kind === DisturbanceKind.THERMAL_RISE ||
  kind === DisturbanceKind.SIGNAL_DROP ||
  kind === DisturbanceKind.ADC_SATURATION;
