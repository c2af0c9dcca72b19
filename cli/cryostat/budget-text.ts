// A heat budget as a table for people and as an object for machines.

import type { Budget, Part } from '../../host/plant/cryostat/budget.ts';
import type { Fridge } from '../../host/plant/cryostat/fridge.ts';
import { table, wrap } from '../terminal.ts';
import { threeDigits, wattsText } from '../words.ts';

export function budgetText(fridge: Fridge, budget: Budget, width: number): string {
  const { stages, parts, flowMolPerSecond } = budget;
  const stageRows = stages.map(({ name, temperatureKelvin, loadWatts, capacityWatts, limitKelvin }) => {
    const share =
      capacityWatts > 0 && loadWatts < 10 * capacityWatts
        ? `${Math.round((100 * loadWatts) / capacityWatts)} %`
        : 'too much';
    const limit = `${wattsText(capacityWatts)} at ${kelvinText(limitKelvin)}`;
    return [name, kelvinText(temperatureKelvin), wattsText(loadWatts), limit, share];
  });
  const partRows = parts.map((part) => [part.label, ...part.watts.map((watts) => wattsText(watts))]);
  const bandRows = spreads(parts, stages.length);
  const flow = flowMolPerSecond === 0 ? [] : [`flow ${(flowMolPerSecond * 1e3).toFixed(3)} mmol/s of helium-3`];
  return [
    wrap(`${fridge.name}: ${fridge.about}`, width),
    '',
    table([['stage', 'temperature', 'load', 'capacity', 'used'], ...stageRows]),
    ...flow,
    '',
    table([['heat from', ...stages.map(({ name }) => name)], ...partRows]),
    '',
    ...bandRows,
  ].join('\n');
}

/** By how much published conductivities disagree about all cables together. */
function spreads(parts: readonly Part[], count: number): string[] {
  const sum = (pick: (part: Part) => number[] | undefined, i: number) =>
    parts.reduce((total, part) => total + (pick(part)?.[i] ?? 0), 0);
  const texts = Array.from({ length: count }, (_, i) => {
    const [low, high] = [sum((part) => part.band?.low, i), sum((part) => part.band?.high, i)];
    return high > low * 1.01 ? `${wattsText(low)} to ${wattsText(high)}` : wattsText(high);
  });
  if (parts.every(({ band }) => band === undefined)) return [];
  return [table([['arriving through cables, by the published conductivities', ...texts]])];
}

export function budgetJson(fridge: Fridge, budget: Budget): object {
  const byStage = (values: number[]) => Object.fromEntries(budget.stages.map(({ name }, i) => [name, values[i]]));
  return {
    fridge: fridge.name,
    stages: Object.fromEntries(budget.stages.map(({ name, ...figures }) => [name, figures])),
    flowMolPerSecond: budget.flowMolPerSecond,
    parts: budget.parts.map(({ label, kind, watts, band }) => ({
      ...{ label, kind, watts: byStage(watts) },
      ...(band && { lowWatts: byStage(band.low), highWatts: byStage(band.high) }),
    })),
  };
}

export function kelvinText(kelvin: number): string {
  return kelvin < 1 ? `${threeDigits(kelvin * 1e3)} mK` : `${threeDigits(kelvin)} K`;
}
