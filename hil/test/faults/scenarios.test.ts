// The eight failure modes, each with its symptom, detection, mitigation and recovery, on a controller in its fridge.

import { beforeAll, describe, expect, test } from 'vitest';
import { faultKinds } from '../../rig/faults/kinds.ts';
import { parseFault } from '../../rig/faults/language.ts';
import { second } from '../../rig/time.ts';
import { type Course, FaultBench, type Load } from './fault-bench.ts';
import { onsetSeconds, type Scenario, scenarios } from './scenarios.ts';

const benches = new Map<Load, Promise<FaultBench>>();

/** One bench a load: to settle one takes seconds, and a run begins where it settled. */
function benchUnder(load: Load): Promise<FaultBench> {
  const bench = benches.get(load) ?? FaultBench.settled(load);
  benches.set(load, bench);
  return bench;
}

test('there is one for every kind of fault', () => {
  expect(scenarios.map(({ fault }) => parseFault(fault).name).sort()).toEqual(Object.keys(faultKinds).sort());
});

describe.each(scenarios.map((scenario) => [scenario.fault, scenario] as const))('%s', (fault, scenario: Scenario) => {
  const { load = 'idle' } = scenario;
  let bench: FaultBench;
  let course: Course;
  beforeAll(async () => {
    bench = await benchUnder(load);
    course = bench.run([fault], scenario.lengthSeconds * second, load);
  }, 120_000);
  const later = (event: string, from: number) => course.noticed.find((each) => each.event === event && each.at >= from);

  test(`(${scenario.symptom}) is noticed: ${scenario.detected.event} within ${scenario.detected.withinSeconds} s`, () => {
    const { event, argument, withinSeconds } = scenario.detected;
    const first = course.noticed[0];
    expect(first?.event).toBe(event);
    if (argument !== undefined) expect(first.argument0).toBe(argument);
    expect(first.at).toBeGreaterThanOrEqual(onsetSeconds);
    expect(first.at - onsetSeconds).toBeLessThanOrEqual(withinSeconds);
  });

  test('is answered in time, and no stage gets warmer than it may', () => {
    const { mitigated } = scenario;
    if ('event' in mitigated) {
      expect(later(mitigated.event, onsetSeconds)?.at).toBeLessThanOrEqual(onsetSeconds + mitigated.withinSeconds);
    } else {
      expect(course.safeAt).toBeLessThanOrEqual(onsetSeconds + mitigated.safeWithinSeconds);
    }
    for (const stage of bench.wired.cryostat.stages)
      expect(course.warmest[stage], stage).toBeLessThan(bench.safeKelvin(stage));
  });

  test('ends: everything works again, or an operator finds it recorded after a reset', () => {
    expect(course.beats).toBe(true);
    if (scenario.recovered === undefined) {
      expect(course.latched !== 0 || course.remembered.has(scenario.detected.event)).toBe(true);
    } else {
      const noticed = course.noticed.find(({ event }) => event === scenario.detected.event);
      expect(later(scenario.recovered, (noticed?.at ?? 0) + 1e-6)).toBeDefined();
    }
  });

  test('is the same again, to the last bit of the log', () => {
    expect(bench.run([fault], scenario.lengthSeconds * second, load).logHash).toBe(course.logHash);
  });
});
