// Lines from room temperature to the stages: the heat that they conduct, and the heat that is dissipated in them.
//
//   passive   inner conductor, dielectric and outer conductor each end at a stage where they are anchored; a part that is not anchored at a
//             stage continues to the next. Q = A/L ∫ k dT over its length; a stage gets the heat from above less the heat that continues.
//   active    a microwave signal dissipates P (1 - 10^(-dB/10)) in each attenuator and cable; a flux current I² (1 - G²) 50 Ω in an
//             attenuator of gain G; an amplifier its bias. All of it counts at the stage at the colder end.
//
// The vocabulary is cryowire's: stages RT, 50K, 4K, Still, CP, MXC; components attenuator, filter, isolator, amplifier with value_dB,
// gain_dB. Ours are cable, anchoring, count, ends_at, signal, and an amplifier's dissipation_mW.

import { power, powerOfTen } from '../../../protocol/sensors/elementary.ts';
import { type Cable, type CablePart, cableLoss, cableParts, cables, partArea, partMaterial } from './cables.ts';
import { conductivityIntegral, integralBand, type MaterialName } from './materials.ts';
import { nodeNames, type StageName, stageNames } from './stages.ts';

export interface Component {
  type: 'attenuator' | 'filter' | 'isolator' | 'amplifier';
  model: string;
  valueDecibel: number;
  dissipationWatts: number;
}

export interface Signal {
  /** Microwave power at room temperature while it is on, and the share of time in which it is on. */
  powerWatts: number;
  duty: number;
  gigahertz: number;
  /** Direct current, for flux lines. */
  amperes: number;
}

/** Where inner conductor and dielectric have contact with a stage; the outer conductor has contact everywhere. */
export const anchorings = {
  all: ['50K', '4K', 'Still', 'CP', 'MXC'],
  drive: ['4K', 'CP', 'MXC'],
  flux: ['4K', 'MXC'],
  output: ['4K', 'MXC'],
} as const satisfies Record<string, readonly StageName[]>;
export type Anchoring = keyof typeof anchorings;

export interface Line {
  id: string;
  role: string;
  count: number;
  /** The cable that arrives at each stage from above. */
  cables: Partial<Record<StageName, string>>;
  anchoring: Anchoring;
  endsAt: StageName;
  components: Partial<Record<StageName, Component[]>>;
  signal: Signal | undefined;
}

/** One piece of material between two anchors. Nodes: 0 is room temperature, 1 the first stage. */
export interface Span {
  line: Line;
  part: CablePart;
  from: number;
  to: number;
  /** Pieces in series, from warm to cold. There is more than one when the line changes its cable between two anchors. */
  material: MaterialName;
  /** Σ of length over area, 1/m, of one line. */
  shape: number;
}

/** `lengths`: metres of the cable that arrives at each stage from above. */
export function spansOf(line: Line, lengths: readonly number[]): Span[] {
  const end = stageNames.indexOf(line.endsAt) + 1;
  const parts = cableParts.filter((part) => partArea(cableAt(line, 1), part) > 0);
  return parts.flatMap((part) => {
    const anchored = (node: number) =>
      node === end || part === 'outer' || (anchorings[line.anchoring] as readonly string[]).includes(nodeNames[node]);
    const spans: Span[] = [];
    let from = 0;
    let shape = 0;
    for (let node = 1; node <= end; node++) {
      const cable = cableAt(line, node);
      shape += lengths[node - 1] / partArea(cable, part);
      const next = node < end ? cableAt(line, node + 1) : undefined;
      // A change of material is an anchor as well, because its connector is in the plate.
      if (!anchored(node) && next && partMaterial(next, part) === partMaterial(cable, part)) continue;
      spans.push({ line, part, from, to: node, material: partMaterial(cable, part), shape });
      [from, shape] = [node, 0];
    }
    return spans;
  });
}

function cableAt(line: Line, node: number): Cable {
  return cables[line.cables[stageNames[node - 1]] as string];
}

/** Heat through a span, over all of its lines, at given node temperatures. */
export function spanWatts(span: Span, nodeKelvin: ArrayLike<number>): number {
  const integral = conductivityIntegral(span.material);
  const heat = integral.value(nodeKelvin[span.from]) - integral.value(nodeKelvin[span.to]);
  return (span.line.count * heat) / span.shape;
}

/** The same with the lowest and with the highest of the published conductivities. */
export function spanBand(span: Span, nodeKelvin: ArrayLike<number>): [low: number, high: number] {
  const band = integralBand(span.material, nodeKelvin[span.to], nodeKelvin[span.from]);
  return [(span.line.count * band[0]) / span.shape, (span.line.count * band[1]) / span.shape];
}

/** Watts that the signal and the amplifiers of a line dissipate on each stage, at given node temperatures. */
export function activeWatts(line: Line, lengths: readonly number[], nodeKelvin: ArrayLike<number>): Float64Array {
  const watts = new Float64Array(stageNames.length);
  let microwave = line.signal ? line.signal.powerWatts * line.signal.duty : 0;
  let amperes = line.signal?.amperes ?? 0;
  for (let node = 1; node <= stageNames.indexOf(line.endsAt) + 1; node++) {
    const i = node - 1;
    const middle = (nodeKelvin[node - 1] + nodeKelvin[node]) / 2;
    const loss = cableLoss(cableAt(line, node), line.signal?.gigahertz ?? 6, middle) * lengths[i];
    const attenuators = (line.components[stageNames[i]] ?? []).filter(({ type }) => type === 'attenuator');
    const decibel = attenuators.reduce((sum, { valueDecibel }) => sum + valueDecibel, 0);
    const left = powerOfTen(-(decibel + loss) / 10);
    watts[i] += microwave * (1 - left);
    microwave *= left;
    const gain = powerOfTen(-decibel / 20);
    watts[i] += amperes * amperes * (1 - gain * gain) * 50;
    amperes *= gain;
    watts[i] += (line.components[stageNames[i]] ?? []).reduce((sum, part) => sum + part.dissipationWatts, 0);
  }
  return watts.map((each) => each * line.count);
}

/** dBm to watts. */
export const wattsOfDecibelMilliwatt = (dBm: number): number => 1e-3 * power(10, dBm / 10);
