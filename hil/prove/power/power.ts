// `coldrig prove power`: update stories on the real bootloader and firmware, with power cuts at every point where they can make a difference.

import { blindSpotOf, bootloaderFor, callsBlindOf, firmwareChangesOf } from '../canaries/canaries.ts';
import { provingBoard, sharedVerifications } from '../device/boards.ts';
import { type Fleet, type FleetOptions, type Images, makeImages, moduleOf } from '../device/images.ts';
import { KnownBoots } from '../device/known-boots.ts';
import { StoryFailed } from '../device/operator.ts';
import {
  type Bench,
  type LeftOut,
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
  leavesOut,
  parts: (options) =>
    partsOf(
      madeWith(options).map((scenario) => shares(scenario, options)),
      options,
    ),
  prepare: async (options) => {
    // Refuses the name of a canary before anything is begun: nobody would hear how that ends.
    const how = fleetOptions(options);
    await Promise.all([bootloaderFor(options), ...wantedFleets(options).map((fleet) => makeImages(fleet, how))]);
  },
  guests: async (options) => {
    const modules = wantedFleets(options).map(
      async (fleet) => [fleet, await moduleOf(fleet, { firmware: options.own?.firmware })] as const,
    );
    return Object.fromEntries(await Promise.all(modules));
  },
  open: async (options) => {
    const images = await Promise.all(
      wantedFleets(options).map(async (fleet) => [fleet, await makeImages(fleet, fleetOptions(options))] as const),
    );
    return new PowerBench(options, new Map(images), await bootloaderFor(options));
  },
};

function shares({ name, steps }: Scenario, { effort, point }: ProofOptions) {
  const parts = steps.some((step) => step.do === 'upload') ? uploadParts[effort] : 1;
  return { name, weight: parts, parts: point === undefined ? parts : 1 };
}

/** What only our firmware does. */
const ownActions: Readonly<Record<string, string>> = {
  'wait for a watchdog': 'it needs a build of the firmware that hangs, and there is one of ours alone',
  calibrate: 'it stores calibration records, which only our firmware keeps',
};

function leavesOut({ own }: ProofOptions): LeftOut[] {
  if (own?.firmware === undefined) return [];
  return scenarios.flatMap(({ name, fleet, steps, start }): LeftOut[] => {
    const action = [...steps, ...start.story].find((each) => each.do in ownActions)?.do;
    if (action !== undefined) return [{ scenario: name, because: ownActions[action] }];
    // With another bootloader this is no repetition.
    if (fleet === 'firmware' || own.bootloader !== undefined) return [];
    return [{ scenario: name, because: 'its firmware is the smallest that will do, so --image changes nothing in it' }];
  });
}

function madeWith(options: ProofOptions): readonly Scenario[] {
  const out = leavesOut(options).map(({ scenario }) => scenario);
  return scenarios.filter(({ name }) => !out.includes(name));
}

function wantedFleets(options: ProofOptions): Fleet[] {
  const { scenario } = options;
  return [...new Set(madeWith(options).flatMap(({ name, fleet }) => ((scenario ?? name) === name ? [fleet] : [])))];
}

function fleetOptions(options: ProofOptions): FleetOptions {
  return { changes: firmwareChangesOf(options), firmware: options.own?.firmware };
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
        provingBoard(options.seed, { sharedCalls: sharedVerifications(callsBlindOf(options)) }),
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
