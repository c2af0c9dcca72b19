// What is explored, as data: a device at its first power-on, the images that can be uploaded, and how far the search goes.

import type { ImageName } from '../device/images.ts';

export interface Model {
  name: string;
  /** The model in one sentence. */
  about: string;
  /** Confirmed in slot A when the board leaves the factory. */
  factory?: ImageName;
  /** What an operator may upload. */
  images: readonly ImageName[];
  /** An upload may contain the trailer of `imgtool sign --pad`, or `--pad --confirm`; and an image may be healthy long enough to confirm itself. */
  trailers?: true;
  /** An image may begin to hang, whether on trial or confirmed, and hang until something else runs. */
  hangs?: true;
  /** Bits may rot. */
  rot: boolean;
  /** The pin, the supply and the watchdog may reset it. Such resets are not requested, and are counted up to a limit. */
  resets: boolean;
  /** Steps from power-on that a test run follows; the full search goes on until nothing new appears. */
  sliceDepth: number;
  /** Thousands of moves that the full search makes, roughly: what takes longest begins first. */
  weight: number;
}

/** With this many states the window distinguishes too much: the search ends and reports that it is not complete. */
export const statesMax = 20_000;

export const models: readonly Model[] = [
  {
    name: 'one update',
    about: 'A device and one update: every order of commands, resets and cuts.',
    ...{ factory: 'v1', images: ['v2'], rot: false, resets: true, sliceDepth: 3, weight: 235 },
  },
  {
    name: 'one update and rot',
    about: 'The same, and bits of either image or of the boot state may rot at any time.',
    ...{ factory: 'v1', images: ['v2'], rot: true, resets: false, sliceDepth: 2, weight: 91 },
  },
  {
    name: 'two updates',
    about: 'Two updates, one over the other in any order.',
    ...{ factory: 'v1', images: ['v2', 'v3'], rot: false, resets: false, sliceDepth: 2, weight: 24 },
  },
  {
    name: 'from nothing',
    about: 'A device without an image is rescued by safe mode.',
    ...{ images: ['v1'], rot: true, resets: false, sliceDepth: 2, weight: 80 },
  },
  ...(
    [
      ['an older version', 'older', 'An image of an older version'],
      ['the same version', 'rebuild', 'Another image of the same version'],
      ['another build', 'build', 'An image whose version differs only in the build number'],
      ['a newer version', 'v2', 'An image of a newer version'],
    ] as const
  ).map(
    ([name, image, what]): Model => ({
      name: `${name}, padded, confirmed, hanging`,
      about: `${what}: uploaded plain, padded, or with a trailer that confirms; and a confirmed image may begin to hang.`,
      ...{
        factory: 'v1',
        images: [image],
        trailers: true,
        hangs: true,
        rot: false,
        resets: false,
        sliceDepth: 2,
        weight: 100,
      },
    }),
  ),
  {
    name: 'a counter moves',
    about: 'An update with a higher security counter: once it is confirmed, the image before is locked out.',
    ...{ factory: 'v1', images: ['counted'], rot: false, resets: false, sliceDepth: 2, weight: 5 },
  },
  {
    name: 'a key is replaced',
    about: 'An update that revokes the key of the image before.',
    ...{ factory: 'v1', images: ['rotated'], rot: false, resets: false, sliceDepth: 2, weight: 8 },
  },
];

export function modelByName(name: string): Model {
  const found = models.find((model) => model.name === name);
  if (!found) throw new Error(`no model is called '${name}'; there are ${models.map((each) => each.name).join(', ')}`);
  return found;
}
