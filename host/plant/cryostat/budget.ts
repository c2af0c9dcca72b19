// The heat budget at rest: how much heat each source brings to each stage. It is the table that Krinner et al. published for their fridge, for
// any fridge.
//
// A passive load has a band: the least and the most heat that the published conductivities allow. What must stay true: the parts add up to the
// load of the heat balance.

import type { Fridge } from './fridge.ts';
import { steadyState } from './solve.ts';
import { FIFTY, FOUR, ROOM_KELVIN, STAGES, type StageName, stageIndex } from './stages.ts';
import { crossWatts, radiationWatts, ThermalModel } from './thermal-model.ts';
import { activeWatts, type Line, type Span, spanBand, spansOf, spanWatts } from './wiring.ts';

export interface Part {
  label: string;
  kind: 'passive' | 'active' | 'radiation' | 'helium' | 'other' | 'outside';
  /** By stage index; negative when more heat leaves than arrives. */
  watts: number[];
  /** For passive parts: the band of the heat that arrives from above. */
  band?: { low: number[]; high: number[] };
}

export interface StageBudget {
  name: StageName;
  temperatureKelvin: number;
  loadWatts: number;
  /** The cooling power with this stage at its limit and the others at their present temperatures. */
  capacityWatts: number;
  limitKelvin: number;
}

export interface Budget {
  stages: StageBudget[];
  parts: Part[];
  flowMolPerSecond: number;
}

/** Heat by stage. A stage that is not listed keeps the heat that the operator leaves on there. */
export function solveBudget(fridge: Fridge, heat: ReadonlyMap<StageName, number> = new Map()): Budget {
  const outside = Float64Array.from(fridge.operatingWatts);
  for (const [stage, watts] of heat) outside[stageIndex(stage)] = watts;
  const y = steadyState(fridge, outside);
  const model = new ThermalModel(fridge);
  const inputs = { heat: outside, pulseTube: true, circulation: true, heatSwitch: false };
  model.balance(y, inputs);
  const load = model.load.slice();
  const flowMolPerSecond = model.flowMolPerSecond;
  const parts = partsOf(fridge, model, [ROOM_KELVIN, ...y.slice(0, STAGES)], outside);
  const stages = fridge.stages.map(({ name, limitKelvin }, i): StageBudget => {
    const atLimit = y.slice();
    atLimit[i] = limitKelvin;
    model.balance(atLimit, inputs);
    return { name, temperatureKelvin: y[i], loadWatts: load[i], capacityWatts: model.cooling[i], limitKelvin };
  });
  return { stages, parts, flowMolPerSecond };
}

function partsOf(fridge: Fridge, model: ThermalModel, nodes: number[], outside: Float64Array): Part[] {
  const present = fridge.stages.map((_, i) => i);
  const lengths = fridge.stages.map(({ cableMetres }) => cableMetres);
  const limits = [ROOM_KELVIN, ...fridge.stages.map(({ limitKelvin }) => limitKelvin)];
  const passive = fridge.lines.map((line) => passivePart(line, lengths, nodes));
  const active = fridge.lines.map((line): Part => {
    return { label: `${titleOf(line)}, dissipated`, kind: 'active', watts: [...activeWatts(line, lengths, limits)] };
  });
  const radiation = present.map((i) => radiationWatts(fridge, i, nodes));
  const helium = model.unit && [-model.unit.fiftyWatts, -model.unit.fourWatts, 0, 0, 0];
  const other = present.map((i) => fridge.stages[i].unattributedWatts);
  other[FOUR] += crossWatts(fridge, nodes[FIFTY + 1]);
  const all: Part[] = [
    ...passive,
    ...active.filter(({ watts }) => watts.some((each) => each !== 0)),
    { label: 'radiation', kind: 'radiation', watts: radiation.map((watts, i) => watts - (radiation[i + 1] ?? 0)) },
    ...(helium ? [{ label: 'helium coming down', kind: 'helium', watts: helium } as const] : []),
    { label: 'supports and not attributed', kind: 'other', watts: other },
    { label: 'heaters, controller', kind: 'outside', watts: [...outside] },
  ];
  return all.map((part) => ({ ...part, watts: present.map((i) => part.watts[i] ?? 0) }));
}

function passivePart(line: Line, lengths: number[], nodes: number[]): Part {
  const watts = lengths.map(() => 0);
  const [low, high] = [lengths.map(() => 0), lengths.map(() => 0)];
  for (const span of spansOf(line, lengths)) {
    const heat = spanWatts(span, nodes);
    watts[span.to - 1] += heat;
    if (span.from > 0) watts[span.from - 1] -= heat;
    addBand(span, nodes, low, high);
  }
  return { label: titleOf(line), kind: 'passive', watts, band: { low, high } };
}

function addBand(span: Span, nodes: number[], low: number[], high: number[]): void {
  const band = spanBand(span, nodes);
  low[span.to - 1] += band[0];
  high[span.to - 1] += band[1];
}

const titleOf = ({ id, role, count }: Line) => `${role} ${id}${count > 1 ? ` × ${count}` : ''}`;
