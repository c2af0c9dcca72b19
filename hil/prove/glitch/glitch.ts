// `coldrig prove glitch`: one fault is injected while the bootloader decides, and still nothing runs that must not run.
//
//   rewrite the bootloader once     every site in it, none active                 host/board/cpu/glitch.ts
//   boot it once, counted           which sites this boot executes, how often     executions.ts
//   for each glitch of glitches.ts  restore, arm, boot, judge; then boot again, unharmed                boots-after.ts
//
// A glitch may lead to a fault, to the other image, to safe mode, or hang the core until power is cut. It must not run what does not verify or was
// refused, must not confirm an image or burn a fuse, and afterwards the device must boot as before (judge.ts).

import {
  checkImage,
  functionsIn,
  type GlitchableImage,
  makeGlitchable,
  prepareImage,
} from '../../../host/board/cpu/cpu.ts';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import { oneIn } from '../../rig/choice.ts';
import { AttackBench, type Boot } from '../attack/attack-bench.ts';
import { judgeRest } from '../attack/judge.ts';
import { payload } from '../attack/specimens.ts';
import { bootloaderFor } from '../canaries/canaries.ts';
import { verifying } from '../device/boards.ts';
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
import { type Attack, setRegisters } from './attack.ts';
import { attacks } from './attacks.ts';
import { BootsAfter } from './boots-after.ts';
import { countExecutions } from './executions.ts';
import { type GlitchSampling, glitchesOf, isTried, type NamedGlitch, withGlitch } from './glitches.ts';
import { judgeEarned, judgeRefused, refusedAfter } from './judge.ts';

/** Every copy by DMA goes through the first of these; most of the bootloader calls it through the others. */
export const copies = ['', '~lib/coldrig/'].flatMap((root) =>
  ['copyBlock', 'copyFromBus', 'copyFromFifo'].map((name) => `${root}protocol/guest/dma/${name}`),
);
/** Four times what the longest of these boots takes; a boot reads every byte of firmware several times. */
const withinNs = 60_000_000 + 4_000 * payload.length;

/** Of the boots that need not be run one in so many is run as a check. */
const knownCheckedOneIn = 16;
/** Of the boots in which calls may be shared one in so many is run with every call as well. */
const callsCheckedOneIn = 64;

const full: GlitchSampling = { sites: 1, between: 6, bytes: 4 };
/** The sample for every test run. */
export const slice: GlitchSampling = { sites: 6, between: 1, bytes: 1 };

export const glitch: Proof = {
  name: 'glitch',
  scenarios: attacks,
  parts: (options) =>
    partsOf(
      attacks.map(({ name }) => ({ name, weight: 1, parts: options.effort === 'full' ? 2 : 1 })),
      options,
    ),
  prepare: async (options) => {
    await bootloaderFor(options, { small: true });
  },
  open: async (options) => new GlitchBench(options, await bootloaderFor(options, { small: true })),
};

class GlitchBench implements Bench {
  private readonly options: ProofOptions;
  private readonly bootloader: GlitchableImage;
  /** Functions in which a glitch would change what a shared call does. */
  private readonly inShared: ReadonlySet<string>;
  private readonly sampling: GlitchSampling;

  constructor(options: ProofOptions, bootloader: Uint8Array) {
    this.options = options;
    const sampling = options.effort === 'full' || options.point !== undefined ? full : slice;
    this.sampling = sampling;
    const image = checkImage(bootloader);
    this.bootloader = makeGlitchable(image, copies, (site) => isTried(site, sampling, options.seed));
    this.inShared = functionsIn(image, verifying);
    prepareImage(payload);
  }

  run(part: Part, onProgress: OnPartProgress): PartResult {
    const { options, bootloader, sampling } = this;
    const attack = attackByName(part.scenario);
    const executions = countExecutions(bootloader, attack, options.seed);
    const sharedCalls = { functions: verifying, indifferentFrom: bootloader.firstGlobal };
    const bench = new AttackBench(bootloader.bytes, options.seed, { sharedCalls });
    attack.prepare(bench);
    const loaded = bench.loaded();
    const all = glitchesOf(bootloader.sites, executions, sampling, options.seed);
    const after = new BootsAfter();
    const own = all.filter(({ name }, index) =>
      options.point === undefined ? index % part.parts === part.part : name === options.point,
    );
    const result: PartResult = {
      scenario: part.scenario,
      points: 0,
      violations: [],
      counts: { sites: 0, hung: 0, shared: 0 },
    };
    result.counts.sites = new Set(own.map(({ site }) => site)).size;
    for (const [index, each] of own.entries()) {
      if (options.stopAtFirst && result.violations.length > 0) break;
      this.try(bench, loaded, attack, each, after, result);
      onProgress((index + 1) / own.length, result.points);
    }
    return result;
  }

  private try(
    bench: AttackBench,
    loaded: Snapshot,
    attack: Attack,
    { name, glitch, site }: NamedGlitch,
    boots: BootsAfter,
    result: PartResult,
  ): void {
    result.points++;
    const fuses = bench.board.fuseWords();
    const boot = () => bench.bootFrom(withGlitch(loaded, glitch), (it) => setRegisters(it, attack), withinNs);
    const everyCall = () => bench.board.processor.withEveryCall(boot);
    const mayShare = !this.inShared.has(site.functionName);
    if (mayShare && oneIn(callsCheckedOneIn, this.options.seed, name)) {
      const [shared, run] = [boot, everyCall].map((way) => JSON.stringify([way(), bench.happened()]));
      if (shared !== run) {
        const text = 'the boot in which calls were shared differs from the boot in which every call is run';
        result.violations.push(...bench.violations(attack.name, name, [{ invariant: 'shared', text }]));
      }
    }
    const struck = mayShare ? boot() : everyCall();
    const ran = [...judgeRefused(attack, struck), ...judgeEarned(bench, struck, fuses)];
    result.violations.push(...bench.violations(attack.name, name, ran));
    if (ran.length > 0) return;
    if (struck.state === 'off') result.counts.hung++;
    this.bootAgain(bench, attack, name, struck, fuses, boots, result);
  }

  /** The boot after it, unharmed. */
  private bootAgain(
    bench: AttackBench,
    attack: Attack,
    name: string,
    struck: Boot,
    fuses: Uint32Array,
    boots: BootsAfter,
    result: PartResult,
  ): void {
    bench.switchOff();
    const left = BootsAfter.leftOn(bench.board);
    const judged = refusedAfter(attack, struck);
    const isForgiven = judged.refused === undefined;
    const isKnown = boots.isKnown(bench.board, isForgiven);
    if (isKnown) result.counts.shared++;
    if (isKnown && !oneIn(knownCheckedOneIn, this.options.seed, name)) return;
    const after = bench.boot();
    const findings = [
      ...judgeRefused(judged, after),
      ...judgeEarned(bench, after, fuses),
      ...judgeRest(after, attack.bootable),
    ];
    if (findings.length === 0 && !isKnown) boots.keep(left, isForgiven);
    const found = isKnown ? findings.map(({ text }) => contradiction(text)) : findings;
    result.violations.push(...bench.violations(attack.name, name, found));
  }
}

function contradiction(text: string): Finding {
  return { invariant: 'shared', text: `a boot after a glitch was taken for one that is in order: ${text}` };
}

function attackByName(name: string): Attack {
  const found = attacks.find((attack) => attack.name === name);
  if (!found) throw new Error(`no attack is called '${name}'`);
  return found;
}
