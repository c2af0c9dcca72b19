// `coldrig prove explore`: every state that a device can be brought into from power-on, by commands, resets, power cuts and rotten bits.

import { blindSpotOf, bootloaderFor, windowLackOf } from '../canaries/canaries.ts';
import { provingBoard, sharedVerifications } from '../device/boards.ts';
import { type Images, makeImages, moduleOf } from '../device/images.ts';
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
import { modelByName, models } from './models.ts';
import { Search } from './search.ts';
import { World } from './world.ts';

/** One in so many of the shared boots is run as a check, and also each one that leads to a new state. */
const sharedCheckedOneIn = { full: 100, slice: 16 };
/** One in so many states is moved from more than one history (twins.ts). */
const windowsCheckedOneIn = { full: 20, slice: 2 };

export const explore: Proof = {
  name: 'explore',
  scenarios: models,
  refuses: { image: 'its firmware does what the search tells it, over a line of its own; only ours can' },
  parts: (options) =>
    partsOf(
      models.map(({ name, weight }) => ({ name, weight, parts: 1 })),
      options,
    ),
  prepare: async (options) => {
    await Promise.all([bootloaderFor(options), makeImages('agent')]);
  },
  guests: async () => ({ agent: await moduleOf('agent') }),
  open: async (options) => new ExploreBench(options, await makeImages('agent'), await bootloaderFor(options)),
};

class ExploreBench implements Bench {
  private readonly options: ProofOptions;
  private readonly images: Images;
  private readonly bootloader: Uint8Array;

  constructor(options: ProofOptions, images: Images, bootloader: Uint8Array) {
    this.options = options;
    this.images = images;
    this.bootloader = bootloader;
  }

  run({ scenario }: Part, onProgress: OnPartProgress): PartResult {
    const { seed, effort, point, stopAtFirst = false } = this.options;
    const model = modelByName(scenario);
    const boots = new KnownBoots(blindSpotOf(this.options));
    const window = { rot: model.rot, lacks: windowLackOf(this.options) };
    const world = new World(provingBoard(seed, { sharedCalls: sharedVerifications() }), this.images, boots, window);
    try {
      world.start(model, this.bootloader);
    } catch (failure) {
      if (!(failure instanceof StoryFailed)) throw failure;
      const violation = { scenario, point: 'power-on', invariant: 'reaches', text: failure.message } as const;
      return { scenario, points: 1, violations: [{ ...violation, choices: [], log: [] }], counts: {} };
    }
    const depth = effort === 'full' ? Number.POSITIVE_INFINITY : model.sliceDepth;
    const sharedChecked = point !== undefined ? 1 : sharedCheckedOneIn[effort];
    const windowsChecked = point !== undefined ? 0 : windowsCheckedOneIn[effort];
    const search = new Search(world, model, { depth, stopAtFirst, seed, sharedChecked, windowsChecked });
    const start = world.board.snapshot();
    return point === undefined ? search.run(start, onProgress) : search.follow(start, point.split(' > '));
  }
}
