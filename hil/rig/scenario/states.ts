// Named starting states. Each is made once in a process, from the state it builds on, and a scenario begins with a restored snapshot of it.
//
// What must stay true: a state is a function of the settings (image, key, seed, fridge) and of nothing else; a scenario never sees what another one
// did.

import { parseImage } from '../../../host/tools/image/index.ts';
import { CannotRun } from './failure.ts';
import type { InsideRig } from './inside.ts';
import type { Rig } from './rig.ts';

export interface StartingState {
  name: string;
  about: string;
  /** The state it is made from; a new device from the factory, without power, when left out. */
  from?: string;
  make(rig: InsideRig): void | Promise<void>;
  /** Brings a device behind SMP to this state, where commands can. Throws `CannotRun` when it cannot be brought there. */
  onWire?(rig: Rig): Promise<void>;
}

const states = new Map<string, StartingState>();

/** Adds a starting state of one's own: `state('warm-plate', 'the plate is at 3.5 K', { from: 'confirmed-1.0' }, async (rig) => …)`. */
export function state(name: string, about: string, options: { from?: string }, make: StartingState['make']): void {
  if (states.has(name)) throw new TypeError(`state '${name}': there is one of this name already`);
  states.set(name, { name, about, from: options.from, make });
}

/** All starting states, in the order in which they were declared. */
export const startingStates = (): readonly StartingState[] => [...states.values()];

export function startingState(name: string): StartingState {
  const found = states.get(name);
  if (found === undefined)
    throw new TypeError(`there is no starting state '${name}'; there are ${[...states.keys()].join(', ')}`);
  return found;
}

/** The state that has run in this time: averages of the interlocks have settled, and nothing is left of the start. */
const SETTLED = '25 s';

const builtIn: readonly StartingState[] = [
  {
    name: 'factory',
    about: 'a new device without power; 1.0 is in slot A, confirmed by the factory, and slot B is empty',
    make: () => {},
  },
  {
    name: 'confirmed-1.0',
    about: '1.0 has run for 25 seconds from slot A, confirmed and healthy; slot B is empty',
    from: 'factory',
    make: async (rig) => {
      rig.powerOn();
      await rig.wait(SETTLED);
    },
    onWire: async (rig) => {
      const images = await rig.images();
      const running = images.find(({ active }) => active);
      if (running === undefined || !running.confirmed)
        throw new CannotRun(
          'it begins where a confirmed image runs, and on this device none does: confirm it or flash one',
        );
      for (const { slot, active } of images) if (!active) await rig.client.erase(slot);
    },
  },
  {
    name: 'uploaded-1.1',
    about: 'as confirmed-1.0, and 1.1 is in slot B; no boot of it was requested',
    from: 'confirmed-1.0',
    make: async (rig) => void rig.place('B', await rig.update()),
  },
  {
    name: 'pending-1.1',
    about: 'as uploaded-1.1, and 1.1 is marked for a trial at the next reset',
    from: 'uploaded-1.1',
    make: async (rig) => void (await rig.client.imageTest(hashIn(await rig.update()))),
  },
  {
    name: 'trial-1.1',
    about: '1.1 runs on trial from slot B for three seconds; 1.0 is confirmed in slot A',
    from: 'pending-1.1',
    make: async (rig) => {
      rig.pullReset();
      await rig.wait('3 s');
    },
  },
  {
    name: 'confirmed-1.1',
    about: 'both slots are confirmed: 1.1 runs from slot B, 1.0 is in slot A',
    from: 'trial-1.1',
    make: async (rig) => {
      await rig.client.imageConfirm();
      await rig.wait(SETTLED);
    },
  },
  {
    name: 'safe-mode',
    about: 'safe mode, as a client requested it; 1.0 is confirmed in slot A',
    from: 'confirmed-1.0',
    make: async (rig) => {
      await rig.client.reset({ bootMode: 1 });
      await rig.wait('2 s');
    },
  },
  {
    name: 'no-image',
    about: 'safe mode, because both slots are empty',
    from: 'factory',
    make: (rig) => {
      rig.device.programmer.erase('A');
      rig.powerOn();
    },
  },
];
for (const each of builtIn) states.set(each.name, each);

function hashIn(image: Uint8Array): Uint8Array {
  const { hash } = parseImage(image);
  if (hash === undefined) throw new TypeError('the image has no hash');
  return hash;
}
