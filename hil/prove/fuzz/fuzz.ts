// `coldrig prove fuzz`: random and damaged input, guided by the code that it reaches in the bootloader.
//
//   the seeds, then mutations of inputs that reached something new      mutate.ts, novelty.ts
//   each on the device in its first state; the laws are checked         line-targets.ts, image-target.ts
//   an input that breaks a law is minimised                             minimise.ts; crashers.json keeps them
//
// What must stay true: a part's run is a function of seed, target and part. A violation's point is the input itself, in hex.

import { Random } from '../../../host/board/random.ts';
import { choice } from '../../rig/choice.ts';
import { bootloaderFor } from '../canaries/canaries.ts';
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
import { imageTarget } from './image-target.ts';
import { lineTargets } from './line-targets.ts';
import { minimise } from './minimise.ts';
import { type Input, mutate } from './mutate.ts';
import { Novelty } from './novelty.ts';
import type { FuzzTarget, TargetText } from './target.ts';

export const targets: readonly TargetText[] = [...lineTargets, imageTarget];
/** Parts of a target in the full proof: each begins with the seeds again, with random numbers of its own. */
const fullParts = 4;
/** One in so many inputs that reached nothing new is also checked closely. */
const closeLooks = 32;

export const fuzz: Proof = {
  name: 'fuzz',
  scenarios: targets,
  parts: (options) => {
    const parts = options.effort === 'full' && options.point === undefined ? fullParts : 1;
    return partsOf(
      targets.map(({ name, slice, full }) => ({
        name,
        weight: options.effort === 'full' ? full * parts : slice,
        parts,
      })),
      options,
    );
  },
  prepare: async (options) => {
    await bootloaderFor(options);
  },
  open: async (options) => new FuzzBench(options, await bootloaderFor(options)),
};

class FuzzBench implements Bench {
  private readonly options: ProofOptions;
  private readonly bootloader: Uint8Array;

  constructor(options: ProofOptions, bootloader: Uint8Array) {
    this.options = options;
    this.bootloader = bootloader;
  }

  async run(part: Part, onProgress: OnPartProgress): Promise<PartResult> {
    const { options } = this;
    const text = targets.find(({ name }) => name === part.scenario) as TargetText;
    const seed = choice(options.seed, `${text.name} ${part.part}`);
    const target = await text.open(this.bootloader, seed);
    if (options.point !== undefined) return replayed(part.scenario, target, options.point);
    return new Fuzzer(part, target, new Random(seed), options).run(text[options.effort], onProgress);
  }
}

class Fuzzer {
  private readonly result: PartResult;
  private readonly target: FuzzTarget;
  private readonly random: Random;
  private readonly options: ProofOptions;
  private readonly novelty: Novelty;
  private readonly corpus: Input[] = [];
  /** Laws broken so far: one violation each is enough. */
  private readonly broken = new Set<string>();

  constructor(part: Part, target: FuzzTarget, random: Random, options: ProofOptions) {
    this.target = target;
    this.random = random;
    this.options = options;
    // There are no counts before something has run.
    target.run(target.seeds[0], true);
    this.novelty = new Novelty(() => target.counts());
    this.result = { scenario: part.scenario, points: 0, violations: [], counts: {} };
  }

  run(count: number, onProgress: OnPartProgress): PartResult {
    const { result, target, random, corpus, options } = this;
    for (const seed of target.seeds) this.try(seed);
    if (corpus.length === 0) corpus.push(...target.seeds);
    while (result.points < count) {
      if (options.stopAtFirst && result.violations.length > 0) break;
      // Inputs that were found late have not been mutated often yet.
      const late = Math.max(0, corpus.length - 16);
      const parent =
        corpus[random.below(2) === 0 ? random.below(corpus.length) : late + random.below(corpus.length - late)];
      const child = mutate(parent, random.of(corpus), target.tokens, random);
      this.try(target.dress?.(child, random) ?? child);
      onProgress(result.points / count, result.points);
    }
    result.counts = { inputsKept: corpus.length, blocksReached: this.novelty.reached };
    return result;
  }

  private try(input: Input): void {
    const { target, result } = this;
    result.points++;
    let law = target.run(input, result.points % closeLooks === 0);
    if (this.novelty.isNew()) {
      this.corpus.push(input);
      law ??= target.run(input, true);
      this.novelty.isNew();
    }
    if (law === undefined || this.broken.has(nameOfLaw(law))) return;
    this.broken.add(nameOfLaw(law));
    const least = minimise(input, (each) => nameOfLaw(target.run(each, true) ?? '') === nameOfLaw(law));
    result.violations.push(violationOf(result.scenario, least, target.run(least, true) ?? law, target));
    this.novelty.isNew();
  }
}

/** Numbers differ from input to input; the law is the same. */
function nameOfLaw(text: string): string {
  return text
    .replace(/\d+/g, '#')
    .replace(/\(at.*|"[^"]*"|\{[^}]*\}/g, '')
    .slice(0, 80);
}

function violationOf(scenario: string, input: Input, text: string, target: FuzzTarget): Violation {
  const point = toHex(input);
  return { scenario, point, invariant: 'unmoved', text, choices: [point], log: target.log() };
}

function replayed(scenario: string, target: FuzzTarget, point: string): PartResult {
  const input = fromHex(point);
  const text = target.run(input, true);
  const violations = text === undefined ? [] : [violationOf(scenario, input, text, target)];
  return { scenario, points: 1, violations, counts: {} };
}

function toHex(input: Input): string {
  return input.map((piece) => Buffer.from(piece).toString('hex')).join(',');
}

function fromHex(text: string): Input {
  return text.split(',').map((piece) => new Uint8Array(Buffer.from(piece, 'hex')));
}
