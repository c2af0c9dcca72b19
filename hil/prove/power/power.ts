// `coldrig prove power`: update stories on the real bootloader and firmware, cut wherever power can go.

import { Board } from '../../../host/board/board.ts';
import { bootloaderFor } from '../canaries/canaries.ts';
import { type Images, makeImages } from '../device/images.ts';
import {
  type Bench,
  type OnPartProgress,
  type Part,
  type PartResult,
  type Proof,
  type ProofOptions,
  partsOf,
} from '../proof.ts';
import { Patient } from './patient.ts';
import { scenarioByName, scenarios } from './scenarios.ts';
import { type Recording, recordStory } from './story.ts';
import { PartSweep } from './sweep.ts';

export const power: Proof = {
  name: 'power',
  scenarios,
  parts: (options) =>
    partsOf(
      scenarios.map(({ name }) => ({ name, weight: 1, parts: options.effort === 'full' ? 8 : 1 })),
      options,
    ),
  prepare: async (options) => {
    await Promise.all([makeImages(), bootloaderFor(options)]);
  },
  open: async (options) => new PowerBench(options, await makeImages(), await bootloaderFor(options)),
};

class PowerBench implements Bench {
  private readonly options: ProofOptions;
  private readonly images: Images;
  private readonly bootloader: Uint8Array;
  private recorded: { name: string; recording: Recording } | undefined;

  constructor(options: ProofOptions, images: Images, bootloader: Uint8Array) {
    this.options = options;
    this.images = images;
    this.bootloader = bootloader;
  }

  run(part: Part, onProgress: OnPartProgress): PartResult {
    const { images, options } = this;
    const recording = this.recordingOf(part.scenario);
    const scenario = scenarioByName(part.scenario);
    const patient = new Patient(new Board({ seed: options.seed }), scenario, images, recording.start);
    return new PartSweep(patient, part, options).run(recording, onProgress);
  }

  /** The story, played once for all parts of a scenario that come here one after the other. */
  private recordingOf(name: string): Recording {
    if (this.recorded?.name !== name) {
      const recording = recordStory(scenarioByName(name), this.images, this.bootloader, this.options.seed);
      this.recorded = { name, recording };
    }
    return this.recorded.recording;
  }
}
