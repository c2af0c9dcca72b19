// `coldrig prove tamper`: what is in flash is changed behind the device's back, and what does not verify does not run.
//
//   bring a device into a state        by boots of the real bootloader                   states.ts
//   for each thing done to its flash   restore, change, boot, judge; for some boot again flips.ts, tlv-mutations.ts, strangers.ts
//
// Not every flip must be refused: one in a trailer or in the boot state asks for something else, and may. The judge is the invariant:
// nothing runs that the desk's own verification refuses, and where a slot holds what verifies, something runs.

import { prepareImage } from '../../../host/board/cpu/cpu.ts';
import { AttackBench, type Boot } from '../attack/bench.ts';
import { judgeRest, judgeRun } from '../attack/judge.ts';
import { payload } from '../attack/specimens.ts';
import type { Slot } from '../attack/trust.ts';
import { bootloaderFor } from '../canaries/canaries.ts';
import { choice } from '../choice.ts';
import type { Finding } from '../invariants.ts';
import {
  type Bench,
  type OnPartProgress,
  type Part,
  type PartResult,
  type Proof,
  type ProofOptions,
  partsOf,
} from '../proof.ts';
import { type TamperCase, type TamperScenario, untouched } from './cases.ts';
import { scenarios } from './scenarios.ts';

/** Of so many boots one is followed by another. */
const secondBoots = 4;

export const tamper: Proof = {
  name: 'tamper',
  scenarios,
  parts: (options) =>
    partsOf(
      scenarios.map(({ name }) => ({ name, weight: 1, parts: 1 })),
      options,
    ),
  prepare: async (options) => {
    await bootloaderFor(options);
  },
  open: async (options) => new TamperBench(options, await bootloaderFor(options)),
};

class TamperBench implements Bench {
  private readonly options: ProofOptions;
  private readonly bootloader: Uint8Array;

  constructor(options: ProofOptions, bootloader: Uint8Array) {
    this.options = options;
    this.bootloader = bootloader;
    prepareImage(payload);
  }

  run(part: Part, onProgress: OnPartProgress): PartResult {
    const { options } = this;
    const scenario = scenarioByName(part.scenario);
    const bench = new AttackBench(this.bootloader, options.seed);
    scenario.state.prepare(bench);
    const before: Before = { confirmed: named(bench, 'CONFIRMED'), rejected: named(bench, 'REJECTED') };
    const loaded = bench.loaded();
    const cases = casesOf(scenario, options);
    const result: PartResult = { scenario: part.scenario, points: 0, violations: [], counts: { again: 0 } };
    for (const [index, each] of cases.entries()) {
      if (options.stopAtFirst && result.violations.length > 0) break;
      const judge = (boot: Boot) => {
        const findings = findingsOf(bench, boot, scenario, each, before);
        result.points++;
        result.violations.push(...bench.violations(scenario.name, each.name, findings));
      };
      judge(bench.bootFrom(loaded, each.change));
      if (index % secondBoots === 0 && each.mustRun === undefined) {
        judge(bench.boot());
        result.counts.again++;
      }
      onProgress((index + 1) / cases.length, result.points);
    }
    return result;
  }
}

/** What the device knew of its images before the attack. */
interface Before {
  confirmed: Named[];
  rejected: Named[];
}

interface Named {
  slot: Slot;
  hash: Uint8Array | undefined;
}

function named(bench: AttackBench, state: 'CONFIRMED' | 'REJECTED'): Named[] {
  return bench.slotsThatAre(state).map((slot) => ({ slot, hash: bench.verdict(slot).hash }));
}

function findingsOf(
  bench: AttackBench,
  boot: Boot,
  { asked }: TamperScenario,
  { mustRun }: TamperCase,
  before: Before,
): Finding[] {
  const may = ([0, 1] as const).filter((slot) => bench.verdict(slot).refusal === undefined);
  const isStill = ({ slot, hash }: Named) => may.includes(slot) && isSame(bench.verdict(slot).hash, hash);
  const rejected = before.rejected.filter(isStill).map(({ slot }) => slot);
  const bootable = may.filter((slot) => bench.verdict(slot).runnable && !rejected.includes(slot));
  const findings = [...judgeRun(boot), ...judgeRest(boot, bootable.length > 0)];
  if (findings.length > 0) return findings;
  if (boot.disagreements.length > 0) return [{ invariant: 'agrees', text: boot.disagreements[0] }];
  const version = (slot: Slot) => bench.verdict(slot).version;
  const asks = asked && bootable.includes(1) && (bootable.length === 1 || version(1) > version(0));
  const wanted = mustRun ?? (asks ? 1 : undefined);
  const ran = boot.handOvers.map(({ slot }) => slot);
  if (wanted !== undefined && ran[0] !== wanted)
    return [{ invariant: 'whole', text: `slot ${'AB'[wanted]} was not run, though it verifies and its turn had come` }];
  const last = ran.at(-1);
  const left = before.confirmed.find(
    (each) => isStill(each) && last !== undefined && version(last) < version(each.slot),
  );
  if (left === undefined) return [];
  return [
    { invariant: 'bootable', text: `an older image runs, though slot ${'AB'[left.slot]} is confirmed and whole` },
  ];
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && Buffer.compare(a, b) === 0;
}

function casesOf(scenario: TamperScenario, { effort, point, seed }: ProofOptions): TamperCase[] {
  const all = [untouched(scenario), ...scenario.cases()];
  if (point !== undefined) return all.filter(({ name }) => name === point);
  if (effort === 'full') return all;
  const { sliceOf } = scenario;
  const isIn = (name: string) => choice(seed, `${scenario.name} ${name}`) % sliceOf === 0;
  return all.filter(({ name }, index) => index === 0 || index === all.length - 1 || isIn(name));
}

function scenarioByName(name: string): TamperScenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (!found) throw new Error(`no scenario is called '${name}'`);
  return found;
}
