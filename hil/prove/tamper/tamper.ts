// `coldrig prove tamper`: flash is changed from outside, and what does not verify does not run.
//
//   bring a device into a state        by boots of the real bootloader                   states.ts
//   for each change of its flash       restore, change, boot, judge; for some boot again flips.ts, tlv-mutations.ts, strangers.ts
//
// Not every flip must be refused: in a trailer or in the boot state it may be a valid request for something else. The judge checks the invariants:
// nothing runs that the host's own verification refuses, and when a slot holds an image that verifies, something runs.

import { prepareImage } from '../../../host/board/cpu/cpu.ts';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import { nameOf, valuesOf } from '../../../protocol/constants.ts';
import { RESET } from '../../../protocol/generated/registers.ts';
import { rejectReasons } from '../../../protocol/image/reasons.ts';
import { imgErrors, SmpGroup } from '../../../protocol/smp/smp.ts';
import { choice, oneIn } from '../../rig/choice.ts';
import { AttackBench, type Boot } from '../attack/attack-bench.ts';
import { payload } from '../attack/specimens.ts';
import { bootloaderFor } from '../canaries/canaries.ts';
import { sharedVerifications } from '../device/boards.ts';
import type { Known } from '../device/known.ts';
import { Operator, StoryFailed } from '../device/operator.ts';
import type { Finding } from '../invariants.ts';
import {
  type Bench,
  type OnPartProgress,
  type Part,
  type PartResult,
  type Proof,
  type ProofOptions,
  partsOf,
  type Violation,
} from '../proof.ts';
import { type TamperCase, type TamperScenario, untouched } from './cases.ts';
import { beforeOf, findingsOf } from './findings.ts';
import { scenarios } from './scenarios.ts';

/** After one in so many boots there is another boot. */
const secondBoots = 4;
/** Verifications are shared by what they read. One in so many boots is run with every call as well, and must be the same. */
const callsCheckedOneIn = 64;

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
    const bench = new AttackBench(this.bootloader, options.seed, { sharedCalls: sharedVerifications() });
    const operator = new Operator(bench.board);
    scenario.state.prepare(bench);
    const before = beforeOf(bench);
    const loaded = bench.loaded();
    const cases = casesOf(scenario, options);
    const result: PartResult = { scenario: part.scenario, points: 0, violations: [], counts: { again: 0 } };
    for (const [index, each] of cases.entries()) {
      if (options.stopAtFirst && result.violations.length > 0) break;
      const judge = (known: Known, boot: Boot) => {
        const findings = findingsOf(bench, boot, scenario, each, before, known);
        result.points++;
        result.violations.push(...bench.violations(scenario.name, each.name, findings));
      };
      if (oneIn(callsCheckedOneIn, options.seed, `${scenario.name} ${each.name} with every call`))
        result.violations.push(...sharedOtherwise(bench, scenario, each, loaded));
      bench.attack(loaded, each.change);
      judge(bench.known(), bench.bootAttacked());
      if (index % secondBoots === 0 && each.mustRun === undefined) {
        judge(bench.known(), bench.boot());
        result.counts.again++;
      }
      if (scenario.asked && each.mustRun === undefined && each.mustNotRun === undefined) {
        const findings = markedInSafeMode(bench, operator, () => bench.attack(loaded, each.change));
        result.violations.push(...bench.violations(scenario.name, each.name, findings));
      }
      onProgress((index + 1) / cases.length, result.points);
    }
    return result;
  }
}

/** What differs when every call of a boot is run, also those that are known. */
function sharedOtherwise(
  bench: AttackBench,
  { name }: TamperScenario,
  each: TamperCase,
  loaded: Snapshot,
): Violation[] {
  const boot = () => JSON.stringify([bench.bootFrom(loaded, each.change), bench.happened()]);
  if (boot() === bench.board.processor.withEveryCall(boot)) return [];
  const text = 'the boot in which calls were shared differs from the boot in which every call is run';
  return bench.violations(name, each.name, [{ invariant: 'shared', text }]);
}

/** The SMP error, without a reason. */
const notFound = JSON.stringify({ err: { group: SmpGroup.IMG, rc: valuesOf(imgErrors).HASH_NOT_FOUND } });

/** When a client requests the image in safe mode, the refusal has the same reason as the host's own verification. */
function markedInSafeMode(bench: AttackBench, operator: Operator, attack: () => void): Finding[] {
  attack();
  const { words, at } = bench.board.machine.registers(RESET);
  words[at.BOOT_REQUEST] = RESET.registers.BOOT_REQUEST.fields.MODE.values.SAFE_MODE;
  const { hash, code, refusal } = bench.verdict(1);
  if (hash === undefined || bench.bootAttacked().state !== 'bootloader') return [];
  operator.startOver();
  let told: string | undefined;
  try {
    told = operator.whyNotMarked(hash);
  } catch (error) {
    if (!(error instanceof StoryFailed)) throw error;
    return [{ invariant: 'alive', text: `a client that asks safe mode for the image in slot B: ${error.message}` }];
  }
  const wanted = code === 0 ? undefined : nameOf(rejectReasons, code);
  // When the structure of an image is so broken that its hash TLV is not found, a client cannot name it: the device does not find it.
  if (told === wanted || (wanted !== undefined && told === notFound)) return [];
  return [
    {
      invariant: 'agrees',
      text: `safe mode says '${told ?? 'it is marked'}' of the image in slot B, the host’s verification: ${refusal ?? 'it is good'}`,
    },
  ];
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
