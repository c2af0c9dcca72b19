// `coldrig prove power`: update stories on the real bootloader and firmware, with power cuts at every point where they can make a difference.

import { blindSpotOf, bootloaderFor, firmwareChangesOf } from '../canaries/canaries.ts';
import { provingBoard } from '../device/boards.ts';
import { type Fleet, type Images, makeImages, moduleOf } from '../device/images.ts';
import { KnownBoots } from '../device/known-boots.ts';
import { StoryFailed } from '../device/operator.ts';
import {
  type Bench,
  type OnPartProgress,
  type Part,
  type PartResult,
  type Proof,
  type ProofOptions,
  partsOf,
} from '../proof.ts';
import { DeviceUnderTest } from './dut.ts';
import type { Scenario } from './scenario.ts';
import { scenarioByName, scenarios } from './scenarios.ts';
import { type Recording, recordStory } from './story.ts';
import { PartSweep } from './sweep.ts';
import { uncutPoint } from './uncut.ts';

/** The number of parts of a scenario whose story has an upload: it has a hundred times as many points as another. */
const uploadParts = { full: 6, slice: 2 };

export const power: Proof = {
  name: 'power',
  scenarios,
  parts: (options) =>
    partsOf(
      scenarios.map((scenario) => shares(scenario, options)),
      options,
    ),
  prepare: async (options) => {
    await Promise.all([
      bootloaderFor(options),
      ...wantedFleets(options).map((fleet) => makeImages(fleet, firmwareChangesOf(options))),
    ]);
  },
  guests: async (options) => {
    const modules = wantedFleets(options).map(async (fleet) => [fleet, await moduleOf(fleet)] as const);
    return Object.fromEntries(await Promise.all(modules));
  },
  open: async (options) => {
    const images = await Promise.all(
      wantedFleets(options).map(async (fleet) => [fleet, await makeImages(fleet, firmwareChangesOf(options))] as const),
    );
    return new PowerBench(options, new Map(images), await bootloaderFor(options));
  },
};

function shares({ name, steps }: Scenario, { effort, point }: ProofOptions) {
  const parts = steps.some((step) => step.do === 'upload') ? uploadParts[effort] : 1;
  return { name, weight: parts, parts: point === undefined ? parts : 1 };
}

function wantedFleets({ scenario }: ProofOptions): Fleet[] {
  return [...new Set(scenarios.filter(({ name }) => (scenario ?? name) === name).map(({ fleet }) => fleet))];
}

class PowerBench implements Bench {
  private readonly options: ProofOptions;
  private readonly images: ReadonlyMap<Fleet, Images>;
  private readonly bootloader: Uint8Array;
  private played: { name: string; recording: Recording } | undefined;

  constructor(options: ProofOptions, images: ReadonlyMap<Fleet, Images>, bootloader: Uint8Array) {
    this.options = options;
    this.images = images;
    this.bootloader = bootloader;
  }

  run(part: Part, onProgress: OnPartProgress): PartResult {
    const { options } = this;
    const scenario = scenarioByName(part.scenario);
    const images = this.images.get(scenario.fleet) as Images;
    try {
      const recording = this.recordingOf(scenario, images);
      const dut = new DeviceUnderTest(
        provingBoard(options.seed),
        scenario,
        images,
        new KnownBoots(blindSpotOf(options)),
      );
      return new PartSweep(dut, images, part, options).run(recording, onProgress);
    } catch (failure) {
      if (!(failure instanceof StoryFailed)) throw failure;
      // Nothing was cut yet: the story does not end as it should, even without a power cut.
      const violation = {
        invariant: 'repeatable',
        text: failure.message,
        point: uncutPoint,
        choices: [],
        log: [],
      } as const;
      return {
        scenario: scenario.name,
        points: 1,
        violations: [{ ...violation, choices: [], log: [], scenario: scenario.name }],
        counts: {},
      };
    }
  }

  /** The story, played once for all parts of a scenario that come here one after the other. */
  private recordingOf(scenario: Scenario, images: Images): Recording {
    if (this.played?.name !== scenario.name)
      this.played = {
        name: scenario.name,
        recording: recordStory(scenario, images, this.bootloader, this.options.seed),
      };
    return this.played.recording;
  }
}
